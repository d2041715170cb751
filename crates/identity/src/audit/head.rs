use chrono::{DateTime, Utc};
use db::ConnectionTrait;
use entity::identity::audit_head;
use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::seal::{FIRST_PREV_HASH, instant};

/// How far the log reaches, and the hash of its last row.
///
/// Whoever holds one that the database's owner cannot reach can tell whether the log up to there was
/// cut off or written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// 0 for a log without rows.
    pub seq: i64,
    /// Lower-case hex.
    pub hash: String,
}

impl Head {
    /// Of a log without rows.
    pub fn of_nothing() -> Self {
        Self {
            seq: 0,
            hash: FIRST_PREV_HASH.to_owned(),
        }
    }
}

impl From<audit_head::Model> for Head {
    fn from(head: audit_head::Model) -> Self {
        Self {
            seq: head.seq,
            hash: head.hash,
        }
    }
}

/// The head as `audit_heads` has it; `None` where somebody took its row away.
pub async fn current_head(db: &impl ConnectionTrait) -> Result<Option<Head>, db::Error> {
    let head = audit_head::Entity::find_by_id(super::append::HEAD).one(db);
    Ok(head.await?.map(Head::from))
}

/// A head as it was at an instant, signed by the service if that has a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    #[serde(flatten)]
    pub head: Head,
    #[serde(serialize_with = "as_instant")]
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub signature: Option<Signature>,
}

/// Ed25519 (RFC 8032) over the RFC 8785 form of `{"at", "hash", "kid", "seq"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Names the key.
    pub kid: String,
    /// Lower-case hex.
    #[serde(with = "hex::serde")]
    pub signature: Vec<u8>,
}

/// The service's key, as far as a head needs it.
pub struct Signer<'a> {
    pub kid: &'a str,
    /// The signature of some bytes.
    pub sign: &'a (dyn Fn(&[u8]) -> Vec<u8> + Send + Sync),
}

/// Why the signature of a head proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the head is not signed")]
    Missing,
    #[error("the head was changed, or its signature is not that of the key {kid}")]
    Wrong { kid: String },
}

impl SignedHead {
    pub fn new(head: Head, at: DateTime<Utc>, signer: Option<&Signer<'_>>) -> Self {
        let signature = signer.map(|signer| Signature {
            kid: signer.kid.to_owned(),
            signature: (signer.sign)(&signed_bytes(&head, at, signer.kid)),
        });
        Self {
            head,
            at,
            signature,
        }
    }

    /// Asks `is_right` whether a signature (third) of some bytes (second) is that of a key (first).
    pub fn check_signature(
        &self,
        is_right: impl FnOnce(&str, &[u8], &[u8]) -> bool,
    ) -> Result<(), SignatureError> {
        let Some(Signature { kid, signature }) = &self.signature else {
            return Err(SignatureError::Missing);
        };
        if is_right(kid, &signed_bytes(&self.head, self.at, kid), signature) {
            Ok(())
        } else {
            Err(SignatureError::Wrong { kid: kid.clone() })
        }
    }
}

fn signed_bytes(head: &Head, at: DateTime<Utc>, kid: &str) -> Vec<u8> {
    let content = json!({"seq": head.seq, "hash": head.hash, "at": instant(at), "kid": kid});
    serde_json_canonicalizer::to_vec(&content).unwrap_or_default()
}

fn as_instant<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant(*at))
}
