//! Leases that have run out.

use db::{
    ConnectionTrait, Tx,
    query::{fetch_all, sql},
};
use entity::{
    values::{JobEventKind, JobId},
    workflow::job::Model,
};
use identity::Ctx;
use sea_orm::FromQueryResult;

use super::{
    change::{Change, write_and_promote},
    lease::lock_free_jobs,
};
use crate::Error;

#[derive(FromQueryResult)]
struct Expired {
    id: JobId,
}

/// Jobs of anybody whose leases have run out, `limit` at most.
pub async fn expired_leases(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    limit: u64,
) -> Result<Vec<JobId>, Error> {
    let text = "SELECT id FROM jobs WHERE status = 'running' AND lease_expires_at <= $1
        ORDER BY lease_expires_at LIMIT $2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let expired: Vec<Expired> = fetch_all(db, &sql(text, [ctx.now().into(), limit.into()])).await?;
    Ok(expired.into_iter().map(|job| job.id).collect())
}

/// Ends leases that have run out: the job runs again, in its old place, or has failed if there is no attempt
/// left; one whose cancellation was asked for is canceled. What was extended meanwhile stays as it is, and what
/// somebody is changing at this moment is left for the next time.
pub async fn expire(ctx: &Ctx, tx: &Tx, jobs: &[JobId]) -> Result<Vec<Model>, Error> {
    let now = ctx.now();
    let jobs = lock_free_jobs(tx, jobs).await?;
    let mut changes = Vec::new();
    for job in jobs.into_values() {
        let is_over = job.lease_expires_at.is_some_and(|until| until <= now);
        if !is_over {
            continue;
        }
        let worker = job.worker.clone().unwrap_or_default();
        let error = format!("the lease of worker `{worker}` ran out");
        let event = if job.cancel_requested_at.is_some() {
            JobEventKind::Canceled
        } else if job.attempt < job.max_attempts {
            JobEventKind::LeaseExpired
        } else {
            JobEventKind::Exhausted
        };
        changes.push(Change::of(job, event, now)?.with_error(error));
    }
    changes.sort_by_key(|change| change.job.id);
    write_and_promote(tx, now, changes).await
}
