//! Tokens whose signature was checked before.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use sha2::{Digest, Sha256};

use super::Claims;

/// So many tokens are remembered; each takes less than half a kilobyte.
const MOST: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// What the signature has vouched for.
#[derive(Clone, Debug)]
pub struct Remembered {
    pub kid: String,
    pub claims: Claims,
}

/// The tokens that were seen last, by their SHA-256: the tokens themselves are not kept.
#[derive(Clone)]
pub struct Cache(Arc<Mutex<LruCache<[u8; 32], Remembered>>>);

impl Default for Cache {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(LruCache::new(MOST))))
    }
}

impl Cache {
    pub fn find(&self, token: &str) -> Option<Remembered> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&hash(token)).cloned()
    }

    pub fn remember(&self, token: &str, verified: Remembered) {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.put(hash(token), verified);
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache(…)")
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
