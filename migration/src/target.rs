//! How far to go: so many steps, or to a version.

use crate::Error;

/// Where `up` and `down` end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The newest version.
    Head,
    /// Before the first version.
    Base,
    Steps(usize),
    /// A version by its name or a part of it that no other has.
    Version(String),
}

/// Reads a number of steps, `head`, `base`, or a version.
impl From<&str> for Target {
    fn from(text: &str) -> Self {
        let is_count = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        match text {
            "head" => Self::Head,
            "base" => Self::Base,
            _ if is_count => Self::Steps(text.parse().unwrap_or_default()),
            _ => Self::Version(text.to_owned()),
        }
    }
}

/// The one name that is `text` or has it as a part.
pub fn find<'a>(names: &[&'a str], text: &str) -> Result<&'a str, Error> {
    if let Some(name) = names.iter().find(|name| **name == text) {
        return Ok(name);
    }
    let mut candidates = names.iter().filter(|name| name.contains(text));
    match (candidates.next(), candidates.next()) {
        (None, _) => Err(Error::NoSuchVersion {
            text: text.to_owned(),
        }),
        (Some(name), None) => Ok(name),
        (Some(first), Some(second)) => Err(Error::Ambiguous {
            text: text.to_owned(),
            first: (*first).to_owned(),
            second: (*second).to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["m1_users", "m2_books", "m3_books_index"];

    #[test]
    fn numbers_are_steps_and_words_are_versions() {
        assert_eq!(Target::from("3"), Target::Steps(3));
        assert_eq!(Target::from("head"), Target::Head);
        assert_eq!(Target::from("base"), Target::Base);
        assert_eq!(Target::from("20261121"), Target::Version("20261121".into()));
        assert_eq!(Target::from("m1"), Target::Version("m1".into()));
    }

    #[test]
    fn a_part_of_a_name_is_enough_if_no_other_has_it() {
        assert_eq!(find(&NAMES, "users").unwrap(), "m1_users");
        assert_eq!(find(&NAMES, "m2_books").unwrap(), "m2_books");
        assert!(matches!(
            find(&NAMES, "books"),
            Err(Error::Ambiguous { .. })
        ));
        assert!(matches!(
            find(&NAMES, "rates"),
            Err(Error::NoSuchVersion { .. })
        ));
    }
}
