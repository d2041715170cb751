//! Where two results part.

use serde_json::Value;

/// The JSON pointer of the first value that differs, in document order; `None` if none does.
pub(crate) fn first_difference(left: &Value, right: &Value) -> Option<String> {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                below(&pointer, a.get(key), b.get(key))
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .find_map(|index| below(&format!("/{index}"), a.get(index), b.get(index))),
        _ => (left != right).then(String::new),
    }
}

fn below(pointer: &str, left: Option<&Value>, right: Option<&Value>) -> Option<String> {
    match (left, right) {
        (Some(left), Some(right)) => {
            first_difference(left, right).map(|rest| format!("{pointer}{rest}"))
        }
        _ => Some(pointer.to_owned()),
    }
}
