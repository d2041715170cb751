//! The one way in which a command changes something.

use db::Tx;
use identity::{
    Ctx,
    audit::{self, Entry},
};

use crate::error::Error;

/// Runs `work` in a transaction that commits if it succeeds, with the row of the audit log that `work`
/// answers with. It may run more than once.
pub async fn in_one_transaction<T>(
    ctx: &Ctx,
    work: impl AsyncFn(Tx) -> Result<(T, Entry), Error>,
) -> Result<T, Error> {
    // A unit of work that has ended takes no further statements.
    let unit = async |tx: Tx| {
        let (done, entry) = work(tx.clone()).await?;
        audit::append(ctx, &tx, entry).await?;
        Ok(done)
    };
    ctx.database.write(unit).await
}
