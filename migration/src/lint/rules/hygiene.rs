//! Statements that have no place in a migration.

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change};

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    let mut refuse =
        |rule, what: String, instead: &str| found.push(Broken::new(rule, what, instead));
    match act {
        Act::Lock { tables, mode } => refuse(
            Rule::ExplicitLock,
            format!(
                "LOCK TABLE holds {} in {mode} to the end of the migration",
                tables.join(", ")
            ),
            "let each statement take the lock that it needs",
        ),
        Act::Truncate { tables, .. } => {
            let existing: Vec<_> = tables
                .iter()
                .filter(|table| context.existing(table))
                .collect();
            for table in existing {
                refuse(
                    Rule::Truncates,
                    format!("TRUNCATE deletes all that programs wrote into {table}"),
                    "drop the table in a contracting migration, or delete in batches",
                );
            }
        }
        Act::Transaction => refuse(
            Rule::TransactionControl,
            "the migration begins or ends a transaction by itself".to_owned(),
            "say with `use_transaction` whether it runs in one",
        ),
        Act::Set { local: false } if context.step.in_transaction => refuse(
            Rule::SessionSetting,
            "SET without LOCAL outlives the migration".to_owned(),
            "SET LOCAL",
        ),
        Act::CreateTable(new) if new.from_query && !new.temporary => refuse(
            Rule::CreateAs,
            format!("{} is made from a query", new.name),
            "CREATE TABLE with its columns and keys, then fill it",
        ),
        _ => {}
    }
    for what in cascades(act) {
        refuse(
            Rule::Cascade,
            format!("CASCADE drops whatever else hangs on {what}"),
            "drop each thing by its name, in the order of their dependence",
        );
    }
    if context.step.in_transaction {
        for what in if_not_exists(act) {
            refuse(
                Rule::HidesDrift,
                format!("IF NOT EXISTS takes any {what} that is there for this one"),
                "leave it out: in a transaction nothing is left half-made",
            );
        }
    }
}

fn cascades(act: &Act) -> Vec<String> {
    match act {
        Act::Drop { names, cascade, .. } | Act::DropIndex { names, cascade, .. } if *cascade => {
            vec![names.join(", ")]
        }
        Act::Truncate {
            tables,
            cascade: true,
        } => vec![tables.join(", ")],
        Act::DropTrigger {
            table,
            cascade: true,
            ..
        } => vec![format!("a trigger of {table}")],
        Act::AlterTable { table, changes } => {
            let cascading = changes.iter().filter_map(|change| match change {
                Change::DropColumn {
                    column: name,
                    cascade: true,
                    ..
                }
                | Change::DropConstraint {
                    name,
                    cascade: true,
                    ..
                } => Some(format!("{table}.{name}")),
                _ => None,
            });
            cascading.collect()
        }
        _ => Vec::new(),
    }
}

fn if_not_exists(act: &Act) -> Vec<String> {
    match act {
        Act::CreateTable(new) if new.if_not_exists && !new.temporary => {
            vec![format!("table {}", new.name)]
        }
        Act::CreateIndex(index) if index.if_not_exists => {
            vec![format!(
                "index {} on {}",
                index.name.as_deref().unwrap_or_default(),
                index.table
            )]
        }
        Act::CreateView {
            name,
            if_not_exists: true,
            ..
        } => vec![format!("view {name}")],
        Act::AlterTable { table, changes } => {
            let added = changes.iter().filter_map(|change| match change {
                Change::AddColumn {
                    column,
                    if_not_exists: true,
                    ..
                } => Some(format!("column {table}.{}", column.name)),
                _ => None,
            });
            added.collect()
        }
        _ => Vec::new(),
    }
}
