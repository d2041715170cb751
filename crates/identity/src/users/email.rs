//! Email addresses, by which users are known.

use crate::Error;

/// RFC 5321, 4.5.3.1.3, without the angle brackets; in bytes.
const LONGEST: usize = 254;

/// The form in which an address is kept and looked up: lower-case, so that it is one user's however
/// it is typed. It is not tried whether it takes mail.
pub fn normal_email(text: &str) -> Result<String, Error> {
    let email = text.to_lowercase();
    let parts = email.split_once('@');
    let has_two_parts =
        parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let is_one_word = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    let has_one_at = email.matches('@').count() == 1;
    if has_two_parts && has_one_at && is_one_word && email.len() <= LONGEST {
        return Ok(email);
    }
    let detail = format!(
        "must be an email address: text on both sides of one @, without spaces, at most {LONGEST} \
         bytes"
    );
    Err(Error::Invalid {
        field: "/email",
        detail,
    })
}
