//! What may stand in a row: texts that no terminal or log obeys, and values that both engines give
//! back as they were.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The longest details, in bytes of their canonical form.
const MOST_DETAILS: usize = 16 * 1024;
/// The longest of the other texts, in characters.
const MOST_TEXT: usize = 512;
/// The largest whole number that every reader of JSON holds exactly (RFC 8785, 3.2.2.3).
const MOST_NUMBER: u64 = (1 << 53) - 1;

/// The first 512 characters, without control characters.
pub(super) fn text(text: &str) -> String {
    without_controls(text).take(MOST_TEXT).collect()
}

/// Details that are the same again after JSONB on PostgreSQL and text on SQLite.
pub(super) fn details(details: Map<String, Value>) -> Value {
    let plain = object(details);
    match canonical_size(&plain) {
        Ok(_) => plain,
        Err((bytes, sha256)) => json!({"left_out_bytes": bytes, "left_out_sha256": sha256}),
    }
}

/// Whether a value is one that [`details`] may have made: no fraction, no number too large.
pub(super) fn is_plain(value: &Value) -> bool {
    match value {
        Value::Number(number) => magnitude(number).is_some_and(|size| size <= MOST_NUMBER),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => fields.values().all(is_plain),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn magnitude(number: &serde_json::Number) -> Option<u64> {
    let signed = number.as_i64().map(i64::unsigned_abs);
    signed.or_else(|| number.as_u64())
}

/// The size, or where it is too much also the hash.
fn canonical_size(plain: &Value) -> Result<usize, (usize, String)> {
    let canonical = serde_json_canonicalizer::to_vec(plain).unwrap_or_default();
    if canonical.len() <= MOST_DETAILS {
        return Ok(canonical.len());
    }
    Err((canonical.len(), hex::encode(Sha256::digest(&canonical))))
}

fn value(of: Value) -> Value {
    match of {
        Value::Number(_) if !is_plain(&of) => Value::String(of.to_string()),
        Value::String(text) => Value::String(without_controls(&text).collect()),
        Value::Array(items) => items.into_iter().map(value).collect(),
        Value::Object(fields) => object(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) => of,
    }
}

fn object(fields: Map<String, Value>) -> Value {
    let fields = fields
        .into_iter()
        .map(|(name, of)| (without_controls(&name).collect::<String>(), value(of)));
    Value::Object(fields.collect())
}

fn without_controls(text: &str) -> impl Iterator<Item = char> {
    text.chars().map(|character| {
        if character.is_control() {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        }
    })
}
