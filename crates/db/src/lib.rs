//! Connections to the two engines, and the one way to do a unit of work on them.
//!
//! - [`Database::read`]: several statements that see one snapshot.
//! - [`Database::write`]: a transaction that commits when its work succeeds.
//! - [`Database::reader`]: one statement, no transaction.
//!
//! What is sent there is written with the helpers of [`query`], or with sea-orm's own.
//!
//! A connection is lent to one unit of work at a time and lent again only if that ended between
//! statements and outside of a transaction. Any other is closed: a dropped future, a broken
//! protocol or a forgotten transaction cannot reach the next one.

mod address;
mod alarm;
mod autocommit;
mod board;
mod collector;
mod connection;
mod database;
mod engine;
mod error;
mod fingerprint;
mod health;
pub mod hints;
mod maker;
mod observe;
pub mod page;
mod pool;
mod pool_metrics;
mod position;
mod postgres;
mod priority;
pub mod query;
mod reader;
mod refusal;
mod schema;
mod server;
mod session;
mod settings;
mod single;
mod sqlite;
pub mod survey;
mod tidy;
mod transaction;
mod work;

pub use address::{
    Address, AddressError, Host, Parts, PostgresAddress, SqliteAddress, SqliteMode, SslMode,
};
pub use collector::DatabaseCollector;
pub use database::Database;
pub use engine::Engine;
pub use error::{ConnectError, Error};
pub use fingerprint::Fingerprint;
pub use health::{Connectivity, ReplicaState, ReplicaStatus};
pub use pool::PoolStatus;
pub use position::{NotAPosition, Position};
pub use priority::Priority;
pub use reader::Reader;
pub use session::Reads;
pub use settings::{Settings, Synchronous};
pub use transaction::Tx;

pub use sea_orm::{ConnectionTrait, DbErr};
