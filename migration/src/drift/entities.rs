//! Whether the program's entities fit the tables that were found.

use db::Engine;

use super::{Difference, Fix, What};
use crate::catalogue::{Catalogue, Key, Kind, Object, Parts};

/// What a column of an entity holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Uuid,
    Text,
    BigInt,
    Numeric,
    Bool,
    Date,
    Instant,
    Json,
    Bytes,
    /// None of these: it fits no column.
    Other,
}

impl ValueKind {
    /// The column types that it can be kept in; see `ddl.rs`.
    fn types(self, engine: Engine) -> &'static [&'static str] {
        match (engine, self) {
            (_, Self::Other) => &[],
            (Engine::Sqlite, Self::Uuid | Self::Bytes) => &["BLOB"],
            (Engine::Sqlite, Self::BigInt | Self::Bool) => &["INTEGER"],
            (Engine::Sqlite, _) => &["TEXT"],
            (Engine::Postgres, Self::Uuid) => &["uuid"],
            (Engine::Postgres, Self::Text) => &["text"],
            (Engine::Postgres, Self::BigInt) => &["bigint"],
            (Engine::Postgres, Self::Numeric) => &["numeric"],
            (Engine::Postgres, Self::Bool) => &["boolean"],
            (Engine::Postgres, Self::Date) => &["date"],
            (Engine::Postgres, Self::Instant) => &["timestamp with time zone"],
            (Engine::Postgres, Self::Json) => &["jsonb", "json"],
            (Engine::Postgres, Self::Bytes) => &["bytea"],
        }
    }
}

/// One column as an entity declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityColumn {
    pub name: String,
    pub kind: ValueKind,
    pub nullable: bool,
}

/// One table as an entity declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTable {
    pub name: String,
    pub columns: Vec<EntityColumn>,
    /// In any order.
    pub primary_key: Vec<String>,
}

/// How the tables that were found do not fit these entities. A table of no entity is no matter.
pub fn from_entities(found: &Catalogue, entities: &[EntityTable]) -> Vec<Difference> {
    let mut differences = Vec::new();
    for entity in entities {
        let name = entity.name.as_str();
        if found.get(Kind::Table, name, name).is_none() {
            differences.push(difference(
                What::Missing,
                Key::alone(Kind::Table, name),
                "an entity of this program needs it".to_owned(),
            ));
            continue;
        }
        for column in &entity.columns {
            differences.extend(unfit(found, name, column));
        }
        differences.extend(unknown_and_required(found, entity));
        differences.extend(other_key(found, entity));
    }
    differences
}

fn difference(what: What, object: Key, detail: String) -> Difference {
    Difference {
        what,
        object,
        detail,
        fix: Fix::Advice(
            "use the program of this database's version, or `tallystick migrate up`".to_owned(),
        ),
    }
}

fn unfit(found: &Catalogue, table: &str, column: &EntityColumn) -> Option<Difference> {
    let types = column.kind.types(found.engine);
    let null = |nullable| if nullable { "" } else { " NOT NULL" };
    let expected = format!(
        "the entity expects {}{}",
        types.first().unwrap_or(&"a type that no column has"),
        null(column.nullable)
    );
    let key = Key::new(Kind::Column, table, &column.name);
    let Some(Parts::Column {
        data_type,
        nullable,
        ..
    }) = found.objects.get(&key).map(|object| &object.parts)
    else {
        return Some(difference(What::Missing, key, expected));
    };
    // `numeric(10,4)` is numeric.
    let base = data_type.split('(').next().unwrap_or(data_type);
    let fits = types.contains(&base) && *nullable == column.nullable;
    (!fits).then(|| {
        let detail = format!("{expected}, found {data_type}{}", null(*nullable));
        difference(What::Different, key, detail)
    })
}

fn unknown_and_required(found: &Catalogue, entity: &EntityTable) -> Vec<Difference> {
    let is_required = |object: &&Object| {
        matches!(
            &object.parts,
            Parts::Column {
                nullable: false,
                default: None,
                automatic: None,
                ..
            }
        )
    };
    found
        .of_kind(Kind::Column)
        .filter(|object| object.key.table == entity.name)
        .filter(is_required)
        .filter(|object| {
            !entity
                .columns
                .iter()
                .any(|column| column.name == object.key.name)
        })
        .map(|object| {
            let detail = "no column of the entity, and it is NOT NULL without a default: every \
                 insert would fail";
            difference(What::Unexpected, object.key.clone(), detail.to_owned())
        })
        .collect()
}

fn other_key(found: &Catalogue, entity: &EntityTable) -> Option<Difference> {
    let key = found
        .of_kind(Kind::PrimaryKey)
        .find(|object| object.key.table == entity.name);
    let sorted = |columns: &[String]| {
        let mut columns = columns.to_vec();
        columns.sort();
        columns
    };
    let columns = key
        .map(|object| sorted(&object.columns))
        .unwrap_or_default();
    let expected = sorted(&entity.primary_key);
    (columns != expected).then(|| {
        let detail = format!(
            "the entity's primary key is ({}), found ({})",
            expected.join(", "),
            columns.join(", ")
        );
        let name = key.map_or("", |object| object.key.name.as_str());
        let object = Key::new(Kind::PrimaryKey, &entity.name, name);
        difference(What::Different, object, detail)
    })
}
