//! Constraints and NOT NULL on tables that have rows.

use super::{Broken, Context, Rule};
use crate::lint::read::act::{Act, Change, Column, Constraint, ConstraintRule, Generated};

const NOT_VALID: &str = "add it NOT VALID, and VALIDATE CONSTRAINT in a later migration";

pub fn judge(act: &Act, context: &Context<'_>, found: &mut Vec<Broken>) {
    let Act::AlterTable { table, changes } = act else {
        return;
    };
    if !context.existing(table) {
        return;
    }
    for change in changes {
        match change {
            Change::AddConstraint {
                constraint,
                not_valid,
            } => {
                added(table, constraint, *not_valid, found);
                key_of_index(table, constraint, context, found);
            }
            Change::ValidateConstraint(name) => validated(table, name, changes, context, found),
            Change::AddColumn {
                column,
                constraints,
                ..
            } => new_column(table, column, constraints, found),
            Change::SetNotNull(column) => not_null(table, column, context, found),
            _ => {}
        }
    }
}

fn added(table: &str, constraint: &Constraint, not_valid: bool, found: &mut Vec<Broken>) {
    let name = &constraint.name;
    let (what, instead) = match &constraint.rule {
        ConstraintRule::UsingIndex { .. } => return,
        ConstraintRule::Check(_) | ConstraintRule::ForeignKey { .. } if not_valid => return,
        ConstraintRule::Check(_) => ("checks every row of", NOT_VALID),
        ConstraintRule::ForeignKey { .. } => ("looks up every row of", NOT_VALID),
        ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) => (
            "builds its index over",
            "CREATE UNIQUE INDEX CONCURRENTLY in a migration before, then ADD CONSTRAINT … USING \
             INDEX",
        ),
        ConstraintRule::Exclude => (
            "builds its index over",
            "make a new table with it and move the rows in batches: PostgreSQL has no way to add it \
             without the lock",
        ),
    };
    found.push(Broken::new(
        Rule::ConstraintBlocksWrites,
        format!("the constraint {name} {what} {table} while writes wait"),
        instead,
    ));
}

/// A primary key makes its columns NOT NULL, whoever built its index.
fn key_of_index(
    table: &str,
    constraint: &Constraint,
    context: &Context<'_>,
    found: &mut Vec<Broken>,
) {
    if let ConstraintRule::UsingIndex {
        index,
        primary: true,
    } = &constraint.rule
        && let Some((_, index)) = context.schema.index(index)
    {
        for column in index.what.columns.iter().flatten() {
            not_null(table, column, context, found);
        }
    }
}

fn validated(
    table: &str,
    name: &str,
    changes: &[Change],
    context: &Context<'_>,
    found: &mut Vec<Broken>,
) {
    let known = context.schema.tables.get(table).and_then(|table| {
        table
            .constraints
            .iter()
            .find(|constraint| constraint.what.name == name)
    });
    let here = changes.iter().any(|change| {
        matches!(change, Change::AddConstraint { constraint, .. } if constraint.name == name)
    });
    let same_transaction = known.is_some_and(|known| {
        known.made == context.at
            || (context.step.in_transaction && known.made.migration == context.at.migration)
    });
    if here || same_transaction {
        found.push(Broken::new(
            Rule::ConstraintBlocksWrites,
            format!(
                "{name} on {table} is validated in the transaction that adds it, whose lock is held \
                 meanwhile"
            ),
            "VALIDATE CONSTRAINT in a later migration",
        ));
    }
}

/// A foreign key on a new column without a default is not looked up: it is null everywhere.
fn new_column(table: &str, column: &Column, constraints: &[Constraint], found: &mut Vec<Broken>) {
    let name = &column.name;
    if column.not_null && column.default.is_none() && column.generated == Generated::No {
        found.push(Broken::new(
            Rule::NotNullScans,
            format!(
                "the column {table}.{name} is NOT NULL without a default: the rows that are there \
                 have no value, and older programs write none"
            ),
            "give it a constant default, or add it as nullable and fill it in batches",
        ));
    }
    for constraint in constraints {
        let is_foreign_key = matches!(constraint.rule, ConstraintRule::ForeignKey { .. });
        if !is_foreign_key || column.default.is_some() {
            added(table, constraint, false, found);
        }
    }
}

fn not_null(table: &str, column: &str, context: &Context<'_>, found: &mut Vec<Broken>) {
    let known = context.schema.tables.get(table);
    let already = known
        .and_then(|table| table.column(column))
        .is_some_and(|column| column.what.not_null);
    if already || known.is_some_and(|table| table.proves_not_null(column)) {
        return;
    }
    found.push(Broken::new(
        Rule::NotNullScans,
        format!("NOT NULL of {column} reads every row of {table} while reads and writes wait"),
        format!(
            "ADD CONSTRAINT … CHECK ({column} IS NOT NULL) NOT VALID, VALIDATE it in a later \
             migration, and SET NOT NULL after that"
        ),
    ));
}
