use db::{Database, Tx, page::Page};
use entity::values::UserId;
use identity::{
    Actor, Ctx,
    users::{self, UserFilter},
};

use workflow::tokens::reservations;

use crate::{error::Error, session};

/// Users that are listed in one go.
const AT_ONCE: u64 = 500;

/// Deletes the reservations of all users that expired long ago, and says how many.
///
/// Row security shows the program one user's rows at a time: so it goes from user to user.
pub async fn forget_old(database: &Database) -> Result<u64, Error> {
    let everybody = of_user(database, UserId::NOBODY);
    let mut page: Page<UserId> = Page {
        after: None,
        limit: AT_ONCE,
    };
    let mut forgotten = 0;
    loop {
        let shared = everybody.shared();
        let listed = users::list(&everybody, &shared, &UserFilter::default(), &page).await?;
        page.after = listed.items.last().map(|user| user.id);
        for user in &listed.items {
            let ctx = of_user(database, user.id);
            let of_user = ctx.clone();
            let work = move |tx: Tx| {
                let ctx = of_user.clone();
                async move { reservations::forget_old(&ctx, &tx).await }
            };
            forgotten += ctx.database.write(work).await?;
        }
        if !listed.has_more {
            return Ok(forgotten);
        }
    }
}

fn of_user(database: &Database, user: UserId) -> Ctx {
    let clock = session::clock();
    Ctx::new(Actor::system(), user, "maintain".into(), clock, database)
}
