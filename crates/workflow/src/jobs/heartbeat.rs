use chrono::{DateTime, TimeDelta, Utc};
use db::{
    ConnectionTrait,
    query::{fetch_optional, sql},
};
use entity::values::UserId;
use identity::Ctx;
use sea_orm::FromQueryResult;

use super::{Lease, claim::check_lease};
use crate::Error;

/// What a worker hears when it says that it is still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Beat {
    pub lease_expires_at: DateTime<Utc>,
    /// Somebody asks for the job to be given up: say so by failing it.
    pub cancel_requested_at: Option<DateTime<Utc>>,
}

/// Extends a lease to `lease` from now. It is no event of the job and locks nothing.
///
/// # Errors
///
/// [`Error::LeaseLost`] if the job does not run under this lease any more, and [`Error::Invalid`] for a lease of
/// less than a second or more than an hour.
pub async fn heartbeat(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    owner: Option<UserId>,
    held: &Lease,
    lease: TimeDelta,
) -> Result<Beat, Error> {
    check_lease(lease)?;
    let now = ctx.now();
    let text = "
        UPDATE jobs SET lease_expires_at = $5, updated_at = $4
        WHERE id = $1 AND lease_token = $2 AND attempt = $3 AND status = 'running'
            AND lease_expires_at > $4 AND owner_user_id = $6
        RETURNING lease_expires_at, cancel_requested_at";
    let of_all = "
        UPDATE jobs SET lease_expires_at = $5, updated_at = $4
        WHERE id = $1 AND lease_token = $2 AND attempt = $3 AND status = 'running'
            AND lease_expires_at > $4
        RETURNING lease_expires_at, cancel_requested_at";
    let mut values = vec![
        held.job.into(),
        held.token.into(),
        held.attempt.into(),
        now.into(),
        (now + lease).into(),
    ];
    let statement = match owner {
        None => sql(of_all, values),
        Some(owner) => {
            values.push(owner.into());
            sql(text, values)
        }
    };
    let beat = fetch_optional(db, &statement).await?;
    beat.ok_or(Error::LeaseLost { id: held.job })
}
