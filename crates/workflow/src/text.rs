//! Rules for text that comes from elsewhere.

use crate::Error;

/// 1 to `longest` characters on one line.
pub fn check_line(field: &'static str, text: &str, longest: usize) -> Result<(), Error> {
    let fits = (1..=longest).contains(&text.chars().count());
    if fits && !text.chars().any(char::is_control) {
        return Ok(());
    }
    let detail = format!("must be 1 to {longest} characters on one line");
    Err(Error::Invalid { field, detail })
}

/// At most `longest` characters, but no NUL, which PostgreSQL's text cannot hold.
pub fn check_storable(field: &'static str, text: &str, longest: usize) -> Result<(), Error> {
    let refuse = |detail: String| Err(Error::Invalid { field, detail });
    if text.contains('\0') {
        return refuse("must not hold a NUL character".to_owned());
    }
    if text.chars().count() > longest {
        return refuse(format!("must have at most {longest} characters"));
    }
    Ok(())
}
