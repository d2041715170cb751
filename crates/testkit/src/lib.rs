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

mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use db::{Database, Settings};
use identity::{Actor, Clock, Ctx};

/// For the tests of crates that migrations stand on.
pub use migration;

/// A migrated, empty database of its own; gone when it is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    pub database: Database,
    pub url: String,
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
        Self::open(url, Keeper::Sqlite { _folder: folder }).await
    }

    /// `None`, with a line that says so, where no server is configured.
    pub async fn postgres() -> Option<Self> {
        let (dropped, url) = postgres::copy_of_template().await?;
        Some(Self::open(url, Keeper::Postgres { _dropped: dropped }).await)
    }

    async fn open(url: String, keeper: Keeper) -> Self {
        let settings = Settings {
            pool_max_size: 4,
            ..Settings::new(url.as_str())
        };
        let database = Database::connect(&settings)
            .await
            .expect("a test database opens");
        Self {
            database,
            url,
            _keeper: keeper,
        }
    }

    /// The local owner, acting on their own books.
    pub async fn ctx(&self) -> Ctx {
        let clock = Clock::new(test_now);
        let owner = identity::local_owner(&self.database, clock)
            .await
            .expect("an owner");
        Ctx::new(
            Actor::user(owner),
            owner,
            "test".into(),
            clock,
            &self.database,
        )
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
