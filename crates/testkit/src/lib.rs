//! Databases for tests: each test has its own, copied from a template that was migrated once.
//!
//! SQLite needs nothing. PostgreSQL is used when `TEST_DATABASE_URL` names a server where databases
//! may be made; `cargo xtask test` starts one.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod corpus;
mod postgres;
mod sqlite;

pub use corpus::corpus;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use db::{ConnectionTrait, Database, Engine, Settings};
use entity::values::{UserId, UserRole};
use identity::{
    Actor, Clock, Ctx,
    users::{self, NewUser},
};

/// For the tests of crates that migrations stand on.
pub use migration;

/// A migrated, empty database of its own; gone when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    /// As the service has it: on PostgreSQL by the role `tallystick_app`, which owns nothing and is
    /// bound by row-level security.
    pub database: Database,
    pub url: String,
    /// The same database as its owner, to whom no policy applies; on SQLite the same URL.
    pub owner_url: String,
    /// Removes the database, after the pools above have been let go.
    _keeper: Keeper,
}

#[derive(Debug)]
enum Keeper {
    Sqlite { _folder: tempfile::TempDir },
    Postgres { _dropped: postgres::DropOnEnd },
}

impl TestDatabase {
    pub async fn sqlite() -> Self {
        let (folder, url) = sqlite::copy_of_template().await;
        Self::open(url.clone(), url, Keeper::Sqlite { _folder: folder }).await
    }

    /// `None`, with a line that says so, where no server is configured.
    pub async fn postgres() -> Option<Self> {
        let (dropped, owner_url) = postgres::copy_of_template().await?;
        let url = postgres::as_app(&owner_url);
        Some(Self::open(url, owner_url, Keeper::Postgres { _dropped: dropped }).await)
    }

    async fn open(url: String, owner_url: String, keeper: Keeper) -> Self {
        let settings = Settings {
            pool_max_size: 4,
            ..settings(&url, &owner_url)
        };
        let database = Database::connect(&settings)
            .await
            .expect("a test database opens");
        Self {
            database,
            url,
            owner_url,
            _keeper: keeper,
        }
    }

    /// What it takes to open the database once more, as the service does.
    pub fn settings(&self) -> Settings {
        settings(&self.url, &self.owner_url)
    }

    /// Connections of the database's owner: for SQL that the service has no right to, and to see
    /// the rows of all users.
    pub async fn owner(&self) -> Database {
        let settings = Settings {
            pool_min_size: 0,
            pool_max_size: 2,
            ..Settings::new(&*self.owner_url)
        };
        let owner = Database::connect(&settings).await;
        owner.expect("the test database opens for its owner")
    }

    /// Makes tables of a test's own, as the owner, and lets the service into them.
    pub async fn make_tables(&self, sql: &str) {
        let owner = self.owner().await;
        let made = owner.execute_unprepared(sql).await;
        made.expect("the test's tables are made");
        if owner.engine() == Engine::Postgres {
            let granted = owner
                .execute_unprepared(
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public \
                     TO tallystick_app",
                )
                .await;
            granted.expect("the service is let in");
        }
        owner.close().await;
    }

    /// An administrator, acting on their own books.
    pub async fn ctx(&self) -> Ctx {
        let clock = Clock::new(test_now);
        let id = user(&self.database, clock, "owner@example.org", UserRole::Admin).await;
        Ctx::new(Actor::user(id), id, "test".into(), clock, &self.database)
    }
}

/// The user of this address, who is made if need be; without a password.
pub async fn user(database: &Database, clock: Clock, email: &str, role: UserRole) -> UserId {
    let ctx = Ctx::new(
        Actor::system(),
        UserId::new(),
        "test".into(),
        clock,
        database,
    );
    let found = users::find_by_email(&ctx, database.reader(), email).await;
    if let Some(user) = found.expect("users are read") {
        return user.id;
    }
    let new = NewUser {
        email: email.to_owned(),
        display_name: "Test".to_owned(),
        role,
        password_hash: None,
    };
    let added = database
        .write(|tx| {
            let (ctx, new) = (ctx.clone(), new.clone());
            async move { users::add(&ctx, &tx, new).await }
        })
        .await;
    added.expect("a user is added").id
}

fn settings(url: &str, owner_url: &str) -> Settings {
    let is_apart = url != owner_url;
    Settings {
        owner_url: is_apart.then(|| owner_url.to_owned()),
        ..Settings::new(url)
    }
}

fn test_now() -> DateTime<Utc> {
    Utc::now()
}

/// Writes one test that runs on both engines, as `name::sqlite` and `name::postgres`.
#[macro_export]
macro_rules! on_both_engines {
    ($($(#[$attribute:meta])* async fn $name:ident($db:ident) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $(#[$attribute])*
            async fn story($db: $crate::TestDatabase) $body

            #[tokio::test]
            async fn sqlite() {
                if $crate::sqlite_is_wanted() {
                    story($crate::TestDatabase::sqlite().await).await;
                }
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(database) = $crate::TestDatabase::postgres().await {
                    story(database).await;
                }
            }
        }
    )+};
}

/// `TEST_ENGINE=postgres` leaves SQLite's half out.
pub fn sqlite_is_wanted() -> bool {
    std::env::var("TEST_ENGINE").map_or(true, |engine| engine != "postgres")
}

/// A file of the shared test data that lies beside the repository; `None`, with a line that says
/// so, where it is not there.
pub fn shared_data(file: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data").join(file))
        .find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: shared/data/{file} is not beside the repository");
    }
    found
}
