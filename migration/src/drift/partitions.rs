//! What is asked of partitions, whose number differs between databases.

use super::{Difference, Fix, What};
use crate::catalogue::{
    Bound, Catalogue, Child, Key, Kind, NO_ROW_SECURITY, Object, Parts, text::quote,
};

/// Partitions that are not a calendar year, that leave a gap, or that lack what their table has.
pub fn faults(found: &Catalogue) -> Vec<Difference> {
    let mut differences = Vec::new();
    for table in found.of_kind(Kind::Table) {
        let mut children: Vec<(&Object, &Child)> = found
            .of_kind(Kind::Partition)
            .filter(|object| object.key.table == table.key.table)
            .filter_map(|object| match &object.parts {
                Parts::Partition(child) => Some((object, &**child)),
                _ => None,
            })
            .collect();
        let security = found.get(Kind::RowSecurity, &table.key.table, "");
        for (object, child) in &children {
            differences.extend(bounds(object, child));
            differences.extend(row_security(object, child, security));
            differences.extend(grants(object, child));
            differences.extend(lacks(object, child));
        }
        children.sort_by(|(_, a), (_, b)| a.from.cmp(&b.from));
        for pair in children.windows(2) {
            differences.extend(gap(found, pair[0], pair[1], security));
        }
    }
    differences
}

fn different(object: &Object, detail: String, fix: Fix) -> Difference {
    Difference {
        what: What::Different,
        object: object.key.clone(),
        detail,
        fix,
    }
}

fn year_of(bound: &Bound) -> Option<i32> {
    match bound {
        Bound::Date(date) => date.strip_suffix("-01-01")?.parse().ok(),
        _ => None,
    }
}

fn bounds(object: &Object, child: &Child) -> Option<Difference> {
    let is_one_year = match (&child.from, year_of(&child.from), year_of(&child.to)) {
        (Bound::Open, _, Some(_)) => true,
        (_, Some(from), Some(to)) => to == from + 1,
        _ => false,
    };
    (!is_one_year).then(|| {
        different(
            object,
            format!(
                "expected the bounds of one calendar year, found {}",
                object.definition
            ),
            Fix::Advice(format!(
                "move its rows into partitions of one year each, then {}",
                object.drop
            )),
        )
    })
}

fn row_security(object: &Object, child: &Child, parent: Option<&Object>) -> Option<Difference> {
    let parent = parent?;
    let lacks_it = parent.definition.starts_with("enabled") && !child.row_security;
    let lacks_force = parent.definition.ends_with(", forced") && !child.forced;
    (lacks_it || lacks_force).then(|| {
        different(
            object,
            format!(
                "expected row security as its table's, {}",
                parent.definition
            ),
            Fix::Sql(secure(&object.key.name, parent)),
        )
    })
}

fn secure(child: &str, parent: &Object) -> String {
    let of_parent = format!("ALTER TABLE {} ", quote(&parent.key.table));
    let change = parent.create.strip_prefix(&of_parent);
    format!("ALTER TABLE {child} {}", change.unwrap_or_default())
}

fn grants(object: &Object, child: &Child) -> Option<Difference> {
    let (grants, fixes): (Vec<_>, Vec<_>) = child.grants.iter().cloned().unzip();
    (!grants.is_empty()).then(|| {
        different(
            object,
            format!(
                "expected no grants of its own, since its table's policies do not hold for who \
                 reads it directly, found {}",
                grants.join(", ")
            ),
            Fix::Sql(fixes.join("; ")),
        )
    })
}

fn lacks(object: &Object, child: &Child) -> Vec<Difference> {
    child
        .lacks
        .iter()
        .map(|(lack, fix)| different(object, format!("lacks {lack}"), Fix::Sql(fix.clone())))
        .collect()
}

/// The years between two neighbours, each with a partition named after the later neighbour.
fn gap(
    found: &Catalogue,
    (_, before): (&Object, &Child),
    (object, after): (&Object, &Child),
    security: Option<&Object>,
) -> Vec<Difference> {
    let (Some(end), Some(begin)) = (year_of(&before.to), year_of(&after.from)) else {
        return Vec::new();
    };
    let missing = (end..begin).map(|year| missing_year(found, object, (begin, year), security));
    missing.collect()
}

/// A table of the partition's name is one that was detached.
fn missing_year(
    found: &Catalogue,
    neighbour: &Object,
    (neighbours_year, year): (i32, i32),
    security: Option<&Object>,
) -> Difference {
    let Key { table, name, .. } = &neighbour.key;
    let named = name.replacen(&neighbours_year.to_string(), &year.to_string(), 1);
    let name = if named == *name {
        quote(&format!("{table}_{year}"))
    } else {
        named
    };
    let parent = quote(table);
    let values = format!("FOR VALUES FROM ('{year}-01-01') TO ('{}-01-01')", year + 1);
    let make = if found.get(Kind::Table, &name, &name).is_some() {
        format!("ALTER TABLE {parent} ATTACH PARTITION {name} {values}")
    } else {
        format!("CREATE TABLE {name} PARTITION OF {parent} {values}")
    };
    let secure = security.filter(|security| security.definition != NO_ROW_SECURITY);
    let statements: Vec<String> = std::iter::once(make)
        .chain(secure.map(|security| self::secure(&name, security)))
        .collect();
    Difference {
        what: What::Missing,
        object: Key::new(Kind::Partition, table, name),
        detail: format!("a gap: rows of the year {year} are refused"),
        fix: Fix::Sql(statements.join("; ")),
    }
}

/// The partitioned table whose columns this table has: it was detached from there.
pub fn detached_from<'a>(found: &'a Catalogue, table: &Object) -> Option<&'a str> {
    let columns = |name: &str| -> Vec<(&str, &str)> {
        found
            .of_kind(Kind::Column)
            .filter(|column| column.key.table == name)
            .map(|column| (column.key.name.as_str(), column.definition.as_str()))
            .collect()
    };
    let own = columns(&table.key.table);
    found
        .of_kind(Kind::Table)
        .filter(|parent| parent.definition.contains("PARTITION BY"))
        .map(|parent| parent.key.table.as_str())
        .find(|parent| columns(parent) == own)
}
