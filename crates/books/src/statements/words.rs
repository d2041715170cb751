//! Names without what people vary in them, and words that stand near another.

use unicode_normalization::UnicodeNormalization;

use super::evidence::shortened;

/// A name without case, accents, spaces and signs: `Transaction_Type` and `transaction type` are one.
pub(super) fn folded(name: &str) -> String {
    name.replace('ß', "ss")
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// ` (did you mean …?)` with the known names that are nearest to one, if any is near.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    // What is longer than a name costs time, and is near to none.
    let name = folded(&shortened(name));
    let mut near: Vec<(f64, &str)> = known
        .into_iter()
        .filter_map(|known| Some((nearness(&name, &folded(&shortened(known)))?, known)))
        .collect();
    near.sort_by(|one, other| other.0.total_cmp(&one.0));
    let near: Vec<String> = near
        .iter()
        .take(3)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    match near.as_slice() {
        [] => String::new(),
        near => format!(" (did you mean {}?)", near.join(" or ")),
    }
}

/// How near two names are, if they may be the same one: alike in large part, or one slip apart. Letters
/// that stand for a word are near to everything, and so to nothing.
fn nearness(name: &str, known: &str) -> Option<f64> {
    const ALIKE: f64 = 0.8;
    const SHORTEST: usize = 3;
    if known.len() < SHORTEST {
        return None;
    }
    let likeness = strsim::jaro_winkler(name, known);
    let is_slip = name.len() >= SHORTEST && strsim::damerau_levenshtein(name, known) <= 1;
    (is_slip || likeness >= ALIKE).then_some(if is_slip { 1.0 } else { likeness })
}
