//! When tokens were last used.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use db::{Database, Priority};
use entity::{identity::api_token, values::ApiTokenId};
use lru::LruCache;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, sea_query::Expr};

/// A token's use is written down once in so long.
const ONCE_IN: TimeDelta = TimeDelta::minutes(1);
/// Of so many tokens it is known when that was; of others it is written down again.
const MOST: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// Writes down when tokens are used, aside from the requests that use them. Cheap to clone; all
/// clones share what they know.
#[derive(Clone)]
pub struct TokenUses {
    database: Database,
    written: Arc<Mutex<LruCache<ApiTokenId, DateTime<Utc>>>>,
}

impl TokenUses {
    pub fn new(database: &Database) -> Self {
        Self {
            database: database.with_priority(Priority::Background),
            written: Arc::new(Mutex::new(LruCache::new(MOST))),
        }
    }

    /// Notes that a token is used now; a task of its own writes it down, unless it was written
    /// within the last minute. If that fails, the next use after that minute tries again.
    pub fn note(&self, id: ApiTokenId, now: DateTime<Utc>) {
        if !self.is_due(id, now) {
            return;
        }
        let database = self.database.clone();
        tokio::spawn(async move {
            if let Err(error) = write(&database, id, now).await {
                tracing::warn!(token = %id, "the use of a token was not written down: {error}");
            }
        });
    }

    fn is_due(&self, id: ApiTokenId, now: DateTime<Utc>) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.get(&id).is_some_and(|last| now - *last < ONCE_IN) {
            return false;
        }
        written.put(id, now);
        true
    }
}

impl std::fmt::Debug for TokenUses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenUses(…)")
    }
}

/// Several programs may write at once: the latest use stays.
async fn write(database: &Database, id: ApiTokenId, now: DateTime<Utc>) -> Result<(), db::Error> {
    let earlier = Condition::any()
        .add(api_token::Column::LastUsedAt.is_null())
        .add(api_token::Column::LastUsedAt.lt(now));
    api_token::Entity::update_many()
        .col_expr(api_token::Column::LastUsedAt, Expr::value(now))
        .filter(api_token::Column::Id.eq(id))
        .filter(earlier)
        .exec(database)
        .await?;
    Ok(())
}
