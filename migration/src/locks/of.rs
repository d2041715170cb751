//! From acts to locks.

use super::{Lock, Mode, UNKNOWN};
use crate::lint::read::{
    act::{Act, Change, Constraint, ConstraintRule, NewTable, Thing},
    read,
};

pub fn statement(text: &str) -> Vec<Lock> {
    let acts = read(text).into_iter();
    acts.flat_map(|acts| match acts {
        Ok(acts) => acts.iter().flat_map(act).collect(),
        Err(_) => vec![lock(UNKNOWN, Mode::AccessExclusive)],
    })
    .collect()
}

/// Tables and indexes that these statements make.
pub fn made(statements: &[String]) -> Vec<String> {
    let acts = statements
        .iter()
        .flat_map(|text| read(text))
        .flatten()
        .flatten();
    let names = acts.flat_map(|act| match act {
        Act::CreateTable(new) => vec![new.name],
        Act::CreateView { name, .. } => vec![name],
        Act::CreateIndex(index) => index
            .name
            .as_deref()
            .map(table_of_index)
            .into_iter()
            .collect(),
        Act::AlterTable { changes, .. } => {
            let renamed = changes.into_iter().filter_map(|change| match change {
                Change::RenameTable(to) => Some(to),
                _ => None,
            });
            renamed.collect()
        }
        _ => Vec::new(),
    });
    names.collect()
}

fn lock(table: &str, mode: Mode) -> Lock {
    Lock {
        table: table.to_owned(),
        mode,
    }
}

fn locks(tables: &[String], mode: Mode) -> Vec<Lock> {
    tables.iter().map(|table| lock(table, mode)).collect()
}

/// An index's own statement does not name the table that it locks.
fn table_of_index(index: &str) -> String {
    format!("(the table of the index {index})")
}

fn act(act: &Act) -> Vec<Lock> {
    match act {
        Act::CreateTable(new) => created(new),
        Act::AlterTable { table, changes } => altered(table, changes),
        Act::CreateIndex(index) => {
            let mode = if index.concurrently {
                Mode::ShareUpdateExclusive
            } else {
                Mode::Share
            };
            vec![lock(&index.table, mode)]
        }
        Act::DropIndex {
            names,
            concurrently,
            ..
        } => {
            let mode = if *concurrently {
                Mode::ShareUpdateExclusive
            } else {
                Mode::AccessExclusive
            };
            names
                .iter()
                .map(|name| lock(&table_of_index(name), mode))
                .collect()
        }
        Act::Drop {
            thing: Thing::Table | Thing::View | Thing::MaterializedView,
            names,
            ..
        } => locks(names, Mode::AccessExclusive),
        Act::Rename {
            thing: Thing::View | Thing::MaterializedView,
            from,
            ..
        } => vec![lock(from, Mode::AccessExclusive)],
        Act::CreateView {
            name,
            replace,
            reads,
            ..
        } => {
            let mut locks = locks(reads, Mode::AccessShare);
            locks.extend(replace.then(|| lock(name, Mode::AccessExclusive)));
            locks
        }
        Act::RefreshView { name, concurrently } => {
            let mode = if *concurrently {
                Mode::Exclusive
            } else {
                Mode::AccessExclusive
            };
            vec![lock(name, mode)]
        }
        Act::CreatePolicy { table, .. }
        | Act::AlterPolicy { table, .. }
        | Act::DropPolicy { table, .. }
        | Act::DropTrigger { table, .. }
        | Act::Cluster { table } => vec![lock(table, Mode::AccessExclusive)],
        Act::CreateTrigger { table, .. } => vec![lock(table, Mode::ShareRowExclusive)],
        other => of_rows(other),
    }
}

/// Statements over rows, and upkeep.
fn of_rows(act: &Act) -> Vec<Lock> {
    match act {
        Act::Write(write) => {
            let mut locks = locks(&write.reads, Mode::AccessShare);
            locks.push(lock(&write.table, Mode::RowExclusive));
            locks
        }
        Act::Query { reads, locks_rows } => locks(
            reads,
            if *locks_rows {
                Mode::RowShare
            } else {
                Mode::AccessShare
            },
        ),
        Act::Lock { tables, mode } => {
            let known = Mode::ALL.into_iter().find(|known| known.name() == mode);
            locks(tables, known.unwrap_or(Mode::AccessExclusive))
        }
        Act::Truncate { tables, .. } | Act::Vacuum { tables, full: true } => {
            locks(tables, Mode::AccessExclusive)
        }
        Act::Vacuum { tables, .. } | Act::Analyze { tables } => {
            locks(tables, Mode::ShareUpdateExclusive)
        }
        Act::Reindex {
            name,
            index,
            concurrently,
        } => {
            let mode = if *concurrently {
                Mode::ShareUpdateExclusive
            } else {
                Mode::Share
            };
            let table = if *index {
                table_of_index(name)
            } else {
                name.clone()
            };
            vec![lock(&table, mode)]
        }
        Act::Comment {
            table: Some(table),
            part,
        } => {
            let mode = if *part {
                Mode::AccessShare
            } else {
                Mode::ShareUpdateExclusive
            };
            vec![lock(table, mode)]
        }
        // Rights are rows of the catalogue: PostgreSQL locks no table for them.
        _ => Vec::new(),
    }
}
fn created(new: &NewTable) -> Vec<Lock> {
    let mut found = locks(&new.reads, Mode::AccessShare);
    found.extend(new.like.iter().map(|table| lock(table, Mode::AccessShare)));
    found.extend(locks(&new.inherits, Mode::ShareUpdateExclusive));
    found.extend(
        new.partition_of
            .iter()
            .map(|table| lock(table, Mode::AccessExclusive)),
    );
    let referred = new.constraints.iter().filter_map(referred);
    found.extend(
        referred
            .filter(|other| *other != new.name)
            .map(|other| lock(other, Mode::ShareRowExclusive)),
    );
    found
}

fn referred(constraint: &Constraint) -> Option<&str> {
    match &constraint.rule {
        ConstraintRule::ForeignKey { table, .. } => Some(table),
        _ => None,
    }
}

fn altered(table: &str, changes: &[Change]) -> Vec<Lock> {
    let mut found = Vec::new();
    for change in changes {
        let mode = match change {
            Change::AddConstraint { constraint, .. } => {
                let other = referred(constraint);
                found.extend(other.map(|other| lock(other, Mode::ShareRowExclusive)));
                if other.is_some() {
                    Mode::ShareRowExclusive
                } else {
                    Mode::AccessExclusive
                }
            }
            Change::AddColumn { constraints, .. } => {
                let others = constraints.iter().filter_map(referred);
                found.extend(others.map(|other| lock(other, Mode::ShareRowExclusive)));
                Mode::AccessExclusive
            }
            Change::SwitchTrigger => Mode::ShareRowExclusive,
            Change::ValidateConstraint(_) | Change::Tune => Mode::ShareUpdateExclusive,
            Change::AttachPartition(partition) => {
                found.push(lock(partition, Mode::AccessExclusive));
                Mode::ShareUpdateExclusive
            }
            Change::DetachPartition {
                partition,
                concurrently,
            } => {
                found.push(lock(partition, Mode::AccessExclusive));
                if *concurrently {
                    Mode::ShareUpdateExclusive
                } else {
                    Mode::AccessExclusive
                }
            }
            _ => Mode::AccessExclusive,
        };
        found.push(lock(table, mode));
    }
    found
}
