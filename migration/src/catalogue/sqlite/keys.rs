//! Constraints and indexes of one table of SQLite.
//!
//! SQLite keeps no name of a constraint, so a constraint is named by its columns.

use std::collections::BTreeMap;

use sea_orm_migration::{DbErr, sea_orm::ConnectionTrait};

use super::{
    Catalogue, Key, Kind, Object, Parts, behind_name, canonical, create_table::Item, one_line,
    quote, rows, tables::Table, tokens,
};

pub async fn read(
    connection: &impl ConnectionTrait,
    table: &Table<'_>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    if !table.primary_key.is_empty() {
        let mut definition = listed(&table.primary_key);
        if table.items.iter().any(|item| item.has("autoincrement")) {
            definition.push_str(" AUTOINCREMENT");
        }
        let mut key = constraint(table, Kind::PrimaryKey, &table.primary_key, definition);
        key.key.name.clear();
        catalogue.insert(key);
    }
    read_checks(table, catalogue);
    read_foreign_keys(connection, table, catalogue).await?;
    read_indexes(connection, table, catalogue).await
}

/// SQL neither makes nor drops a constraint of a table that is there: see docs/drift.md.
fn constraint(table: &Table<'_>, kind: Kind, columns: &[String], definition: String) -> Object {
    Object {
        key: Key::new(kind, &table.name, listed(columns)),
        columns: columns.to_vec(),
        parts: Parts::Whole,
        definition,
        create: String::new(),
        drop: String::new(),
    }
}

fn listed(columns: &[String]) -> String {
    format!("({})", columns.join(", "))
}

fn read_checks(table: &Table<'_>, catalogue: &mut Catalogue) {
    let mut seen: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for check in table.items.iter().flat_map(Item::checks) {
        let definition = canonical(check);
        seen.entry(table.columns_in(check))
            .or_default()
            .push(definition);
    }
    for (columns, mut definitions) in seen {
        definitions.sort();
        for (at, definition) in definitions.into_iter().enumerate() {
            let mut check = constraint(table, Kind::Check, &columns, definition);
            if at > 0 {
                check.key.name = format!("{} {}", check.key.name, at + 1);
            }
            catalogue.insert(check);
        }
    }
}

async fn read_foreign_keys(
    connection: &impl ConnectionTrait,
    table: &Table<'_>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let sql = "SELECT id, \"table\" AS referenced, \"from\" AS source, \"to\" AS target,
            on_update, on_delete
        FROM pragma_foreign_key_list($1) ORDER BY id, seq";
    let mut found: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    for row in rows(connection, sql, &[&table.name]).await? {
        let key = found.entry(row.try_get("", "id")?).or_default();
        key.referenced = row.try_get::<String>("", "referenced")?.to_lowercase();
        key.on_update = row.try_get("", "on_update")?;
        key.on_delete = row.try_get("", "on_delete")?;
        key.from
            .push(row.try_get::<String>("", "source")?.to_lowercase());
        if let Some(to) = row.try_get::<Option<String>>("", "target")? {
            key.to.push(to.to_lowercase());
        }
    }
    for mut key in found.into_values() {
        if key.to.is_empty() {
            key.to = primary_key(connection, &key.referenced).await?;
        }
        let deferred = table
            .items
            .iter()
            .any(|item| item.references_from(&key.from) && item.has("deferred"));
        let definition = key.definition(deferred);
        let mut object = constraint(table, Kind::ForeignKey, &key.from, definition);
        if catalogue.objects.contains_key(&object.key) {
            object.key.name = format!("{} to {}", object.key.name, key.referenced);
        }
        object.parts = Parts::ForeignKey {
            references: key.referenced,
            referenced_columns: key.to,
            on_delete: key.on_delete,
            on_update: key.on_update,
        };
        catalogue.insert(object);
    }
    Ok(())
}

#[derive(Default)]
struct ForeignKey {
    referenced: String,
    from: Vec<String>,
    to: Vec<String>,
    on_update: String,
    on_delete: String,
}

