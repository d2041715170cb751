use chrono::NaiveDate;
use db::page::Page;
use entity::values::UserId;
use identity::{
    Ctx,
    users::{self, UserFilter},
};
use pricing::sources::Wanted;

use crate::{error::Error, session};

/// Users that are listed in one go.
const AT_ONCE: u64 = 500;

/// What the portfolios of all users need on a day.
///
/// Row security shows the program one user's rows at a time, and so it reads: user by user, each in a
/// snapshot of their own books. Only symbols and currencies leave that.
pub async fn of_all_users(ctx: &Ctx, asof: NaiveDate) -> Result<Wanted, Error> {
    let mut wanted = Wanted::default();
    let mut page: Page<UserId> = Page {
        after: None,
        limit: AT_ONCE,
    };
    loop {
        let listed = users::list(ctx, &ctx.shared(), &UserFilter::default(), &page).await?;
        page.after = listed.items.last().map(|user| user.id);
        for user in &listed.items {
            wanted.extend(of_user(ctx, user.id, asof).await?);
        }
        if !listed.has_more {
            return Ok(wanted);
        }
    }
}

async fn of_user(ctx: &Ctx, user: UserId, asof: NaiveDate) -> Result<Wanted, Error> {
    let theirs = session::operator_of(&ctx.database, user);
    let within = theirs.clone();
    let work = async |tx: db::Tx| performance::demand(&within, &tx, asof).await;
    Ok(theirs.database.read(work).await?)
}
