use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::classify::{LOCKED_ADVICE, READ_ONLY_ADVICE, is_busy, sqlite_code};
use crate::address::{AddressError, Host, PostgresAddress};

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("the database's address cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error(
        "the remote PostgreSQL server {host} could be impersonated; write sslmode=verify-full, and \
         sslrootcert=FILE where its authority is one of your own"
    )]
    UnverifiedServer { host: Host },
    #[error("replicas, and an address past a pooler, are PostgreSQL's: write postgres://…")]
    ReplicaOfFile,
    #[error("the folder {} cannot be made: {source}; make it, or point DATABASE_URL elsewhere", path.display())]
    Folder {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}", sqlite_advice(path, source))]
    Sqlite { path: PathBuf, source: sqlx::Error },
    #[error(
        "PostgreSQL at {host} (database `{database}`) cannot be used: {source}; check that it \
         runs, and the address, name and password in DATABASE_URL"
    )]
    Postgres {
        /// All of them, where there are several.
        host: String,
        database: String,
        source: Arc<sqlx::Error>,
    },
    #[error("a metric of the database cannot be made: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl ConnectError {
    pub(crate) fn sqlite(path: &Path, source: sqlx::Error) -> Self {
        Self::Sqlite {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn postgres(address: &PostgresAddress, source: Arc<sqlx::Error>) -> Self {
        let hosts: Vec<_> = address.hosts().iter().map(ToString::to_string).collect();
        Self::Postgres {
            host: hosts.join(", "),
            database: address.database().unwrap_or("(the user's own)").to_owned(),
            source,
        }
    }
}

fn sqlite_advice(path: &Path, source: &sqlx::Error) -> String {
    let file = path.display();
    match sqlite_code(source) {
        Some(code) if is_busy(code) => format!("the database {file} is {LOCKED_ADVICE}"),
        Some(code) if code & 0xff == 8 => format!("the database {file} is {READ_ONLY_ADVICE}"),
        Some(26) => format!("{file} is not an SQLite database; point DATABASE_URL at another file"),
        _ => format!(
            "the database {file} cannot be opened: {source}; check that the folder exists and may \
             be written to"
        ),
    }
}
