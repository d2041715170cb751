use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use lru::LruCache;

use crate::etag::Etag;

/// Valuations as they were last sent. A tag names all that one is made from, so none can be stale.
pub struct PositionsCache(Mutex<LruCache<String, Bytes>>);

const MOST_ENTRIES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(127);
/// Together with the number of entries, this bounds the memory: 32 MiB.
const LONGEST_BODY: usize = 256 * 1024;

impl Default for PositionsCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_ENTRIES)))
    }
}

impl PositionsCache {
    pub fn find(&self, etag: &Etag) -> Option<Bytes> {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(&etag.0).cloned()
    }

    pub fn keep(&self, etag: &Etag, body: &Bytes) {
        if body.len() <= LONGEST_BODY {
            let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            cache.put(etag.0.clone(), body.clone());
        }
    }
}
