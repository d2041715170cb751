//! How ALTER TABLE changes what is known of a table.

use super::{
    read::act::{Change, Column, Constraint, ConstraintRule, Policy, PolicyChange},
    schema::{Known, KnownConstraint, Place, Table},
};

pub fn alter(table: &mut Table, change: &Change, at: Place) {
    match change {
        Change::AddColumn {
            column,
            constraints,
            if_not_exists,
        } => {
            if *if_not_exists && table.column(&column.name).is_some() {
                return;
            }
            let what = column.clone();
            table.columns.push(Known { made: at, what });
            for constraint in constraints {
                add_constraint(table, constraint, true, at);
            }
        }
        Change::DropColumn { column, .. } => drop_column(table, column),
        Change::AddConstraint {
            constraint,
            not_valid,
        } => add_constraint(table, constraint, !not_valid, at),
        Change::ValidateConstraint(name) => {
            for constraint in table
                .constraints
                .iter_mut()
                .filter(|known| known.what.name == *name)
            {
                constraint.validated = true;
            }
        }
        Change::DropConstraint { name, .. } => {
            table.constraints.retain(|known| known.what.name != *name);
        }
        Change::RenameConstraint { from, to } => {
            for known in table
                .constraints
                .iter_mut()
                .filter(|known| known.what.name == *from)
            {
                known.what.name.clone_from(to);
            }
        }
        Change::SetNotNull(name) => set_column(table, name, |column| column.not_null = true),
        Change::DropNotNull(name) => set_column(table, name, |column| column.not_null = false),
        Change::DropDefault(name) => set_column(table, name, |column| column.default = None),
        Change::SetType { column, kind } => {
            set_column(table, column, |column| column.kind.clone_from(kind));
        }
        Change::RowSecurity(on) => table.row_security = *on,
        Change::ForceRowSecurity(on) => table.forced = *on,
        _ => {}
    }
}

fn set_column(table: &mut Table, name: &str, set: impl Fn(&mut Column)) {
    for column in table
        .columns
        .iter_mut()
        .filter(|column| column.what.name == name)
    {
        set(&mut column.what);
    }
}

/// With the indexes, keys and constraints that the column is part of.
fn drop_column(table: &mut Table, name: &str) {
    let names = |columns: &[String]| columns.iter().any(|column| column == name);
    table.columns.retain(|column| column.what.name != name);
    table.indexes.retain(|index| {
        !index
            .what
            .columns
            .iter()
            .flatten()
            .any(|column| column == name)
    });
    table.constraints.retain(|known| match &known.what.rule {
        ConstraintRule::PrimaryKey(columns)
        | ConstraintRule::Unique(columns)
        | ConstraintRule::ForeignKey { columns, .. } => !names(columns),
        _ => true,
    });
}

pub fn add_constraint(table: &mut Table, constraint: &Constraint, validated: bool, at: Place) {
    let mut what = constraint.clone();
    if let ConstraintRule::UsingIndex { index, primary } = &what.rule {
        let taken = table
            .indexes
            .iter()
            .find(|known| known.what.name.as_ref() == Some(index));
        let columns = taken.map_or_else(Vec::new, |known| {
            known.what.columns.iter().flatten().cloned().collect()
        });
        what.rule = if *primary {
            ConstraintRule::PrimaryKey(columns)
        } else {
            ConstraintRule::Unique(columns)
        };
    }
    if let ConstraintRule::PrimaryKey(columns) = &what.rule {
        for name in columns {
            set_column(table, name, |column| column.not_null = true);
        }
    }
    table.constraints.push(KnownConstraint {
        made: at,
        what,
        validated,
    });
}

pub fn change_policy(policy: &mut Policy, change: &PolicyChange) {
    match change {
        PolicyChange::Rename(to) => policy.name.clone_from(to),
        PolicyChange::Apply {
            to,
            using,
            with_check,
        } => {
            if let Some(to) = to {
                policy.to.clone_from(to);
            }
            if using.is_some() {
                policy.using.clone_from(using);
            }
            if with_check.is_some() {
                policy.with_check.clone_from(with_check);
            }
        }
    }
}