impl ForeignKey {
    fn definition(&self, deferred: bool) -> String {
        let actions = [("UPDATE", &self.on_update), ("DELETE", &self.on_delete)];
        let actions: String = actions
            .into_iter()
            .filter(|(_, action)| *action != "NO ACTION")
            .map(|(event, action)| format!(" ON {event} {action}"))
            .collect::<Vec<_>>()
            .concat();
        let deferrable = if deferred {
            " DEFERRABLE INITIALLY DEFERRED"
        } else {
            ""
        };
        let (table, columns) = (&self.referenced, listed(&self.to));
        format!("REFERENCES {table} {columns}{actions}{deferrable}")
    }
}

async fn primary_key(connection: &impl ConnectionTrait, table: &str) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT lower(name) AS name FROM pragma_table_xinfo($1) WHERE pk > 0 ORDER BY pk";
    let rows = rows(connection, sql, &[table]).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}

async fn read_indexes(
    connection: &impl ConnectionTrait,
    table: &Table<'_>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let sql = "SELECT l.name AS name, l.\"unique\" AS only_once, l.origin AS origin, s.sql AS sql
        FROM pragma_index_list($1) l
        LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name
        WHERE l.origin <> 'pk'";
    for row in rows(connection, sql, &[&table.name]).await? {
        let name: String = row.try_get("", "name")?;
        let columns = indexed(connection, &name).await?;
        let object = match row.try_get::<Option<String>>("", "sql")? {
            Some(written) => index(table, &name, &columns, &written),
            None => unique_key(table, columns),
        };
        catalogue.insert(object);
    }
    Ok(())
}

struct Indexed {
    /// None for an expression.
    column: Option<String>,
    descending: bool,
    collation: String,
}

async fn indexed(connection: &impl ConnectionTrait, index: &str) -> Result<Vec<Indexed>, DbErr> {
    let sql = "SELECT lower(name) AS name, \"desc\" AS descending, coll
        FROM pragma_index_xinfo($1) WHERE key = 1 ORDER BY seqno";
    let rows = rows(connection, sql, &[index]).await?;
    rows.iter()
        .map(|row| {
            Ok(Indexed {
                column: row.try_get("", "name")?,
                descending: row.try_get::<i64>("", "descending")? == 1,
                collation: row.try_get("", "coll")?,
            })
        })
        .collect()
}

fn unique_key(table: &Table<'_>, indexed: Vec<Indexed>) -> Object {
    let mut words = vec!["UNIQUE".to_owned()];
    for Indexed {
        collation, column, ..
    } in &indexed
    {
        if !collation.eq_ignore_ascii_case("binary") {
            let column = column.as_deref().unwrap_or_default();
            words.push(format!("{column} COLLATE {}", collation.to_lowercase()));
        }
    }
    let columns: Vec<String> = indexed.into_iter().filter_map(|key| key.column).collect();
    constraint(table, Kind::Unique, &columns, words.join(" "))
}

fn index(table: &Table<'_>, name: &str, indexed: &[Indexed], written: &str) -> Object {
    let words = tokens(written);
    let unique = words.get(1).is_some_and(|word| word.is("unique"));
    // Behind the name stand ON, the table, and what is indexed.
    let rest = behind_name(&words, "index").get(2..).unwrap_or_default();
    let filter = rest.iter().position(|word| word.is("where"));
    let predicate = filter.map(|at| &rest[at + 1..]);
    let mut columns: Vec<String> = indexed
        .iter()
        .filter_map(|key| key.column.clone())
        .collect();
    for column in predicate
        .map(|words| table.columns_in(words))
        .into_iter()
        .flatten()
    {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    let keys = indexed.iter().map(|key| {
        let column = key.column.as_deref().unwrap_or("an expression");
        format!("{column}{}", if key.descending { " DESC" } else { "" })
    });
    Object {
        key: Key::new(Kind::Index, &table.name, name),
        columns,
        definition: format!("{}{}", if unique { "UNIQUE " } else { "" }, canonical(rest)),
        create: one_line(&words),
        drop: format!("DROP INDEX {}", quote(name)),
        parts: Parts::Index {
            unique,
            keys: keys.collect(),
            predicate: predicate.map(canonical),
        },
    }
}
