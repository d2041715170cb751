//! Connections to the two engines, and the one way to do a unit of work on them.
//!
//! - [`Database::read`]: several statements that see one snapshot.
//! - [`Database::write`]: a transaction that commits when its work succeeds.
//! - [`Database::reader`]: one statement, no transaction.
//!
//! A unit of work runs in a task of its own: a request that is dropped half-way neither interrupts
//! it nor leaves its transaction open on a connection that others will use.

mod address;
mod connect;
mod error;
mod health;
mod insert;
pub mod page;
mod settings;
mod work;

pub use address::{
    Address, AddressError, Host, Parts, PostgresAddress, SqliteAddress, SqliteMode, SslMode,
};
pub use connect::{Database, Engine};
pub use error::{ConnectError, Error};
pub use health::{Connectivity, PoolStatus};
pub use insert::insert_all;
pub use settings::{Settings, Synchronous};
pub use work::Tx;

pub use sea_orm::{ConnectionTrait, DbErr};
