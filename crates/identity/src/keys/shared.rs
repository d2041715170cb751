//! The keys of a running service, which notices when somebody else rotates them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{KeySet, file};
use crate::{Clock, Error};

/// The folder is looked at again after so long.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(1);

/// A folder's keys as they are now. Cheap to clone; all clones share them.
#[derive(Clone, Debug)]
pub struct SharedKeys {
    folder: Arc<Path>,
    clock: Clock,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    keys: Arc<KeySet>,
    listing: Listing,
    at: DateTime<Utc>,
}

/// The names of the key files, and when each was written.
type Listing = Vec<(PathBuf, Option<SystemTime>)>;

impl SharedKeys {
    /// Reads the folder, and makes the first key where there is none.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, Error> {
        let keys = KeySet::open(folder, clock)?;
        let seen = Seen {
            listing: listing(folder)?,
            keys: Arc::new(keys),
            at: clock.now(),
        };
        Ok(Self {
            folder: folder.into(),
            clock,
            seen: Arc::new(Mutex::new(seen)),
        })
    }

    /// The keys as they were at most a second ago. While the folder cannot be read, those that were
    /// read last.
    pub fn current(&self) -> Arc<KeySet> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let is_recent = (TimeDelta::zero()..LOOK_EVERY).contains(&(now - seen.at));
        if !is_recent {
            seen.at = now;
            if let Err(error) = self.look(&mut seen) {
                tracing::warn!("the keys stay as they were: {error}");
            }
        }
        Arc::clone(&seen.keys)
    }

    /// What cannot be read is complained of once, not each second.
    fn look(&self, seen: &mut Seen) -> Result<(), Error> {
        let listing = listing(&self.folder)?;
        if listing == seen.listing {
            return Ok(());
        }
        seen.listing = listing;
        let keys = KeySet::load(&self.folder)?;
        keys.newest()?;
        seen.keys = Arc::new(keys);
        Ok(())
    }
}

fn listing(folder: &Path) -> Result<Listing, Error> {
    let files = file::paths(folder)?.into_iter().map(|path| {
        let written = fs::metadata(&path).and_then(|metadata| metadata.modified());
        (path, written.ok())
    });
    Ok(files.collect())
}
