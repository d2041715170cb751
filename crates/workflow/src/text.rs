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

/// Any length, but without NUL, which PostgreSQL's text cannot hold.
pub fn check_storable(field: &'static str, text: &str) -> Result<(), Error> {
    if !text.contains('\0') {
        return Ok(());
    }
    let detail = "must not hold a NUL character".to_owned();
    Err(Error::Invalid { field, detail })
}

/// At most `longest` characters, on as many lines as it takes.
pub fn check_lines(field: &'static str, text: &str, longest: usize) -> Result<(), Error> {
    check_storable(field, text)?;
    if text.chars().count() <= longest {
        return Ok(());
    }
    let detail = format!("must have at most {longest} characters");
    Err(Error::Invalid { field, detail })
}
