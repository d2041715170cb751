//! Tables and columns that are there under another name. A new name keeps their rows; the DROP and
//! CREATE that two differences would advise lose them.

use super::{Difference, Fix, What};
use crate::catalogue::{
    Catalogue, Key, Kind, Object,
    text::{quote, renamed},
};

/// The found catalogue with each renamed table and column under its expected name, and the
/// differences.
pub fn adjusted(expected: &Catalogue, found: &Catalogue) -> (Catalogue, Vec<Difference>) {
    let mut found = found.clone();
    let mut differences = tables(expected, &mut found);
    differences.extend(columns(expected, &mut found));
    (found, differences)
}

fn only<'a>(one: &'a Catalogue, other: &Catalogue, kind: Kind) -> Vec<&'a Object> {
    one.of_kind(kind)
        .filter(|object| !other.objects.contains_key(&object.key))
        .collect()
}

/// A table is renamed if it is missing and the columns of one that is unexpected are its own.
fn tables(expected: &Catalogue, found: &mut Catalogue) -> Vec<Difference> {
    let columns = |catalogue: &Catalogue, table: &Object| -> Vec<(String, String)> {
        catalogue
            .of_kind(Kind::Column)
            .filter(|column| column.key.table == table.key.table)
            .map(|column| (column.key.name.clone(), column.definition.clone()))
            .collect()
    };
    let mut pairs = Vec::new();
    let unexpected = only(found, expected, Kind::Table);
    for missing in only(expected, found, Kind::Table) {
        let own = columns(expected, missing);
        let alike = |table: &&&Object| columns(found, table) == own;
        if let [table] = unexpected
            .iter()
            .filter(alike)
            .collect::<Vec<_>>()
            .as_slice()
        {
            pairs.push((missing, table.key.name.clone()));
        }
    }
    let mut differences = Vec::new();
    for (missing, from) in pairs {
        let to = &missing.key.name;
        rename(found, |object| {
            object.definition = renamed(&object.definition, &from, to);
            object.create = renamed(&object.create, &from, to);
            object.drop = renamed(&object.drop, &from, to);
            if object.key.table == from {
                object.key.table.clone_from(to);
                if object.key.kind == Kind::Table {
                    object.key.name.clone_from(to);
                }
            }
        });
        let sql = format!("ALTER TABLE {} RENAME TO {}", quote(&from), quote(to));
        differences.push(difference(&missing.key, &from, "columns", sql));
    }
    differences
}

/// A column is renamed if it alone is missing from its table and one of the same definition alone
/// is unexpected there.
fn columns(expected: &Catalogue, found: &mut Catalogue) -> Vec<Difference> {
    let mut differences = Vec::new();
    for table in expected.of_kind(Kind::Table) {
        let table = table.key.table.as_str();
        let of_table = |columns: Vec<&Object>| -> Vec<Object> {
            let of_table = columns.into_iter().filter(|c| c.key.table == table);
            of_table.cloned().collect()
        };
        let missing = of_table(only(expected, found, Kind::Column));
        let unexpected = of_table(only(found, expected, Kind::Column));
        let ([missing], [unexpected]) = (missing.as_slice(), unexpected.as_slice()) else {
            continue;
        };
        if missing.definition != unexpected.definition {
            continue;
        }
        let (to, from) = (&missing.key.name, &unexpected.key.name);
        rename(found, |object| {
            if object.key.table == table {
                rename_column(object, from, to);
            }
        });
        let (in_table, sql_from) = (quote(table), quote(from));
        let sql = format!(
            "ALTER TABLE {in_table} RENAME COLUMN {sql_from} TO {}",
            quote(to)
        );
        differences.push(difference(&missing.key, from, "definition", sql));
    }
    differences
}

fn difference(object: &Key, from: &str, same: &str, sql: String) -> Difference {
    Difference {
        what: What::Different,
        object: object.clone(),
        detail: format!("expected this name, found {from} with the same {same}"),
        fix: Fix::Sql(sql),
    }
}

fn rename(catalogue: &mut Catalogue, change: impl Fn(&mut Object)) {
    for mut object in std::mem::take(&mut catalogue.objects).into_values() {
        change(&mut object);
        catalogue.objects.insert(object.key.clone(), object);
    }
}

fn rename_column(object: &mut Object, from: &str, to: &str) {
    // SQLite's constraints have their columns for a name.
    if object.key.kind == Kind::Column || object.key.kind.is_constraint() {
        object.key.name = renamed(&object.key.name, from, to);
    }
    object.definition = renamed(&object.definition, from, to);
    object.create = renamed(&object.create, from, to);
    object.drop = renamed(&object.drop, from, to);
    for column in &mut object.columns {
        *column = renamed(column, from, to);
    }
}
