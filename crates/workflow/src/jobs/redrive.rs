use db::Tx;
use entity::{
    values::{JobEventKind, JobId},
    workflow::job::Model,
};
use identity::Ctx;
use serde_json::json;

use super::{
    change::{Change, write_and_promote},
    finish::only,
    lease::lock_job,
};
use crate::Error;

/// Gives a job of the scope that has failed `attempts` more attempts, 1 to 100, from now on. Its history goes on.
///
/// # Errors
///
/// [`Error::JobNotFound`], [`Error::NotAllowed`] for a job that has not failed, and [`Error::Invalid`].
pub async fn redrive(ctx: &Ctx, tx: &Tx, id: JobId, attempts: i64) -> Result<Model, Error> {
    if !(1..=100).contains(&attempts) {
        return Err(Error::Invalid {
            field: "/attempts",
            detail: "must be 1 to 100".to_owned(),
        });
    }
    let now = ctx.now();
    let job = lock_job(tx, Some(ctx.scope), id).await?;
    let mut change = Change::of(job, JobEventKind::Redriven, now)?;
    change.job.max_attempts = change.job.attempt + attempts;
    change.job.run_at = now;
    let change = change.with(json!({"attempts": attempts}));
    only(write_and_promote(tx, now, vec![change]).await?, id)
}
