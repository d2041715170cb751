//! The statements in which the engines differ: PostgreSQL takes many rows as one JSON value and answers in one
//! round trip; SQLite, which has none to save, takes them one by one.

mod postgres;
mod sqlite;

use chrono::{DateTime, Utc};
use db::{ConnectionTrait, Tx};
use entity::{
    values::{JobId, ThreadId},
    workflow::job::Model,
};
use sea_orm::{DbBackend, FromQueryResult};

use super::{
    change::Change,
    claim::{Candidate, Wanted},
};
use crate::Error;

/// Writes jobs that are new, with their first events.
pub async fn insert(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::insert(tx, now, changes).await,
        _ => sqlite::insert(tx, now, changes).await,
    }
}

/// Writes jobs that have changed, with their events.
pub async fn write(tx: &Tx, now: DateTime<Utc>, changes: &[Change]) -> Result<(), Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::write(tx, now, changes).await,
        _ => sqlite::write(tx, now, changes).await,
    }
}

/// Jobs that may be the next of their threads, whose queues nobody else has locked; they are locked now.
pub async fn lock_candidates(tx: &Tx, wanted: &Wanted<'_>) -> Result<Vec<Candidate>, Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::lock_candidates(tx, wanted).await,
        _ => sqlite::candidates(tx, wanted).await,
    }
}

#[derive(Debug, FromQueryResult)]
struct Taken {
    taken: i64,
}

/// For each new job, how many of its thread run, or stand before it with the same priority; of the latter 100
/// are counted.
pub async fn taken(tx: &Tx, new: &[Change]) -> Result<Vec<i64>, Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::taken(tx, new).await,
        _ => sqlite::taken(tx, new).await,
    }
}

/// The jobs of `threads` that may start now, in their order: those that are due, as many as have room.
pub async fn heads(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<Vec<Model>, Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::heads(tx, now, threads).await,
        _ => sqlite::heads(tx, now, threads).await,
    }
}

/// Marks the jobs of `threads` that may be next: of each priority the first, as many as have room. Which of them
/// is next depends on when that is asked. Answers whether any was marked that is due.
pub async fn promote(tx: &Tx, now: DateTime<Utc>, threads: &[ThreadId]) -> Result<bool, Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::promote(tx, now, threads).await,
        _ => sqlite::promote(tx, now, threads).await,
    }
}

/// Takes away the mark of jobs that are not next after all.
pub async fn unmark(tx: &Tx, jobs: &[JobId]) -> Result<(), Error> {
    match tx.get_database_backend() {
        DbBackend::Postgres => postgres::unmark(tx, jobs).await,
        _ => sqlite::unmark(tx, jobs).await,
    }
}
