//! Pages of lists: `limit`, an opaque `cursor`, and the form of the answer.
//!
//! A cursor is the key of the last item that was sent, so that what is inserted meanwhile moves
//! nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use db::page::Listed;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    extract::Limit,
    problem::{Problem, kinds},
};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListOut<T> {
    pub items: Vec<T>,
    /// Pass it as `cursor` to get what follows; null at the end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// The page that `limit` and `cursor` ask for: the key before it, and its length.
pub fn page<K: DeserializeOwned>(
    limit: Option<Limit>,
    cursor: Option<&str>,
) -> Result<(Option<K>, u64), Problem> {
    let after = cursor.map(read).transpose()?;
    Ok((after, limit.unwrap_or_default().0))
}

impl<T> ListOut<T> {
    /// `key` is the key of an item, from which a next page goes on.
    pub fn new<M, K: Serialize>(
        found: Listed<M>,
        key: impl Fn(&M) -> K,
        out: impl Fn(M) -> T,
    ) -> Self {
        let last = found.items.last().filter(|_| found.has_more).map(key);
        Self {
            next_cursor: last.map(|key| write(&key)),
            items: found.items.into_iter().map(out).collect(),
        }
    }
}

pub(crate) fn write<K: Serialize>(key: &K) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

pub(crate) fn read<K: DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    let refuse = || {
        let advice = "pass a next_cursor of this list as it came, or leave cursor out";
        Problem::new(kinds::CURSOR_INVALID, advice)
            .at_parameter("cursor", "is not one of this list")
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refuse())?;
    let key: Value = serde_json::from_slice(&bytes).map_err(|_| refuse())?;
    if holds_nul(&key) {
        return Err(refuse());
    }
    serde_json::from_value(key).map_err(|_| refuse())
}

/// U+0000 can be in no text of the database.
fn holds_nul(key: &Value) -> bool {
    match key {
        Value::String(text) => text.contains('\0'),
        Value::Array(parts) => parts.iter().any(holds_nul),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn a_cursor_comes_back_as_its_key() {
        let key = ("2025-10-21".to_owned(), 7_u64);
        assert_eq!(read::<(String, u64)>(&write(&key)).unwrap(), key);
    }

    #[test]
    fn a_key_may_look_like_an_escape() {
        let key = "\\u0000".to_owned();
        assert_eq!(read::<String>(&write(&key)).unwrap(), key);
    }

    #[test]
    fn a_cursor_of_another_list_or_of_none_is_refused() {
        for cursor in [
            "",
            "!",
            "e30",
            "====",
            &write(&"x"),
            &write(&("x", 7, 8)),
            "IlxMDAwIg",
        ] {
            assert!(
                read::<(String, u64)>(cursor).is_err(),
                "{cursor:?} was accepted"
            );
        }
        assert!(read::<String>(&write(&"a\0b")).is_err());
    }
}
