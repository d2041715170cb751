//! The schema's versions, oldest first, and the ways from one to another.
//!
//! A migration describes the past: it names tables and columns in SQL and never an entity.
//! `sea-orm-cli migrate` works on this crate as it is; [`Schema`] is what it runs in the end.

pub mod catalogue;
mod ddl;
pub mod drift;
mod error;
mod history;
pub mod lint;
pub mod locks;
mod m20261121_000001_users;
mod m20261121_000002_books;
mod m20261121_000003_pricing;
mod m20261121_000004_executions;
mod m20261121_000005_idempotency;
mod m20261121_000006_roles;
mod m20261121_000007_contract_row_security;
mod m20261121_000008_series;
mod m20261121_000009_accounts;
mod m20261121_000010_threads;
mod m20261121_000011_recording;
mod m20261121_000012_restatements;
mod m20261121_000013_reconciliations;
mod m20261121_000014_pack_builds;
mod m20261121_000015_gains;
mod m20261121_000016_jobs;
mod m20261121_000017_tokens;
mod m20261121_000018_conversations;
mod m20261121_000019_approvals;
mod migrator;
mod new;
mod partitions;
mod recording;
mod schema;
mod script;
mod state;
mod target;

use sea_orm_migration::MigrationTrait;

pub use error::Error;
pub use history::{Action, Author, Entry};
pub use migrator::Migrator;
pub use new::{NewFile, new_file};
pub use partitions::make_year_partitions;
pub use recording::{Down, Recording, is_contracting, record};
pub use schema::{
    Applied, Event, Options, Planned, Progress, Schema, Stamp, Stamped, findings, up,
};
pub use script::{Range, script};
pub use state::{State, Version, Versions, find, known, require_current, versions};
pub use target::Target;

/// The list of migrations in the order in which they apply.
fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261121_000001_users::Migration),
        Box::new(m20261121_000002_books::Migration),
        Box::new(m20261121_000003_pricing::Migration),
        Box::new(m20261121_000004_executions::Migration),
        Box::new(m20261121_000005_idempotency::Migration),
        Box::new(m20261121_000006_roles::Migration),
        Box::new(m20261121_000007_contract_row_security::Migration),
        Box::new(m20261121_000008_series::Migration),
        Box::new(m20261121_000009_accounts::Migration),
        Box::new(m20261121_000010_threads::Migration),
        Box::new(m20261121_000011_recording::Migration),
        Box::new(m20261121_000012_restatements::Migration),
        Box::new(m20261121_000013_reconciliations::Migration),
        Box::new(m20261121_000014_pack_builds::Migration),
        Box::new(m20261121_000015_gains::Migration),
        Box::new(m20261121_000016_jobs::Migration),
        Box::new(m20261121_000017_tokens::Migration),
        Box::new(m20261121_000018_conversations::Migration),
        Box::new(m20261121_000019_approvals::Migration),
    ]
}
