//! Passwords: kept as Argon2id hashes, computed on a few threads, whatever the number of logins.

mod strength;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash,
};
use serde::{Deserialize, Deserializer};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{Error, random};
pub use strength::{WeakPassword, check_strength};

/// Memory in KiB, passes and lanes: the OWASP Password Storage Cheat Sheet's for Argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// So many may wait for each thread; at some 30 ms a hash, the last one waits for about a second.
const WAITING_FOR_EACH: usize = 32;

/// A password as somebody typed it: shown nowhere, and wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The text itself, to be hashed or checked and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A new one that nobody could guess: 24 characters from 62, about 142 bits.
    pub fn random() -> Result<Self, Error> {
        random::base62(24).map(Self::from)
    }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// What came of comparing a password with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub matches: bool,
    /// The hash costs less than one that is made now: make another while the password is at hand.
    pub needs_rehash: bool,
}

/// The threads that hash. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub struct Passwords {
    /// One permit for each thread.
    working: Arc<Semaphore>,
    /// One permit for each who works or waits.
    admitted: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::new(2)
    }
}

impl Passwords {
    /// Hashes on at most so many threads at once, and on at least one.
    pub fn new(threads: usize) -> Self {
        let threads = threads.clamp(1, 1_024);
        Self {
            working: Arc::new(Semaphore::new(threads)),
            admitted: Arc::new(Semaphore::new(threads * (1 + WAITING_FOR_EACH))),
        }
    }

    /// The hash of a password that a user with this email and name has chosen, if it is strong enough.
    pub async fn hash_chosen(
        &self,
        password: &Password,
        email: &str,
        display_name: &str,
    ) -> Result<String, Error> {
        let (password, email) = (password.clone(), email.to_owned());
        let display_name = display_name.to_owned();
        self.run(move || {
            check_strength(password.expose(), &email, &display_name)?;
            hash(&password)
        })
        .await
    }

    /// The password's hash with a salt of its own, as a PHC string.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let password = password.clone();
        self.run(move || hash(&password)).await
    }

    /// Whether the hash (a PHC string) is this password's. Without one, because there is no such
    /// user or they have no password, it takes as long and does not match.
    pub async fn verify(&self, password: &Password, hash: Option<&str>) -> Result<Verified, Error> {
        let (password, hash) = (password.clone(), hash.map(str::to_owned));
        self.run(move || match hash {
            Some(hash) => verify(&password, &hash),
            None => verify_nothing(&password),
        })
        .await
    }

    /// The permits go with the work, so that a caller who left does not let another thread start.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| Error::Overloaded)?;
        let working = Arc::clone(&self.working)
            .acquire_owned()
            .await
            .map_err(|_| Error::Overloaded)?;
        tokio::task::spawn_blocking(move || {
            let _permits = (admitted, working);
            work()
        })
        .await?
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(password_hash::Error::from);
    let params = params.map_err(Error::Hash)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Password) -> Result<String, Error> {
    let salt: [u8; 16] = random::bytes()?;
    let hash: PasswordHash = hasher()?
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .map_err(Error::Hash)?;
    Ok(hash.to_string())
}

fn verify(password: &Password, hash: &str) -> Result<Verified, Error> {
    let hash = PasswordHash::new(hash).map_err(|_| Error::UnreadableHash)?;
    let needs_rehash = costs_less(&hash)?;
    match hasher()?.verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => Ok(Verified {
            matches: true,
            needs_rehash,
        }),
        Err(password_hash::Error::PasswordInvalid) => Ok(Verified {
            matches: false,
            needs_rehash,
        }),
        Err(_) => Err(Error::UnreadableHash),
    }
}

/// The work of a verification that can only fail.
fn verify_nothing(password: &Password) -> Result<Verified, Error> {
    let mut output = Zeroizing::new([0; Params::DEFAULT_OUTPUT_LEN]);
    hasher()?
        .hash_password_into(password.expose().as_bytes(), &[0; 16], &mut *output)
        .map_err(|error| Error::Hash(error.into()))?;
    Ok(Verified {
        matches: false,
        needs_rehash: false,
    })
}

fn costs_less(hash: &PasswordHash) -> Result<bool, Error> {
    let params = Params::try_from(hash).map_err(|_| Error::UnreadableHash)?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(Error::UnreadableHash);
    }
    let is_current = hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into())
        && params.m_cost() >= MEMORY
        && params.t_cost() >= PASSES
        && params.p_cost() >= LANES;
    Ok(!is_current)
}
