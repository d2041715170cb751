//! The program's entities, as the comparison with a schema takes them.

use entity::shape::{self, TableShape};
use migration::drift::{EntityColumn, EntityTable, ValueKind};

pub fn tables() -> Vec<EntityTable> {
    shape::tables().into_iter().map(table).collect()
}

fn table(shape: TableShape) -> EntityTable {
    let columns = shape.columns.into_iter().map(|column| EntityColumn {
        name: column.name,
        kind: kind(column.kind),
        nullable: column.nullable,
    });
    EntityTable {
        columns: columns.collect(),
        name: shape.name,
        primary_key: shape.primary_key,
    }
}

const fn kind(kind: shape::ValueKind) -> ValueKind {
    match kind {
        shape::ValueKind::Uuid => ValueKind::Uuid,
        shape::ValueKind::Text => ValueKind::Text,
        shape::ValueKind::BigInt => ValueKind::BigInt,
        shape::ValueKind::Numeric => ValueKind::Numeric,
        shape::ValueKind::Bool => ValueKind::Bool,
        shape::ValueKind::Date => ValueKind::Date,
        shape::ValueKind::Instant => ValueKind::Instant,
        shape::ValueKind::Json => ValueKind::Json,
        shape::ValueKind::Bytes => ValueKind::Bytes,
        shape::ValueKind::Other => ValueKind::Other,
    }
}
