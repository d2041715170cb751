//! Hashes of JSON, by its one canonical form (RFC 8785).

use serde_json::Value;
use sha2::{Digest, Sha256};

/// `sha256:` and lower-case hex of the canonical form.
pub(crate) fn hash_json(value: &Value) -> Result<String, serde_json::Error> {
    let canonical = serde_json_canonicalizer::to_vec(value)?;
    Ok(format!("sha256:{}", hex::encode(Sha256::digest(canonical))))
}
