//! Texts that stand behind an apostrophe in a cell, as spreadsheets have it, since they would mean something
//! else without it: a formula, or nothing at all.

/// The cell that holds a text.
pub(crate) fn cell_of(text: &str) -> String {
    if needs_mark(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// The text of a cell that is marked.
pub(super) fn text_of(cell: &str) -> Option<&str> {
    cell.strip_prefix('\'').filter(|text| needs_mark(text))
}

/// Whether a cell says nothing.
pub(super) fn is_blank(text: &str) -> bool {
    text.is_empty()
        || text.bytes().all(|byte| byte == b'-')
        || text.eq_ignore_ascii_case("n/a")
        || text.eq_ignore_ascii_case("null")
}

/// What spreadsheets take for a formula, what is read as nothing, and what would be trimmed.
fn needs_mark(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\''])
        || text.trim() != text
        || (is_blank(text) && !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{cell_of, text_of};

    #[test]
    fn every_text_comes_back() {
        for text in [
            "=1+1", "-", "--x", "@a", "+", "'", "''=", " a", "a\n", "\tb", "n/a", "NULL",
        ] {
            let cell = cell_of(text);
            assert!(cell.starts_with('\''), "{text}");
            assert_eq!(text_of(&cell), Some(text));
        }
        for text in ["", "a", "O'Neil", "1-2", "a=b"] {
            assert_eq!(cell_of(text), text);
            assert_eq!(text_of(text), None);
        }
        // What others write is left as it is.
        assert_eq!(text_of("'tis"), None);
    }
}
