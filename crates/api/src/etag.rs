//! Entity tags (RFC 9110, section 8.8.3) and the two preconditions that are made of them.

use actix_web::http::header::{HeaderMap, HeaderName, IF_MATCH, IF_NONE_MATCH};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::problem::{Problem, kinds};

/// A strong entity tag, with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Etag(pub String);

const HEX_DIGITS: usize = 32;

impl Etag {
    /// Of a row that changes: it never has the same time of change twice.
    pub fn of_row(id: impl std::fmt::Display, updated_at: DateTime<Utc>) -> Self {
        Self::of_parts(&[&id.to_string(), &updated_at.timestamp_micros().to_string()])
    }

    /// Of all that a representation is made from; the program's version is always a part, since
    /// another one may write the same figures differently.
    pub fn of_parts(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts.iter().chain([&env!("CARGO_PKG_VERSION")]) {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        }
        let hash = hex::encode(hasher.finalize());
        Self(format!("\"{}\"", &hash[..HEX_DIGITS]))
    }
}

/// `If-Match` and `If-None-Match`, as they came.
#[derive(Clone, Debug, Default)]
pub struct Preconditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Preconditions {
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            if_match: joined(headers, &IF_MATCH)?,
            if_none_match: joined(headers, &IF_NONE_MATCH)?,
        })
    }

    /// Fails unless the resource is as the caller last saw it (strong comparison).
    pub fn require(&self, current: &Etag) -> Result<(), Problem> {
        match &self.if_match {
            Some(list) if !list_holds(list, current, Comparison::Strong) => Err(Problem::new(
                kinds::PRECONDITION_FAILED,
                "the resource is not as If-Match says; read it again, then repeat the change",
            )),
            _ => Ok(()),
        }
    }

    /// Whether the change is conditional at all.
    pub fn are_given(&self) -> bool {
        self.if_match.is_some()
    }

    /// Whether the caller says that it has the current representation (weak comparison).
    pub fn caller_holds(&self, current: &Etag) -> bool {
        let list = self.if_none_match.as_deref();
        list.is_some_and(|list| list_holds(list, current, Comparison::Weak))
    }
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, Problem> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let text = value
            .to_str()
            .map_err(|_| Problem::header(name.as_str(), "must be visible ASCII characters"))?;
        match &mut joined {
            Some(list) => {
                list.push(',');
                list.push_str(text);
            }
            None => joined = Some(text.to_owned()),
        }
    }
    Ok(joined)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

/// Our tags hold no comma, so a list may be cut at commas.
fn list_holds(list: &str, etag: &Etag, comparison: Comparison) -> bool {
    list.split(',').map(str::trim).any(|item| {
        let item = match comparison {
            Comparison::Weak => item.strip_prefix("W/").unwrap_or(item),
            Comparison::Strong => item,
        };
        item == "*" || item == etag.0
    })
}

#[cfg(test)]
mod tests {
    use super::{Comparison, Etag, list_holds};

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(Etag::of_parts(&["ab", "c"]), Etag::of_parts(&["a", "bc"]));
        assert_eq!(Etag::of_parts(&["ab", "c"]), Etag::of_parts(&["ab", "c"]));
    }

    #[test]
    fn a_weak_tag_matches_only_where_weakness_is_enough() {
        let etag = Etag::of_parts(&["a"]);
        let weak = format!("\"other\", W/{}", etag.0);
        assert!(list_holds(&weak, &etag, Comparison::Weak));
        assert!(!list_holds(&weak, &etag, Comparison::Strong));
        assert!(list_holds("*", &etag, Comparison::Strong));
        assert!(!list_holds("", &etag, Comparison::Weak));
    }
}
