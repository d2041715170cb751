//! Rules for text that people write.

use crate::Error;

/// 1 to `longest` characters on one line, with no space around them.
pub fn check_line(field: &'static str, text: &str, longest: usize) -> Result<(), Error> {
    let fits = (1..=longest).contains(&text.chars().count());
    if fits && text.trim() == text && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let detail =
        format!("must be 1 to {longest} characters on one line, with no space around them");
    Err(Error::Invalid { field, detail })
}
