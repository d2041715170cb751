//! Users of a test, and a clock that goes when it is told to.

use std::{
    cell::Cell,
    net::{IpAddr, Ipv4Addr},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{identity::user, values::UserRole};
use identity::{
    Actor, Clock, Ctx, Error, Passwords,
    sessions::{self, Attempt, LoginRefusal, NewSession},
    users::{self, NewUser},
};
use testkit::TestDatabase;

pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
pub const PASSWORD: &str = "kettle-moss-41";
/// Of [`PASSWORD`], by argon2-cffi with the salt `somesaltsomesalt`.
pub const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
    $0CppYx3JRIBffIClsoDl6qYW8CpLPREb+PdypCddFZ0";
/// The same, of less memory.
pub const CHEAP_HASH: &str = "$argon2id$v=19$m=9728,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
    $TsBNmQi1i46Qkabh7E6TtMRMJO8QN8dPOUN+/Sn+ydY";

pub fn month() -> TimeDelta {
    TimeDelta::days(30)
}

thread_local! {
    static PASSED: Cell<TimeDelta> = const { Cell::new(TimeDelta::zero()) };
}

/// Lets time pass for the contexts of this test, whose runtime has one thread.
pub fn pass(time: TimeDelta) {
    PASSED.set(PASSED.get() + time);
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + PASSED.get()
}

/// A context of an administrator by the test's clock.
pub async fn ctx(db: &TestDatabase) -> Ctx {
    let clock = Clock::new(now);
    let owner = testkit::user(&db.database, clock, "owner@example.org", UserRole::Admin).await;
    Ctx::new(
        Actor::user(owner),
        owner,
        "test".into(),
        clock,
        &db.database,
    )
}

pub async fn add(ctx: &Ctx, email: &str, role: UserRole, hash: Option<&str>) -> user::Model {
    let new = NewUser {
        email: email.to_owned(),
        display_name: "Somebody".to_owned(),
        role,
        password_hash: hash.map(str::to_owned),
    };
    write(ctx, async |tx| users::add(ctx, &tx, new.clone()).await)
        .await
        .unwrap()
}

/// Ada, who may log in with [`PASSWORD`].
pub async fn ada(ctx: &Ctx) -> user::Model {
    add(ctx, "ada@example.org", UserRole::User, Some(HASH)).await
}

pub async fn write<T>(
    ctx: &Ctx,
    work: impl AsyncFn(db::Tx) -> Result<T, Error>,
) -> Result<T, Error> {
    ctx.database.write(work).await
}

/// The three steps of a login.
pub async fn login(
    ctx: &Ctx,
    email: &str,
    password: &str,
    address: IpAddr,
) -> Result<NewSession, LoginRefusal> {
    let attempt = admit(ctx, email, address).await?;
    let password = password.to_owned().into();
    let passwords = Passwords::default();
    let reader = ctx.database.reader();
    let proof = sessions::check(ctx, reader, &passwords, &attempt, &password)
        .await
        .unwrap()?;
    let begun = write(ctx, async |tx| {
        sessions::begin(ctx, &tx, &attempt, proof.clone(), month()).await
    });
    Ok(begun.await.unwrap())
}

pub async fn admit(ctx: &Ctx, email: &str, address: IpAddr) -> Result<Attempt, LoginRefusal> {
    write(ctx, async |tx| {
        sessions::admit(ctx, &tx, email, address).await
    })
    .await
    .unwrap()
}
