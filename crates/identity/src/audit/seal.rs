//! A row's hash.

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use entity::identity::audit_entry::Model;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::plain;

/// What stands for the hash of the row before the first.
pub const FIRST_PREV_HASH: &str =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of `row` as the successor of the row whose hash is `prev_hash`: lower-case hex of
/// SHA-256 over the 32 bytes of `prev_hash` and the RFC 8785 form of the row without both hashes.
///
/// `None` if the row holds what no row was ever written with.
pub(super) fn seal(prev_hash: &str, row: &Model) -> Option<String> {
    let mut before = [0; 32];
    hex::decode_to_slice(prev_hash, &mut before).ok()?;
    let is_lower_case = !prev_hash.bytes().any(|digit| digit.is_ascii_uppercase());
    if !is_lower_case || !plain::is_plain(&row.details) {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(canonical(row)?);
    Some(hex::encode(hash.finalize()))
}

fn canonical(row: &Model) -> Option<Vec<u8>> {
    let content = json!({
        "seq": row.seq,
        "at": instant(row.at),
        "actor_user_id": row.actor_user_id,
        "actor_kind": row.actor_kind,
        "action": row.action,
        "resource_type": row.resource_type,
        "resource_id": row.resource_id,
        "details": row.details,
        "ip": row.ip,
        "user_agent": row.user_agent,
        "request_id": row.request_id,
        "outcome": row.outcome,
    });
    serde_json_canonicalizer::to_vec(&content).ok()
}

/// RFC 3339 in UTC with six digits; with nine where somebody wrote more than the program does.
pub fn instant(at: DateTime<Utc>) -> String {
    let digits = if at.nanosecond().is_multiple_of(1_000) {
        SecondsFormat::Micros
    } else {
        SecondsFormat::Nanos
    };
    at.to_rfc3339_opts(digits, true)
}
