//! What a database URL says, read once and strictly: nothing in it is passed over, and nothing
//! beside it (variables of other programs, files in a home folder) adds to it.

mod error;
mod host;
mod parameters;
mod parts;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;
mod text;
mod tls;

use std::fmt;

pub use error::AddressError;
pub use host::Host;
pub use parts::Parts;
pub use postgres::PostgresAddress;
pub use sqlite::{SqliteAddress, SqliteMode};
pub use tls::SslMode;

use crate::Engine;

/// A database's address. It may hold a password, which neither `Debug` nor `Display` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Sqlite(SqliteAddress),
    Postgres(PostgresAddress),
}

impl Address {
    /// Reads `sqlite:…`, `postgres://…` or `postgresql://…`. No error quotes a secret.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = url.split_once(':').ok_or(AddressError::UnknownScheme)?;
        match scheme {
            "sqlite" => SqliteAddress::parse(rest).map(Self::Sqlite),
            "postgres" | "postgresql" => PostgresAddress::parse(rest).map(Self::Postgres),
            _ => Err(AddressError::UnknownScheme),
        }
    }

    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    pub fn postgres(&self) -> Option<&PostgresAddress> {
        match self {
            Self::Postgres(address) => Some(address),
            Self::Sqlite(_) => None,
        }
    }

    pub fn sqlite(&self) -> Option<&SqliteAddress> {
        match self {
            Self::Sqlite(address) => Some(address),
            Self::Postgres(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(address) => address.fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}
