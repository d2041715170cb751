//! Indexes on tables in use.

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change, NewIndex};

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    match act {
        Act::CreateIndex(index) => {
            create(index, context, found);
            outside_transaction(index.concurrently, "CREATE INDEX", context, found);
        }
        Act::DropIndex {
            names,
            concurrently,
            ..
        } => {
            if !concurrently {
                drop_blocking(names, context, found);
            }
            outside_transaction(*concurrently, "DROP INDEX", context, found);
        }
        Act::Reindex {
            name, concurrently, ..
        } => {
            if !concurrently {
                found.push(Broken::new(
                    Rule::IndexBlocksWrites,
                    format!("REINDEX of {name} blocks its writes until it is done"),
                    "REINDEX … CONCURRENTLY, in a migration without a transaction",
                ));
            }
            outside_transaction(*concurrently, "REINDEX", context, found);
        }
        Act::AlterTable { changes, .. } => {
            let concurrently = changes.iter().any(|change| {
                matches!(
                    change,
                    Change::DetachPartition {
                        concurrently: true,
                        ..
                    }
                )
            });
            outside_transaction(concurrently, "DETACH PARTITION", context, found);
        }
        _ => {}
    }
}

fn create(index: &NewIndex, context: &Context<'_>, found: &mut Vec<Broken>) {
    let table = &index.table;
    let name = index.name.as_deref().unwrap_or("a nameless index");
    let partitioned = context
        .schema
        .tables
        .get(table)
        .is_some_and(|table| table.partitioned);
    if context.existing(table) && !index.only && (partitioned || !index.concurrently) {
        let instead = if partitioned {
            "CREATE INDEX … ON ONLY, CONCURRENTLY on each partition, then ALTER INDEX … ATTACH \
             PARTITION: CONCURRENTLY does not work on a partitioned table"
        } else {
            "CREATE INDEX CONCURRENTLY, alone in a migration without a transaction"
        };
        found.push(Broken::new(
            Rule::IndexBlocksWrites,
            format!("building {name} blocks the writes of {table} until it is done"),
            instead,
        ));
    }
    if index.concurrently && index.if_not_exists {
        let dropped = context
            .told
            .dropped_indexes
            .iter()
            .any(|dropped| dropped == name);
        if !dropped {
            found.push(Broken::new(
                Rule::InvalidIndex,
                format!("IF NOT EXISTS passes over {name} on {table} when an earlier build failed"),
                format!("DROP INDEX CONCURRENTLY IF EXISTS {name} before it"),
            ));
        }
    }
}

fn drop_blocking(names: &[String], context: &Context<'_>, found: &mut Vec<Broken>) {
    for name in names {
        let table = match context.schema.index(name) {
            Some((table, _)) if !context.existing(table) => continue,
            Some((table, _)) => table,
            None => "its table",
        };
        found.push(Broken::new(
            Rule::IndexBlocksWrites,
            format!(
                "dropping {name} waits for everything that uses {table} and blocks it meanwhile"
            ),
            "DROP INDEX CONCURRENTLY, alone in a migration without a transaction",
        ));
    }
}

fn outside_transaction(
    concurrently: bool,
    what: &str,
    context: &Context<'_>,
    found: &mut Vec<Broken>,
) {
    if concurrently && (context.step.in_transaction || !context.alone_in_text) {
        found.push(Broken::new(
            Rule::ConcurrentlyInTransaction,
            format!("{what} CONCURRENTLY would run inside a transaction"),
            "let it run as one statement of a migration with `use_transaction` false",
        ));
    }
}
