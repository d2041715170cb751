//! The words of a text, as they are kept and looked for.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// A longer word is kept by its beginning.
pub const LONGEST_WORD: usize = 64;
/// So many different words of a text are kept, the first ones.
pub const MOST_WORDS: usize = 1_000;

/// The words of a text in their order: between the word boundaries of Unicode (UAX #29), composed for
/// compatibility (NFKC) and in small letters.
pub fn words(text: &str) -> Vec<String> {
    fold(text).unicode_words().map(shortened).collect()
}

/// Each word once, where it stands first, and as many as are kept.
pub fn different(words: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut words = words;
    words.retain(|word| seen.len() < MOST_WORDS && seen.insert(word.clone()));
    words
}

/// Small letters may come apart again, so that the text is composed before and after. A sigma is written in
/// another way at the end of a word, which the beginning of a longer one is not.
fn fold(text: &str) -> String {
    let composed: String = text.nfkc().collect();
    let small = composed.to_lowercase().replace('ς', "σ");
    small.nfkc().collect()
}

fn shortened(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST_WORD, MOST_WORDS, different, words};

    #[test]
    fn words_are_found_however_they_are_written() {
        assert_eq!(words("Sell NKE, sell!"), ["sell", "nke", "sell"]);
        assert_eq!(words("STRASSE Straße ΟΔΟΣ"), ["strasse", "straße", "οδοσ"]);
        // Letters of full width, and an accent that stands by itself.
        assert_eq!(words("ＡＢＣ cafe\u{301}"), ["abc", "café"]);
        assert_eq!(words("can't 1,234.5 a_b"), ["can't", "1,234.5", "a_b"]);
        assert!(words(" -- 🙂 … ").is_empty());
    }

    #[test]
    fn a_text_has_no_more_words_than_are_kept_and_none_that_is_longer() {
        let many: Vec<String> = (0..2 * MOST_WORDS).map(|n| format!("w{n}")).collect();
        let kept = different(words(&many.join(" ")));
        assert_eq!(kept, many[..MOST_WORDS]);
        assert_eq!(different(words("a b a")), ["a", "b"]);
        let long = words(&"x".repeat(1_000));
        assert_eq!(long, ["x".repeat(LONGEST_WORD)]);
    }

    proptest! {
        #[test]
        fn what_was_found_is_found_again(text in any::<String>()) {
            let found = words(&text);
            prop_assert!(found.iter().all(|word| (1..=LONGEST_WORD).contains(&word.chars().count())));
            for word in found.iter().filter(|word| word.chars().count() < LONGEST_WORD) {
                let again = words(word);
                prop_assert!(!again.is_empty(), "{word:?} is no word by itself");
            }
        }
    }
}
