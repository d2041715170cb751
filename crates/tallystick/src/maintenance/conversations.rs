//! Conversations, user by user: row security shows the program one user's rows at a time.

use db::{Database, Tx, page::Page};
use entity::values::UserId;
use identity::{
    Actor, Ctx,
    users::{self, UserFilter},
};
use workflow::{
    retention::{self, Cleared, Retention},
    search,
};

use crate::{error::Error, session};

/// Users that are listed in one go.
const USERS_AT_ONCE: u64 = 500;
/// Rows of each kind in one transaction, so that nobody waits for long.
const ROWS_AT_ONCE: u64 = 200;

/// What was done about conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    pub artifacts_deleted: u64,
    pub messages_purged: u64,
    /// Messages of an earlier version that the search finds from now on.
    pub messages_indexed: u64,
}

/// Clears away what is kept long enough, and keeps the words of messages that have none yet.
pub async fn tend(database: &Database, retention: &Retention) -> Result<Tended, Error> {
    let mut tended = Tended::default();
    let everybody = ctx_of(database, UserId::NOBODY);
    let mut page: Page<UserId> = Page {
        after: None,
        limit: USERS_AT_ONCE,
    };
    loop {
        let filter = UserFilter::default();
        let listed = users::list(&everybody, &everybody.shared(), &filter, &page).await?;
        page.after = listed.items.last().map(|user| user.id);
        for user in &listed.items {
            let ctx = ctx_of(database, user.id);
            clear(&ctx, retention, &mut tended).await?;
            index(&ctx, &mut tended).await?;
        }
        if !listed.has_more {
            return Ok(tended);
        }
    }
}

fn ctx_of(database: &Database, user: UserId) -> Ctx {
    Ctx::new(
        Actor::system(),
        user,
        "maintenance".into(),
        session::clock(),
        database,
    )
}

async fn clear(ctx: &Ctx, retention: &Retention, tended: &mut Tended) -> Result<(), Error> {
    loop {
        let (owned, retention) = (ctx.clone(), *retention);
        let work = move |tx: Tx| {
            let ctx = owned.clone();
            async move { retention::clear(&ctx, &tx, &retention, ROWS_AT_ONCE).await }
        };
        let Cleared {
            artifacts,
            messages,
        } = ctx.database.write(work).await?;
        tended.artifacts_deleted += artifacts;
        tended.messages_purged += messages;
        if artifacts.max(messages) == 0 {
            return Ok(());
        }
    }
}

async fn index(ctx: &Ctx, tended: &mut Tended) -> Result<(), Error> {
    loop {
        let owned = ctx.clone();
        let work = move |tx: Tx| {
            let ctx = owned.clone();
            async move { search::index_rest(&ctx, &tx, ROWS_AT_ONCE).await }
        };
        let indexed = ctx.database.write(work).await?;
        tended.messages_indexed += indexed;
        if indexed < ROWS_AT_ONCE {
            return Ok(());
        }
    }
}
