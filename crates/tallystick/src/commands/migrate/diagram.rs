//! The entities as Mermaid draws them: tables with their columns, and who refers to whom.

use std::collections::BTreeSet;

use migration::{
    catalogue::{Catalogue, Kind, Parts},
    drift::{self, EntityTable, ValueKind},
};

use super::entities;
use crate::{error::Error, output::print};

pub async fn run() -> Result<(), Error> {
    let apply = async |tx: &_| drift::apply(tx, None).await;
    let schema = drift::expected_on_sqlite(apply).await;
    let schema = schema.map_err(migration::Error::from)?;
    print(&draw(&entities::tables(), &schema))
}

/// The references are the foreign keys that the migrations make between tables of entities.
fn draw(tables: &[EntityTable], schema: &Catalogue) -> String {
    let mut lines = vec!["erDiagram".to_owned()];
    for table in tables {
        lines.push(format!("    {} {{", table.name));
        for column in &table.columns {
            let key = if table.primary_key.contains(&column.name) {
                " PK"
            } else {
                ""
            };
            let kind = name_of(column.kind);
            let optional = if column.nullable { " \"optional\"" } else { "" };
            lines.push(format!("        {kind} {}{key}{optional}", column.name));
        }
        lines.push("    }".to_owned());
    }
    lines.extend(references(tables, schema));
    lines.join("\n")
}

fn references(tables: &[EntityTable], schema: &Catalogue) -> BTreeSet<String> {
    let table = |name: &str| tables.iter().find(|table| table.name == name);
    let mut lines = BTreeSet::new();
    for key in schema.of_kind(Kind::ForeignKey) {
        let Parts::ForeignKey { references, .. } = &key.parts else {
            continue;
        };
        let (Some(from), Some(to)) = (table(&key.key.table), table(references)) else {
            continue;
        };
        let is_optional = |name: &String| {
            let column = from.columns.iter().find(|column| column.name == *name);
            column.is_some_and(|column| column.nullable)
        };
        let at_least = if key.columns.iter().any(is_optional) {
            "|o"
        } else {
            "||"
        };
        // Each reference within a tenant names the user as well.
        let own: Vec<&str> = key
            .columns
            .iter()
            .map(String::as_str)
            .filter(|column| key.columns.len() == 1 || *column != "user_id")
            .collect();
        lines.insert(format!(
            "    {} {at_least}--o{{ {} : \"{}\"",
            to.name,
            from.name,
            own.join(", ")
        ));
    }
    lines
}

const fn name_of(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Uuid => "uuid",
        ValueKind::Text => "text",
        ValueKind::BigInt => "bigint",
        ValueKind::Numeric => "numeric",
        ValueKind::Bool => "boolean",
        ValueKind::Date => "date",
        ValueKind::Instant => "timestamptz",
        ValueKind::Json => "jsonb",
        ValueKind::Bytes => "bytea",
        ValueKind::Other => "other",
    }
}
