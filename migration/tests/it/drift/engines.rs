//! The same migrations make the same tables on both engines, but for what docs/drift.md lists.

use std::collections::BTreeSet;

use db::Engine;
use migration::catalogue::{Catalogue, Kind, Parts, read};
use testkit::TestDatabase;

use super::connect;

const LIST: &str = include_str!("../../../../docs/drift.md");

#[tokio::test]
async fn both_engines_hold_the_same_but_for_the_list() {
    let Some(postgres) = TestDatabase::postgres().await else {
        return;
    };
    if !testkit::sqlite_is_wanted() {
        return;
    }
    let sqlite = TestDatabase::sqlite().await;
    let on_postgres = facts(&read(&connect(&postgres).await, None).await.unwrap());
    let on_sqlite = facts(&read(&connect(&sqlite).await, None).await.unwrap());
    assert!(on_postgres.intersection(&on_sqlite).count() > 150);

    let only = |engine: &str, one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let facts = one.difference(other);
        facts
            .map(|fact| format!("| {engine} | {fact} |"))
            .collect::<Vec<_>>()
    };
    let mut found: BTreeSet<String> = BTreeSet::new();
    found.extend(only("PostgreSQL", &on_postgres, &on_sqlite));
    found.extend(only("SQLite", &on_sqlite, &on_postgres));
    let listed = listed();
    let unlisted: Vec<_> = found.difference(&listed).collect();
    let untrue: Vec<_> = listed.difference(&found).collect();
    assert!(
        unlisted.is_empty() && untrue.is_empty(),
        "not in docs/drift.md: {unlisted:#?}\nno difference any more: {untrue:#?}"
    );
}

/// The lines of the list's table, without the reason in the last column.
fn listed() -> BTreeSet<String> {
    let section = LIST
        .split("## What the engines do differently")
        .nth(1)
        .unwrap();
    let section = section.split("\n## ").next().unwrap();
    section
        .lines()
        .filter(|line| line.starts_with("| PostgreSQL |") || line.starts_with("| SQLite |"))
        .map(|line| {
            let mut cells = line.split(" | ");
            let engine = cells.next().unwrap();
            format!("{engine} | {} |", cells.next().unwrap())
        })
        .collect()
}

/// What a catalogue says, in words that both engines share. SQLite has no roles, so that it has no
/// policies, no grants and no row security to compare.
fn facts(catalogue: &Catalogue) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for object in catalogue.objects.values() {
        let (table, name) = (&object.key.table, &object.key.name);
        let columns = object.columns.join(", ");
        let fact = match (object.key.kind, &object.parts) {
            (
                Kind::Column,
                Parts::Column {
                    data_type,
                    nullable,
                    default,
                    ..
                },
            ) => format!(
                "column {name} of {table}: {}{}{}",
                stored_as(catalogue.engine, data_type),
                if *nullable { "" } else { " not null" },
                if default.is_some() {
                    " with a default"
                } else {
                    ""
                }
            ),
            (Kind::PrimaryKey, _) => format!("primary key of {table} ({columns})"),
            (Kind::Unique, _) => format!("unique key of {table} ({columns})"),
            (Kind::Check, _) => {
                let mut columns = object.columns.clone();
                columns.sort();
                format!("check on {table} ({})", columns.join(", "))
            }
            (
                Kind::ForeignKey,
                Parts::ForeignKey {
                    references,
                    referenced_columns,
                    on_delete,
                    on_update,
                },
            ) => format!(
                "foreign key of {table} ({columns}) to {references} ({}) on delete {on_delete} on \
                 update {on_update}",
                referenced_columns.join(", ")
            ),
            (
                Kind::Index,
                Parts::Index {
                    unique,
                    keys,
                    predicate,
                },
            ) => {
                let predicate = predicate.as_deref().map(plain);
                format!(
                    "{}index {name} on {table} ({}){}",
                    if *unique { "unique " } else { "" },
                    keys.join(", "),
                    predicate
                        .map(|text| format!(" where {text}"))
                        .unwrap_or_default()
                )
            }
            (Kind::RowSecurity | Kind::Policy | Kind::Grant | Kind::Partition, _) => continue,
            _ => object.key.to_string(),
        };
        facts.insert(fact);
    }
    facts
}

/// PostgreSQL's type by what `ddl.rs` keeps it in on SQLite.
fn stored_as(engine: Engine, data_type: &str) -> &str {
    match (engine, data_type) {
        (Engine::Sqlite, _) => data_type,
        (_, "uuid") => "BLOB",
        (_, "text" | "numeric" | "timestamp with time zone" | "date" | "jsonb") => "TEXT",
        (_, "boolean" | "bigint") => "INTEGER",
        (_, other) => other,
    }
}

/// A predicate without capitals, outer parentheses and the types of literals.
fn plain(predicate: &str) -> String {
    let text = predicate.to_lowercase().replace("::text", "");
    let inner = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'));
    inner
        .filter(|text| !text.contains('('))
        .unwrap_or(&text)
        .to_owned()
}
