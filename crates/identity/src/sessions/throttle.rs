//! Who fails to log in waits before the next attempt, and longer each time.
//!
//! Each account and each address is counted for itself, known or not. An attempt counts before the
//! password is looked at, and is taken back when it succeeds: of guesses that come at once, none is
//! tried beyond those that are free.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use db::{ConnectionTrait, query::upsert};
use entity::identity::login_throttle::{Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use sha2::{Digest, Sha256};

use super::LoginRefusal;
use crate::{Ctx, Error, users::normal_email};

/// So many failures in a row are free, the last of them with a first second to wait.
const FREE_FOR_ACCOUNT: i64 = 5;
/// More, since many people may be behind one address.
const FREE_FOR_ADDRESS: i64 = 20;
const LONGEST_WAIT: TimeDelta = TimeDelta::minutes(15);
/// Failures are forgotten after so long without another.
pub(super) const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(1);

/// An attempt to log in that was let through, and is counted as a failure until it succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub email: String,
    pub address: IpAddr,
}

/// Counts an attempt to log in, or refuses it until enough time has passed.
///
/// The caller commits in either case, before the password is checked.
pub async fn admit(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    email: &str,
    address: IpAddr,
) -> Result<Result<Attempt, LoginRefusal>, Error> {
    let now = ctx.now();
    let attempt = Attempt {
        email: email.to_owned(),
        address,
    };
    let (account, address) = lock_both(db, &attempt, now).await?;
    let wait = |row: &Model| row.locked_until.and_then(|until| seconds_left(now, until));
    match (wait(&account), wait(&address)) {
        (None, None) => {}
        (Some(seconds), other) if Some(seconds) >= other => {
            return Ok(Err(LoginRefusal::AccountLocked { seconds }));
        }
        (seconds, other) => {
            let seconds = other.or(seconds).unwrap_or_default();
            return Ok(Err(LoginRefusal::AddressLocked { seconds }));
        }
    }
    count(db, account, FREE_FOR_ACCOUNT, now).await?;
    count(db, address, FREE_FOR_ADDRESS, now).await?;
    Ok(Ok(attempt))
}

/// Takes an attempt back that was no guess, since the password could not be checked at all.
pub async fn withdraw(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    attempt: &Attempt,
) -> Result<(), Error> {
    let now = ctx.now();
    let (account, address) = lock_both(db, attempt, now).await?;
    take_back(db, account, FREE_FOR_ACCOUNT, now).await?;
    take_back(db, address, FREE_FOR_ADDRESS, now).await
}

/// Takes an attempt back that succeeded, with all failures of the account before it.
pub(super) async fn succeed(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    attempt: &Attempt,
) -> Result<(), Error> {
    let now = ctx.now();
    let (account, address) = lock_both(db, attempt, now).await?;
    Entity::delete_by_id(account.subject).exec(db).await?;
    take_back(db, address, FREE_FOR_ADDRESS, now).await
}

/// Forgets the failures of an account.
pub(crate) async fn forgive_account(db: &impl ConnectionTrait, email: &str) -> Result<(), Error> {
    Entity::delete_by_id(of_account(email)).exec(db).await?;
    Ok(())
}

/// The rows of the account and of the address, made if need be, which others wait for until this
/// transaction ends. Always in this order.
async fn lock_both(
    db: &impl ConnectionTrait,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<(Model, Model), Error> {
    let account = lock(db, of_account(&attempt.email), now).await?;
    let address = lock(db, of_address(attempt.address), now).await?;
    Ok((account, address))
}

async fn lock(
    db: &impl ConnectionTrait,
    subject: String,
    now: DateTime<Utc>,
) -> Result<Model, Error> {
    let fresh = Model {
        subject,
        failures: 0,
        locked_until: None,
        created_at: now,
        updated_at: now,
    };
    // An update that changes nothing locks the row on both engines, whether or not it was there.
    let row = fresh.clone().into_active_model().reset_all();
    upsert(db, row, [Column::Subject], [Column::Subject]).await?;
    let known = Entity::find_by_id(fresh.subject.clone()).one(db).await?;
    let known = known.filter(|row| row.updated_at > now - FORGOTTEN_AFTER);
    Ok(known.unwrap_or(fresh))
}

async fn count(
    db: &impl ConnectionTrait,
    row: Model,
    free: i64,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let failures = row.failures + 1;
    let locked_until = wait_after(failures, free).map(|wait| now + wait);
    save(db, row, failures, locked_until, now).await
}

async fn take_back(
    db: &impl ConnectionTrait,
    row: Model,
    free: i64,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let failures = (row.failures - 1).max(0);
    let locked_until = row.locked_until.filter(|_| failures >= free);
    save(db, row, failures, locked_until, now).await
}

async fn save(
    db: &impl ConnectionTrait,
    row: Model,
    failures: i64,
    locked_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let row = Model {
        failures,
        locked_until,
        updated_at: now,
        ..row
    };
    let update = Entity::update(row.into_active_model().reset_all());
    update.exec(db).await?;
    Ok(())
}

/// One second after the last free failure, twice as long after each further one.
pub(super) fn wait_after(failures: i64, free: i64) -> Option<TimeDelta> {
    let beyond = failures - free;
    // 2^10 seconds are more than the longest wait.
    let seconds = 1_i64 << beyond.clamp(0, 10);
    let wait = TimeDelta::seconds(seconds).min(LONGEST_WAIT);
    (beyond >= 0).then_some(wait)
}

/// Whole seconds, rounded up.
fn seconds_left(now: DateTime<Utc>, until: DateTime<Utc>) -> Option<u64> {
    let left = u64::try_from((until - now).num_milliseconds()).ok()?;
    Some(left.div_ceil(1_000)).filter(|seconds| *seconds > 0)
}

/// What is no address of anybody counts as well, by its hash: it may be a password in the wrong field.
pub(super) fn of_account(email: &str) -> String {
    match normal_email(email) {
        Ok(email) => format!("account:{email}"),
        Err(_) => format!("account:{}", hex::encode(Sha256::digest(email))),
    }
}

/// Of IPv6, the first 64 bits: whoever has one such address has them all.
pub(super) fn of_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            format!("address:{}/64", std::net::Ipv6Addr::from_bits(network))
        }
    }
}

/// Deletes what is forgotten; answers how many rows.
pub(super) async fn forget(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<u64, Error> {
    let forgotten = Entity::delete_many().filter(Column::UpdatedAt.lte(now - FORGOTTEN_AFTER));
    Ok(forgotten.exec(db).await?.rows_affected)
}
