//! Which locks a statement takes, told from its text.
//!
//! After PostgreSQL's documentation, "Explicit Locking" and the page of each statement. What the
//! text does not say is not told: the table on the other side of a foreign key that is dropped or
//! asked, what a trigger writes, and the partitions that lie below a table.

mod of;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::lint::Step;

/// A lock on a table, which lasts to the end of the transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lock {
    pub table: String,
    pub mode: Mode,
}

impl fmt::Display for Lock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} on {} blocks {}",
            self.mode,
            self.table,
            self.mode.blocks()
        )
    }
}

/// In place of a table: the statement could not be read, so that the strongest lock is assumed.
pub const UNKNOWN: &str = "(unknown)";

/// PostgreSQL's modes, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl Mode {
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As LOCK TABLE writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// What a program that serves meanwhile cannot do.
    pub const fn blocks(self) -> &'static str {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive => "nothing",
            Self::ShareUpdateExclusive => "other schema changes",
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => "writes",
            Self::AccessExclusive => "reads and writes",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The locks of one statement, the strongest for each table, by the tables' names.
pub fn of(statement: &str) -> Vec<Lock> {
    strongest(of::statement(statement))
}

/// The locks of a migration on the tables that are there before it, the strongest for each.
pub fn of_migration(step: &Step<'_>, existing: &[&str]) -> Vec<Lock> {
    let all = step
        .statements
        .iter()
        .flat_map(|statement| of::statement(statement));
    let made = of::made(step.statements);
    strongest(
        all.filter(|lock| !made.contains(&lock.table) || existing.contains(&lock.table.as_str())),
    )
}

/// The tables, views and indexes that a migration makes.
pub fn made_by(step: &Step<'_>) -> Vec<String> {
    of::made(step.statements)
}

fn strongest(locks: impl IntoIterator<Item = Lock>) -> Vec<Lock> {
    let mut locks: Vec<Lock> = locks.into_iter().collect();
    locks.sort();
    let mut kept: Vec<Lock> = Vec::new();
    for lock in locks {
        match kept.last_mut().filter(|last| last.table == lock.table) {
            Some(last) => *last = lock,
            None => kept.push(lock),
        }
    }
    kept
}
