//! How a database's schema differs from the one that the migrations make, and what to do about it.

mod difference;
mod entities;
mod expected;
mod fix;
mod partitions;
mod renamed;

use std::collections::BTreeSet;

pub use difference::{Difference, Fix, What};
pub use entities::{EntityColumn, EntityTable, ValueKind, from_entities};
pub use expected::{apply, expected};

use crate::catalogue::{Catalogue, Key, Kind, Object, Parts};

/// Every difference between what should be there and what is, in the order in which the fixes can
/// be run. What hangs on a missing or unexpected table or column is part of that one's difference.
pub fn differences(expected: &Catalogue, found: &Catalogue) -> Vec<Difference> {
    let (adjusted, mut differences) = renamed::adjusted(expected, found);
    let comparison = Comparison {
        expected,
        found: &adjusted,
    };
    differences.extend(comparison.missing());
    differences.extend(comparison.unexpected());
    differences.extend(comparison.different());
    differences.extend(partitions::faults(found));
    differences
}

struct Comparison<'a> {
    expected: &'a Catalogue,
    found: &'a Catalogue,
}

impl Comparison<'_> {
    fn missing(&self) -> Vec<Difference> {
        let only = Only::new(self.expected, self.found);
        in_order_of_making(only.heads().collect(), self.expected)
            .into_iter()
            .map(|object| fix::missing(self.expected.engine, object, &only.hanging_on(object)))
            .collect()
    }

    fn unexpected(&self) -> Vec<Difference> {
        let only = Only::new(self.found, self.expected);
        only.heads()
            .map(|object| {
                let parent = partitions::detached_from(self.found, object);
                match parent.filter(|_| object.key.kind == Kind::Table) {
                    Some(parent) => fix::detached(object, parent),
                    None => fix::unexpected(self.found.engine, object, &only.hanging_on(object)),
                }
            })
            .collect()
    }

    fn different(&self) -> Vec<Difference> {
        let compared = |object: &&Object| object.key.kind != Kind::Partition;
        self.expected
            .objects
            .values()
            .filter(compared)
            .filter_map(|expected| {
                let found = self.found.objects.get(&expected.key)?;
                (found != expected).then(|| fix::different(self.found.engine, expected, found))
            })
            .collect()
    }
}

/// A table before those that refer to it; the rest by kind.
fn in_order_of_making<'a>(objects: Vec<&'a Object>, expected: &Catalogue) -> Vec<&'a Object> {
    let (mut waiting, others): (Vec<_>, Vec<_>) = objects
        .into_iter()
        .partition(|object| object.key.kind == Kind::Table);
    let (mut made, last): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|object| object.key.kind < Kind::Table);
    let refers = |one: &Object, other: &Object| {
        let keys = expected.of_kind(Kind::ForeignKey);
        one.key != other.key
            && keys.filter(|key| key.key.table == one.key.table).any(
                |key| matches!(&key.parts, Parts::ForeignKey { references, .. } if *references == other.key.table),
            )
    };
    while !waiting.is_empty() {
        let free = |table: &&Object| !waiting.iter().any(|other| refers(table, other));
        // Of tables that refer to each other, any is as good as another.
        let next = waiting.iter().position(free).unwrap_or(0);
        made.push(waiting.remove(next));
    }
    made.extend(last);
    made
}

/// What is in one catalogue and not in the other.
struct Only<'a> {
    objects: Vec<&'a Object>,
    keys: BTreeSet<&'a Key>,
    there: &'a Catalogue,
    elsewhere: &'a Catalogue,
}

impl<'a> Only<'a> {
    fn new(there: &'a Catalogue, elsewhere: &'a Catalogue) -> Self {
        let objects: Vec<&Object> = there
            .objects
            .values()
            .filter(|object| object.key.kind != Kind::Partition)
            .filter(|object| !elsewhere.objects.contains_key(&object.key))
            .collect();
        Self {
            keys: objects.iter().map(|object| &object.key).collect(),
            objects,
            there,
            elsewhere,
        }
    }

    /// Those that hang on no other one of these.
    fn heads(&self) -> impl Iterator<Item = &'a Object> {
        self.objects
            .iter()
            .copied()
            .filter(|object| self.owners(object).is_empty())
    }

    fn hanging_on(&self, head: &Object) -> Vec<&'a Object> {
        self.objects
            .iter()
            .copied()
            .filter(|object| self.owners(object).contains(&&head.key))
            .collect()
    }

    /// Its table or function if that is one of these, or else the columns that are.
    fn owners(&self, object: &Object) -> Vec<&'a Key> {
        let key = &object.key;
        if key.stands_alone() {
            return Vec::new();
        }
        if self.there.has_owner_of(key) && !self.elsewhere.has_owner_of(key) {
            return self
                .keys
                .iter()
                .copied()
                .filter(|owner| owner.stands_alone() && owner.name == key.table)
                .collect();
        }
        if key.kind == Kind::Column {
            return Vec::new();
        }
        let stands_on = |owner: &Key| {
            owner.kind == Kind::Column
                && owner.table == key.table
                && object.columns.contains(&owner.name)
        };
        self.keys
            .iter()
            .copied()
            .filter(|owner| stands_on(owner))
            .take(1)
            .collect()
    }
}
