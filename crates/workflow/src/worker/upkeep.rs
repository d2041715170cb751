//! What falls due with jobs: leases that run out, schedules whose time has come.

use std::time::{Duration, Instant};

use db::Tx;
use futures_util::{FutureExt, future::BoxFuture};
use identity::Ctx;

use crate::{
    Error,
    jobs::{schedules, sweep},
};

const EVERY: Duration = Duration::from_secs(1);
/// Upkeep takes no more of the time than one part in so many.
const PARTS: u32 = 20;
const MOST: u64 = 200;

/// What one round has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkept {
    pub leases_ended: usize,
    pub jobs_scheduled: usize,
}

/// Does what is due now, in transactions of its own. Several may do so at once.
pub async fn look_after(ctx: &Ctx) -> Result<Upkept, Error> {
    let mut done = Upkept::default();
    loop {
        let ended = end_leases(ctx.clone()).await?;
        done.leases_ended += ended;
        if ended == 0 {
            break;
        }
    }
    done.jobs_scheduled = schedules::run_due(ctx).await?;
    Ok(done)
}

/// It is boxed since the compiler does not see through the layers above it that it is `Send`.
fn end_leases(ctx: Ctx) -> BoxFuture<'static, Result<usize, Error>> {
    async move {
        let expired = sweep::expired_leases(&ctx, &ctx.shared(), MOST).await?;
        if expired.is_empty() {
            return Ok(0);
        }
        let database = ctx.database.clone();
        let unit = move |tx: Tx| {
            let (ctx, expired) = (ctx.clone(), expired.clone());
            async move { sweep::expire(&ctx, &tx, &expired).await }
        };
        Ok(database.write(unit).await?.len())
    }
    .boxed()
}

/// Does what is due, from time to time, until the future is dropped.
pub async fn keep(ctx: Ctx) {
    loop {
        let begun = Instant::now();
        match look_after(&ctx).await {
            Ok(done) if done.leases_ended > 0 => {
                tracing::info!(
                    leases = done.leases_ended,
                    "leases had run out; their jobs run again"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the upkeep of jobs has to wait"),
        }
        tokio::time::sleep(EVERY.max(begun.elapsed() * PARTS)).await;
    }
}
