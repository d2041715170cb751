use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::Error;

/// The longest canonical form of an action, in bytes.
const LONGEST: usize = 64 * 1024;

/// Whole numbers beyond it are not told apart by programs that read JSON as RFC 8785 does.
const MOST_EXACT: u64 = 1 << 53;

/// `sha256:` and the SHA-256 of the action's canonical JSON (RFC 8785) in lower-case hex: the same for however the
/// members are ordered and the numbers written, another for anything else.
///
/// # Errors
///
/// As [`check_action`].
pub fn action_hash(action: &Value) -> Result<String, Error> {
    check_action(action)?;
    hash(action)
}

/// # Errors
///
/// [`Error::Invalid`] for what is not an object, is longer than 64 KiB, or holds a NUL character or a whole
/// number beyond 2^53, of which two could have one hash.
pub fn check_action(action: &Value) -> Result<(), Error> {
    if !action.is_object() {
        return refuse("must be an object");
    }
    if holds(action, &is_inexact) {
        return refuse("must hold no whole number beyond 2^53: write it as text");
    }
    if holds(action, &is_unstorable) {
        return refuse("must not hold a NUL character");
    }
    if canonical(action)?.len() > LONGEST {
        return refuse("must have no more than 65536 bytes");
    }
    Ok(())
}

/// As [`action_hash`], of an action that was checked before.
pub(super) fn hash(action: &Value) -> Result<String, Error> {
    let digest = Sha256::digest(canonical(action)?);
    Ok(format!("sha256:{}", hex::encode(digest)))
}

fn canonical(action: &Value) -> Result<Vec<u8>, Error> {
    let unwritable = |_| Error::Invalid {
        field: "/action",
        detail: "must be JSON that RFC 8785 can write".to_owned(),
    };
    serde_json_canonicalizer::to_vec(action).map_err(unwritable)
}

fn refuse(detail: &str) -> Result<(), Error> {
    Err(Error::Invalid {
        field: "/action",
        detail: detail.to_owned(),
    })
}

/// Whether `is_it` says so of a value, of one within it, or of a member's name, as text.
fn holds(value: &Value, is_it: &impl Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| holds(item, is_it)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| is_it(&Value::from(name.as_str())) || holds(value, is_it)),
        leaf => is_it(leaf),
    }
}

fn is_unstorable(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\0'))
}

fn is_inexact(value: &Value) -> bool {
    let is_far = |number: i64| number.unsigned_abs() > MOST_EXACT;
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => is_far(whole),
            // A whole number with so many digits comes as a float, which has lost some of them.
            (None, None, Some(float)) => float.abs() > 9_007_199_254_740_992.0,
            (None, _, _) => true,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::action_hash;

    #[test]
    fn the_hash_is_that_of_the_canonical_form() {
        // The input and the output of RFC 8785 3.2.2 and 3.2.3, but for the numbers beyond 2^53; the hash by
        // `printf … | sha256sum`.
        let written = r#"{
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "numbers": [4.50, 2e-3, 0.000000000000000000000000001],
            "literals": [null, true, false]
        }"#;
        let action: Value = serde_json::from_str(written).unwrap();
        let canonical = "{\"literals\":[null,true,false],\"numbers\":[4.5,0.002,1e-27],\
                         \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(super::canonical(&action).unwrap(), canonical.as_bytes());
        let same: Value = serde_json::from_str(canonical).unwrap();
        assert_eq!(action_hash(&action).unwrap(), action_hash(&same).unwrap());
        let empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(action_hash(&json!({})).unwrap(), empty);
    }

    #[test]
    fn another_action_has_another_hash() {
        let action = json!({"tool": "order", "amount": "10.00", "dry_run": true});
        let hash = action_hash(&action).unwrap();
        for other in [
            json!({"tool": "order", "amount": "10.01", "dry_run": true}),
            json!({"tool": "order", "amount": "10.00", "dry_run": false}),
            json!({"tool": "order", "amount": "10.00"}),
            json!({"tool": "order", "amount": 10.0, "dry_run": true}),
        ] {
            assert_ne!(action_hash(&other).unwrap(), hash, "{other}");
        }
    }

    #[test]
    fn what_has_no_exact_hash_is_refused() {
        let deep = "x".repeat(70_000);
        for text in [
            "[]",
            "7",
            r#"{"n": 9007199254740993}"#,
            r#"{"n": [{"n": -9007199254740993}]}"#,
            r#"{"n": 18446744073709551615}"#,
            r#"{"n": 123456789012345678901234567890}"#,
            r#"{"a": "\u0000"}"#,
            r#"{"a\u0000": 1}"#,
            &format!(r#"{{"a": "{deep}"}}"#),
        ] {
            let action: Value = serde_json::from_str(text).unwrap();
            assert!(action_hash(&action).is_err(), "{text}");
        }
        assert!(action_hash(&json!({"n": 9_007_199_254_740_992_i64})).is_ok());
    }
}
