//! The grammar crate's faults in words for the person who wrote the ledger.

/// How the directives are written, by keyword.
const FORMS: [(&str, &str); 12] = [
    ("open", "DATE open ACCOUNT [CURRENCY, …] [\"METHOD\"]"),
    ("close", "DATE close ACCOUNT"),
    ("commodity", "DATE commodity CURRENCY"),
    (
        "balance",
        "DATE balance ACCOUNT NUMBER [~ TOLERANCE] CURRENCY",
    ),
    ("pad", "DATE pad ACCOUNT SOURCE-ACCOUNT"),
    ("price", "DATE price CURRENCY NUMBER CURRENCY"),
    ("note", "DATE note ACCOUNT \"TEXT\""),
    ("document", "DATE document ACCOUNT \"PATH\""),
    ("event", "DATE event \"NAME\" \"VALUE\""),
    ("query", "DATE query \"NAME\" \"QUERY\""),
    ("custom", "DATE custom \"TYPE\" VALUE…"),
    ("txn", "DATE * [\"PAYEE\"] [\"NARRATION\"] [#TAG] [^LINK]"),
];

/// The keywords that may follow a date; a transaction has a flag instead of `txn`.
pub(super) fn is_keyword(word: &str) -> bool {
    FORMS.iter().any(|(keyword, _)| *keyword == word)
}

/// What is wrong at `offset` in the directive that begins at `begin`.
pub(super) fn explain(source: &str, begin: usize, offset: usize, reason: &str) -> String {
    let word = shortened(word_at(source, offset));
    if reason.contains("variant not found") {
        let method = source[offset..].lines().next().unwrap_or_default();
        let method = method
            .split('"')
            .find(|text| !text.trim().is_empty())
            .unwrap_or_default();
        return format!(
            "booking method \"{method}\" is unknown: use \"STRICT\", \"STRICT_WITH_SIZE\", \"FIFO\", \
             \"LIFO\", \"HIFO\" or \"NONE\""
        );
    }
    if !reason.starts_with("found ") {
        return format!("{reason}: correct it");
    }
    let form = form(source, begin, offset);
    let ended = ["found '\\n'", "found end of input"]
        .iter()
        .any(|end| reason.starts_with(end));
    if ended || word.is_empty() {
        return format!("something is missing at the end of the line: {form}");
    }
    format!("\"{word}\" cannot be read here: {form}")
}

/// How the line that holds `offset` is written.
fn form(source: &str, begin: usize, offset: usize) -> String {
    let start = source[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = source[start..].lines().next().unwrap_or_default();
    if line.starts_with([' ', '\t']) && start > begin {
        let word = line.split_whitespace().next().unwrap_or_default();
        return if word.ends_with(':') {
            "metadata is written key: VALUE".into()
        } else {
            "a posting is written ACCOUNT [NUMBER CURRENCY] [{COST}] [@ PRICE]".into()
        };
    }
    let keyword = source[begin..]
        .split_whitespace()
        .nth(1)
        .unwrap_or_default();
    let form = FORMS
        .iter()
        .find(|(known, _)| *known == keyword)
        .unwrap_or(&FORMS[11])
        .1;
    format!("it is written {form}")
}

/// The beginning of a word that is too long to be repeated.
pub(super) fn shortened(word: &str) -> &str {
    const LONGEST: usize = 40;
    word.char_indices()
        .nth(LONGEST)
        .map_or(word, |(end, _)| &word[..end])
}

/// The word that holds the byte at `offset`, without what belongs to the next.
fn word_at(source: &str, offset: usize) -> &str {
    let mut offset = offset.min(source.len());
    while !source.is_char_boundary(offset) {
        offset -= 1;
    }
    let start = source[..offset].rfind(char::is_whitespace);
    let start = start.map_or(0, |at| {
        at + source[at..].chars().next().map_or(1, char::len_utf8)
    });
    let length = source[start..]
        .find(char::is_whitespace)
        .unwrap_or(source.len() - start);
    &source[start..start + length]
}
