//! Primary keys, and indexes behind foreign keys.

use super::{Broken, Rule};
use crate::lint::{
    read::{
        act::{ConstraintRule, NewIndex},
        not_null_parts,
    },
    schema::{Place, Table},
};

pub fn primary_key(name: &str, table: &Table, found: &mut Vec<Broken>) {
    if table.primary_key().is_none() {
        found.push(Broken::new(
            Rule::NoPrimaryKey,
            format!("{name} has no primary key"),
            "PRIMARY KEY (user_id, id) for a tenant's table, the natural key or (id) for a shared one",
        ));
    }
}

pub fn foreign_keys(name: &str, table: &Table, found: &mut Vec<(Place, Broken)>) {
    for constraint in &table.constraints {
        let ConstraintRule::ForeignKey { columns, .. } = &constraint.what.rule else {
            continue;
        };
        if !has_index(table, columns) {
            let list = columns.join(", ");
            let broken = Broken::new(
                Rule::ForeignKeyWithoutIndex,
                format!(
                    "the foreign key {} of {name} ({list}) has no index",
                    constraint.what.name
                ),
                format!("CREATE INDEX … ON {name} ({list})"),
            );
            found.push((constraint.made, broken));
        }
    }
}

fn has_index(table: &Table, key: &[String]) -> bool {
    let by_constraint = table
        .constraints
        .iter()
        .any(|constraint| match &constraint.what.rule {
            ConstraintRule::PrimaryKey(columns) | ConstraintRule::Unique(columns) => {
                let columns: Vec<_> = columns.iter().map(Some).collect();
                leads(&columns, key)
            }
            _ => false,
        });
    by_constraint
        || table.indexes.iter().any(|index| {
            let columns: Vec<_> = index.what.columns.iter().map(Option::as_ref).collect();
            index.what.finds_equal && leads(&columns, key) && covers(&index.what, key)
        })
}

/// Whether the first columns of an index are those of the key, in whatever order.
fn leads(columns: &[Option<&String>], key: &[String]) -> bool {
    columns
        .get(..key.len())
        .is_some_and(|first| key.iter().all(|column| first.contains(&Some(column))))
}

/// A partial index serves if it leaves out only rows whose key is null: those refer to nothing.
fn covers(index: &NewIndex, key: &[String]) -> bool {
    index.predicate.as_ref().is_none_or(|predicate| {
        let parts = not_null_parts(predicate);
        parts
            .iter()
            .all(|part| part.as_ref().is_some_and(|column| key.contains(column)))
    })
}
