//! Percent-encoding, strictly: what cannot be decoded is refused, not kept as it is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::AddressError;

/// What needs no escape anywhere in a URL (RFC 3986, 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// The text behind `encoded`, which is `part` of a URL. A `+` is a plus, as in libpq.
pub fn decode(part: &'static str, encoded: &str) -> Result<String, AddressError> {
    if encoded.is_empty() {
        return Err(AddressError::Empty { part });
    }
    let mut after_percent = encoded.split('%').skip(1);
    let is_escape = |text: &str| {
        let digits = text.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !after_percent.all(is_escape) {
        return Err(AddressError::BadEscape { part });
    }
    let text = percent_decode_str(encoded)
        .decode_utf8()
        .map_err(|_| AddressError::NotText { part })?;
    if text.chars().any(char::is_control) {
        return Err(AddressError::NotText { part });
    }
    Ok(text.into_owned())
}
