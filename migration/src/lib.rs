//! The schema's versions, oldest first, and the questions a program asks about them.
//!
//! A migration describes the past: it names tables and columns in SQL and never an entity.
//! `sea-orm-cli migrate` works on this crate as it is.

mod ddl;
pub mod lint;
pub mod locks;
mod m20261121_000001_users;
mod m20261121_000002_books;
mod m20261121_000003_pricing;
mod m20261121_000004_executions;
mod m20261121_000005_idempotency;
mod version;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use version::{Error, State, Version, down, require_current, up, versions};

/// The list of migrations in the order in which they apply.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_users::Migration),
            Box::new(m20261121_000002_books::Migration),
            Box::new(m20261121_000003_pricing::Migration),
            Box::new(m20261121_000004_executions::Migration),
            Box::new(m20261121_000005_idempotency::Migration),
        ]
    }
}
