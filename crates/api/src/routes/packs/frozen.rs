use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use db::Database;
use lru::LruCache;
use pricing::packs;

use crate::{etag::Etag, extract::Call};

/// Forgets them once another process tells of a change; what is not told is forgotten after a moment.
pub fn keep_frozen(database: &Database) -> Arc<FrozenPacks> {
    let packs = Arc::new(FrozenPacks::default());
    let mut hints = database.listen(packs::CHANGES);
    let forgetting = Arc::clone(&packs);
    tokio::spawn(async move {
        while hints.next().await.is_some() {
            forgetting.forget();
        }
    });
    packs
}

/// Frozen packs as they were last sent. Their content is for good; what is said beside it (which
/// pack took its place) may change, so that an answer is kept for a moment only, and not beyond such
/// a change by this process, or by another that is heard of.
pub struct FrozenPacks(Mutex<Known>);

struct Known {
    packs: LruCache<String, Kept>,
    changes: u64,
}

struct Kept {
    etag: Etag,
    body: Bytes,
    since: Instant,
}

/// After how many changes a reading began.
#[derive(Clone, Copy)]
pub struct Reading(u64);

const MOST_PACKS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);
const MOMENT: Duration = Duration::from_secs(1);

impl Default for FrozenPacks {
    fn default() -> Self {
        Self(Mutex::new(Known {
            packs: LruCache::new(MOST_PACKS),
            changes: 0,
        }))
    }
}

impl FrozenPacks {
    /// Nothing for a caller who must see what was written meanwhile.
    pub fn find(&self, call: &Call, id: &str) -> Option<(Etag, Bytes)> {
        if call.caller.seen.is_some() {
            return None;
        }
        let mut known = self.lock();
        let kept = known.packs.get(id)?;
        (kept.since.elapsed() < MOMENT).then(|| (kept.etag.clone(), kept.body.clone()))
    }

    /// Belongs before the database is asked for what will be kept.
    pub fn begin_reading(&self) -> Reading {
        Reading(self.lock().changes)
    }

    /// Keeps nothing that was read before a change and arrives after it.
    pub fn keep(&self, reading: Reading, id: String, etag: &Etag, body: &Bytes) {
        let kept = Kept {
            etag: etag.clone(),
            body: body.clone(),
            since: Instant::now(),
        };
        let mut known = self.lock();
        if known.changes == reading.0 {
            known.packs.put(id, kept);
        }
    }

    /// Belongs after the commit of whatever may have changed what is said of a frozen pack.
    pub fn forget(&self) {
        let mut known = self.lock();
        known.packs.clear();
        known.changes += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
