use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use lru::LruCache;

use crate::{etag::Etag, extract::Call};

/// Frozen packs as they were last sent. Their content is for good; what is said beside it (which
/// pack took its place) may change, so that an answer is kept for a moment only.
pub struct FrozenPacks(Mutex<LruCache<String, Kept>>);

struct Kept {
    etag: Etag,
    body: Bytes,
    since: Instant,
}

const MOST_PACKS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);
const MOMENT: Duration = Duration::from_secs(1);

impl Default for FrozenPacks {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST_PACKS)))
    }
}

impl FrozenPacks {
    /// Nothing for a caller who must see what was written meanwhile.
    pub fn find(&self, call: &Call, id: &str) -> Option<(Etag, Bytes)> {
        if call.caller.seen.is_some() {
            return None;
        }
        let mut packs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = packs.get(id)?;
        (kept.since.elapsed() < MOMENT).then(|| (kept.etag.clone(), kept.body.clone()))
    }

    pub fn keep(&self, id: String, etag: &Etag, body: &Bytes) {
        let kept = Kept {
            etag: etag.clone(),
            body: body.clone(),
            since: Instant::now(),
        };
        let mut packs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        packs.put(id, kept);
    }
}
