//! What the migrations have made so far.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{
    act::{Column, Constraint, ConstraintRule, NewIndex, Policy, Thing},
    not_null_parts,
};

/// Which statement of which migration, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub migration: usize,
    pub statement: usize,
}

#[derive(Debug, Default)]
pub struct Schema {
    pub tables: BTreeMap<String, Table>,
    /// Views, functions, types and the like that the migrations renamed or made.
    pub things: BTreeMap<(u8, String), Place>,
}

#[derive(Debug)]
pub struct Table {
    pub made: Place,
    pub temporary: bool,
    pub columns: Vec<Known<Column>>,
    pub constraints: Vec<KnownConstraint>,
    pub indexes: Vec<Known<NewIndex>>,
    pub policies: Vec<Policy>,
    pub row_security: bool,
    pub forced: bool,
    pub grants: BTreeMap<String, BTreeSet<String>>,
    pub partitioned: bool,
    pub partition_of: Option<String>,
}

#[derive(Debug)]
pub struct Known<T> {
    pub made: Place,
    pub what: T,
}

#[derive(Debug)]
pub struct KnownConstraint {
    pub made: Place,
    pub what: Constraint,
    pub validated: bool,
}

impl Schema {
    pub fn column(&self, table: &str, column: &str) -> Option<&Known<Column>> {
        self.tables.get(table)?.column(column)
    }

    /// The table that an index belongs to, and the index.
    pub fn index(&self, name: &str) -> Option<(&str, &Known<NewIndex>)> {
        self.tables.iter().find_map(|(table, known)| {
            let index = known
                .indexes
                .iter()
                .find(|index| index.what.name.as_deref() == Some(name));
            index.map(|index| (table.as_str(), index))
        })
    }

    pub fn thing(&self, thing: Thing, name: &str) -> Option<Place> {
        self.things.get(&(thing as u8, name.to_owned())).copied()
    }
}

impl Table {
    pub fn new(made: Place) -> Self {
        Self {
            made,
            temporary: false,
            columns: Vec::new(),
            constraints: Vec::new(),
            indexes: Vec::new(),
            policies: Vec::new(),
            row_security: false,
            forced: false,
            grants: BTreeMap::new(),
            partitioned: false,
            partition_of: None,
        }
    }

    pub fn column(&self, name: &str) -> Option<&Known<Column>> {
        self.columns.iter().find(|column| column.what.name == name)
    }

    /// A table whose rows belong to one user each.
    pub fn is_tenant(&self) -> bool {
        self.column("user_id").is_some()
    }

    pub fn primary_key(&self) -> Option<&[String]> {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.what.rule {
                ConstraintRule::PrimaryKey(columns) => Some(columns.as_slice()),
                _ => None,
            })
    }

    /// Whether a validated check says that the column is never null.
    pub fn proves_not_null(&self, column: &str) -> bool {
        self.constraints
            .iter()
            .any(|constraint| match &constraint.what.rule {
                ConstraintRule::Check(check) if constraint.validated => not_null_parts(check)
                    .iter()
                    .any(|part| part.as_deref() == Some(column)),
                _ => false,
            })
    }
}
