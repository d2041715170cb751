//! Statements on either engine: fetching typed rows, writing many at once, loading in bulk.
//!
//! A statement is one of sea-query's, which an entity's `find`, `insert` or `update_many` also
//! yields (`as_query`), or SQL text with values ([`sql`]). Identifiers come from entities, or stand
//! in text that was written into the program; no function here takes one as a string.
//!
//! Each function takes a [`Database`](crate::Database), its [`Reader`](crate::Reader) or an open
//! [`Tx`](crate::Tx), as far as it reads or writes.

mod copy;
mod execute;
mod fetch;
mod limits;
mod many;
mod select;
mod statement;
mod transaction;
mod upsert;

pub use copy::{copy_in, copy_models};
pub use execute::{execute, execute_returning};
pub use fetch::{fetch_all, fetch_one, fetch_optional, fetch_stream, fetch_value};
pub use many::{execute_many, execute_many_returning};
pub use select::{count, date_range, latest_by_date};
pub use statement::{Sql, sql};
pub use transaction::transaction;
pub use upsert::{batch_upsert, upsert};
