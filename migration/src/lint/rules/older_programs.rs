//! What the older program, which still runs, would trip over.

use super::{Broken, Context, Rule};
use crate::lint::read::{
    act::{Act, Change, Constraint, ConstraintRule, Grant, GrantedOn, NewIndex, Thing},
    words_of,
};

const EXPAND_FIRST: &str = "release the program that does without it first, then do this in a later \
    migration that is named m…_contract_…";
const TIGHTEN_LATER: &str = "release the program that keeps to it first, then do this in a later \
    migration that is named m…_contract_…";

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    match act {
        Act::AlterTable { table, changes } if context.existing(table) => {
            for change in changes {
                altered(table, change, context, found);
            }
        }
        Act::Drop { thing, names, .. } => {
            for name in names.iter().filter(|name| in_use(*thing, name, context)) {
                gone(
                    &format!("{} {name} is dropped", thing.word()),
                    name,
                    context,
                    found,
                );
            }
        }
        Act::Rename { thing, from, .. }
            if *thing != Thing::Index && in_use(*thing, from, context) =>
        {
            gone(
                &format!("{} {from} is renamed", thing.word()),
                from,
                context,
                found,
            );
        }
        Act::CreateIndex(index) if index.unique => unique_index(index, context, found),
        Act::Revoke(grant) => revoked(grant, context, found),
        _ => {}
    }
}

fn in_use(thing: Thing, name: &str, context: &Context<'_>) -> bool {
    match thing {
        Thing::Table => context.existing(name),
        other => {
            let made = context.schema.thing(other, name);
            made.is_none_or(|made| made.migration < context.at.migration)
        }
    }
}

/// A drop or a rename: for a contracting migration, whose other half has been released before.
fn gone(what: &str, table: &str, context: &Context<'_>, found: &mut Vec<Broken>) {
    if !context.contracting() {
        found.push(Broken::new(
            Rule::BreaksOlderPrograms,
            format!("{what}, which the older program may still ask for"),
            EXPAND_FIRST,
        ));
    } else if context.told.creates_tables || context.told.expanded.iter().any(|name| name == table)
    {
        found.push(Broken::new(
            Rule::BreaksOlderPrograms,
            format!("{what} in the migration that makes what takes its place"),
            "put the new table or column into an earlier migration, and release a program that \
             uses it in between",
        ));
    }
}

fn altered(table: &str, change: &Change, context: &Context<'_>, found: &mut Vec<Broken>) {
    match change {
        Change::SetType { column, .. } if context.existing_column(table, column) => {
            found.push(Broken::new(
                Rule::BreaksOlderPrograms,
                format!("the type of {table}.{column} changes under the older program, and the \
                         table may be written anew under the lock"),
                "add a new column of the new type, write both, fill it in batches, and drop the old \
                 one in a later migration that is named m…_contract_…",
            ));
        }
        Change::DropColumn { column, .. } if context.existing_column(table, column) => {
            gone(
                &format!("the column {table}.{column} is dropped"),
                table,
                context,
                found,
            );
        }
        Change::RenameColumn { from, .. } if context.existing_column(table, from) => {
            gone(
                &format!("the column {table}.{from} is renamed"),
                table,
                context,
                found,
            );
        }
        Change::RenameTable(_) => {
            gone(
                &format!("the table {table} is renamed"),
                table,
                context,
                found,
            );
        }
        Change::SetNotNull(column) if context.existing_column(table, column) => {
            let known = context.schema.column(table, column);
            if known.is_none_or(|column| !column.what.not_null) {
                tightened(
                    &format!("{table}.{column} becomes NOT NULL"),
                    context,
                    found,
                );
            }
        }
        Change::DropDefault(column) if context.existing_column(table, column) => {
            let known = context.schema.column(table, column);
            if known.is_none_or(|column| column.what.not_null) {
                tightened(
                    &format!("{table}.{column} loses its default"),
                    context,
                    found,
                );
            }
        }
        Change::AddConstraint { constraint, .. } if restricts(table, constraint, context) => {
            let what = format!(
                "the constraint {} is new on columns of {table} that are in use",
                constraint.name
            );
            tightened(&what, context, found);
        }
        Change::ForceRowSecurity(true) => {
            let what = format!("row security hides rows of {table} from its owner");
            tightened(&what, context, found);
        }
        Change::RowSecurity(true) => {
            tightened(
                &format!("row security hides rows of {table}"),
                context,
                found,
            );
        }
        _ => {}
    }
}

/// Whether a constraint is about columns that the older program writes.
fn restricts(table: &str, constraint: &Constraint, context: &Context<'_>) -> bool {
    let known = |column: &String| context.existing_column(table, column);
    match &constraint.rule {
        ConstraintRule::UsingIndex { .. } => false,
        ConstraintRule::PrimaryKey(columns)
        | ConstraintRule::Unique(columns)
        | ConstraintRule::ForeignKey { columns, .. } => columns.iter().all(known),
        ConstraintRule::Exclude => true,
        ConstraintRule::Check(check) => {
            let words = words_of(check);
            let columns = context.schema.tables.get(table).map(|table| &table.columns);
            let named: Vec<_> = columns
                .into_iter()
                .flatten()
                .filter(|column| words.contains(&column.what.name))
                .collect();
            let new = |made: usize| made == context.at.migration;
            !named.iter().any(|column| new(column.made.migration))
        }
    }
}

fn unique_index(index: &NewIndex, context: &Context<'_>, found: &mut Vec<Broken>) {
    let mut columns = index.columns.iter().flatten();
    if context.existing(&index.table)
        && columns.all(|column| context.existing_column(&index.table, column))
    {
        let name = index.name.as_deref().unwrap_or("without a name");
        let what = format!(
            "the unique index {name} is new on columns of {} that are in use",
            index.table
        );
        tightened(&what, context, found);
    }
}

fn revoked(grant: &Grant, context: &Context<'_>, found: &mut Vec<Broken>) {
    let GrantedOn::Tables(tables) = &grant.on else {
        return;
    };
    for table in tables.iter().filter(|table| context.existing(table)) {
        let held = context.schema.tables.get(table).map(|table| &table.grants);
        for role in &grant.roles {
            if held
                .and_then(|held| held.get(role))
                .is_some_and(|rights| !rights.is_empty())
            {
                tightened(&format!("{role} loses rights on {table}"), context, found);
            }
        }
    }
}

fn tightened(what: &str, context: &Context<'_>, found: &mut Vec<Broken>) {
    if !context.contracting() {
        found.push(Broken::new(
            Rule::BreaksOlderPrograms,
            format!("{what}, which the older program does not know"),
            TIGHTEN_LATER,
        ));
    }
}
