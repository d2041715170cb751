//! The service's own keys: Ed25519, in a folder of this machine, one file each.
//!
//! The two newest are active: the newest signs, both verify, so that what was signed shortly before
//! a rotation stays good. Of an older one only the public half is kept, for signatures on what lasts.

mod file;
mod shared;
#[cfg(test)]
pub(crate) mod tests;
mod weak;

use std::path::{Path, PathBuf};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::{
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Clock, Error};
use file::KeyFile;
pub use shared::SharedKeys;

/// So many keys are active at once.
const ACTIVE: usize = 2;

/// The keys of a folder. `Debug` shows their ids only.
pub struct KeySet {
    folder: PathBuf,
    /// Newest first, at most [`ACTIVE`].
    active: Vec<PrivateKey>,
    /// Newest first.
    retired: Vec<PublicKey>,
}

/// The half of a key that verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// The key's JWK thumbprint (RFC 7638, RFC 8037).
    pub kid: String,
    pub created_at: DateTime<Utc>,
    /// 32 bytes (RFC 8032, 5.1.5).
    pub bytes: Vec<u8>,
}

pub(crate) struct PrivateKey {
    pub public: PublicKey,
    pub pkcs8: Zeroizing<Vec<u8>>,
    pair: Ed25519KeyPair,
}

/// What a rotation did, as key ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    pub made: String,
    /// Not active any more.
    pub retired: Vec<String>,
}

impl KeySet {
    /// Reads a folder's keys; of a folder that is not there, none.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let mut files = file::read_all(folder)?;
        files.sort_by(|a, b| (b.created_at, &b.kid).cmp(&(a.created_at, &a.kid)));
        let mut keys = Self {
            folder: folder.to_owned(),
            active: Vec::new(),
            retired: Vec::new(),
        };
        for file in files {
            let public = file.public_key(folder)?;
            match file.private_key() {
                Some(pkcs8) if keys.active.len() < ACTIVE => {
                    let pair =
                        pair_of(&pkcs8).filter(|pair| pair.public_key().as_ref() == public.bytes);
                    let pair = pair.ok_or_else(|| file.is_unreadable(folder))?;
                    keys.active.push(PrivateKey {
                        public,
                        pkcs8,
                        pair,
                    });
                }
                _ => keys.retired.push(public),
            }
        }
        Ok(keys)
    }

    /// As [`KeySet::load`], and makes the first key where there is none.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, Error> {
        let keys = Self::load(folder)?;
        if !keys.active.is_empty() {
            return Ok(keys);
        }
        let _alone = file::lock(folder)?;
        if Self::load(folder)?.active.is_empty() {
            make_key(folder, clock.now())?;
        }
        Self::load(folder)
    }

    /// Makes a key, which signs from now on, and retires those beyond the two newest.
    pub fn rotate(folder: &Path, clock: Clock) -> Result<Rotation, Error> {
        let _alone = file::lock(folder)?;
        let keys = Self::load(folder)?;
        // The clock may have been set back since the last one was made.
        let newest = keys.active.first().map(|key| key.public.created_at);
        let after_newest = newest.map(|newest| newest + TimeDelta::microseconds(1));
        let made = make_key(
            folder,
            after_newest.map_or(clock.now(), |t| t.max(clock.now())),
        )?;
        let beyond = keys.active.iter().skip(ACTIVE - 1);
        let retired: Vec<_> = beyond.map(|key| &key.public).collect();
        for key in &retired {
            file::write(folder, &KeyFile::of_retired(key))?;
        }
        Ok(Rotation {
            made,
            retired: retired.iter().map(|key| key.kid.clone()).collect(),
        })
    }

    /// The keys whose signatures are accepted on what is short-lived, newest first.
    pub fn active(&self) -> impl Iterator<Item = &PublicKey> {
        self.active.iter().map(|key| &key.public)
    }

    /// Newest first.
    pub fn retired(&self) -> &[PublicKey] {
        &self.retired
    }

    pub fn find_active(&self, kid: &str) -> Option<&PublicKey> {
        self.active().find(|key| key.kid == kid)
    }

    /// The id of the newest key, and its signature of `message`, 64 bytes.
    pub fn sign(&self, message: &[u8]) -> Result<(&str, Vec<u8>), Error> {
        let key = self.newest()?;
        let signature = key.pair.sign(message).as_ref().to_vec();
        Ok((&key.public.kid, signature))
    }

    /// Whether the key of this id, active or retired, signed the message. For what is kept, such as
    /// the head of the audit log; what is short-lived asks [`KeySet::find_active`].
    pub fn verify(&self, kid: &str, message: &[u8], signature: &[u8]) -> bool {
        let mut known = self.active().chain(&self.retired);
        known
            .find(|key| key.kid == kid)
            .is_some_and(|key| key.verify(message, signature))
    }

    /// The ids of active keys that others may know or guess: made from all-equal or hardly varied
    /// bytes, or printed in RFC 8032. An Ed25519 key is never too short: another length is no key.
    pub fn weak(&self) -> Vec<&str> {
        let weak = self.active.iter().filter(|key| weak::is_weak(key));
        weak.map(|key| key.public.kid.as_str()).collect()
    }

    pub(crate) fn newest(&self) -> Result<&PrivateKey, Error> {
        self.active.first().ok_or_else(|| Error::NoKeys {
            folder: self.folder.clone(),
        })
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kids: Vec<_> = self.active().map(|key| &key.kid).collect();
        f.debug_struct("KeySet")
            .field("folder", &self.folder)
            .field("active", &kids)
            .finish_non_exhaustive()
    }
}

impl PublicKey {
    fn new(bytes: &[u8], created_at: DateTime<Utc>) -> Self {
        Self {
            kid: thumbprint(bytes),
            created_at,
            bytes: bytes.to_vec(),
        }
    }

    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.bytes)
            .verify(message, signature)
            .is_ok()
    }
}

/// Both forms of PKCS#8: with the public key (RFC 5958), as ring makes it, and without (RFC 5208),
/// as OpenSSL does.
fn pair_of(pkcs8: &[u8]) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()
}

fn make_key(folder: &Path, now: DateTime<Utc>) -> Result<String, Error> {
    let pkcs8 =
        Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| Error::NoRandomness)?;
    let pair = pair_of(pkcs8.as_ref()).ok_or(Error::NoRandomness)?;
    let public = PublicKey::new(pair.public_key().as_ref(), now);
    file::write(folder, &KeyFile::of_active(&public, pkcs8.as_ref()))?;
    Ok(public.kid)
}

fn thumbprint(public_key: &[u8]) -> String {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public_key);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
}
