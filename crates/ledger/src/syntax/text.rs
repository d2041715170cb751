//! Texts in quotes as Beancount reads them, and the lines of a file.

use std::borrow::Cow;

/// Replaces the escapes of a text that stood in quotes: `\"`, `\\`, `\n`, `\t`, `\r`, `\f`, `\b`;
/// before any other character the backslash goes away.
pub(super) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('f') => result.push('\u{c}'),
            Some('b') => result.push('\u{8}'),
            Some(other) => result.push(other),
            None => {}
        }
    }
    Cow::Owned(result)
}

/// A metadata value as text: without its quotes if it stood in quotes, as written otherwise.
pub(super) fn metadata_value(written: &str) -> String {
    match written
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inside) => unescape(inside).into_owned(),
        None => written.to_owned(),
    }
}

/// The lines of a text by offset.
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let after = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
        Self {
            starts: std::iter::once(0).chain(after).collect(),
        }
    }

    /// The number of the line that holds the byte at `offset`; the first is 1.
    pub(super) fn number(&self, offset: usize) -> u32 {
        let line = self.starts.partition_point(|start| *start <= offset);
        u32::try_from(line).unwrap_or(u32::MAX)
    }
}
