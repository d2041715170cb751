//! What a database's schema holds, read from the database itself and written so that two schemas
//! are compared as two maps.

mod object;
mod postgres;
mod sqlite;
pub(crate) mod text;

use std::collections::BTreeMap;

use db::Engine;
use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, DbBackend},
};

pub use object::{Bound, Child, Key, Kind, Object, Parts};

/// The tables in which the engine of the migrations keeps its own history; no part of the schema.
const VERSION_TABLES: [&str; 2] = ["seaql_migrations", "tallystick_history"];

/// How row security is defined on a table that has none.
pub(crate) const NO_ROW_SECURITY: &str = "disabled, not forced";

/// Every object of one schema, by what it is and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    pub engine: Engine,
    pub objects: BTreeMap<Key, Object>,
}

impl Catalogue {
    fn new(engine: Engine) -> Self {
        Self {
            engine,
            objects: BTreeMap::new(),
        }
    }

    fn insert(&mut self, object: Object) {
        if !VERSION_TABLES.contains(&object.key.table.as_str()) {
            self.objects.insert(object.key.clone(), object);
        }
    }

    /// The objects of one kind, in the order of their tables and names.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Object> {
        self.objects
            .values()
            .filter(move |object| object.key.kind == kind)
    }

    pub fn get(&self, kind: Kind, table: &str, name: &str) -> Option<&Object> {
        self.objects.get(&Key::new(kind, table, name))
    }

    /// Whether the table or function that objects of this key hang on is there.
    pub(crate) fn has_owner_of(&self, key: &Key) -> bool {
        [Kind::Table, Kind::Function, Kind::View, Kind::Sequence]
            .iter()
            .any(|kind| self.get(*kind, &key.table, &key.table).is_some())
    }
}

/// Reads one schema of PostgreSQL, by default the connection's current one; of SQLite the whole
/// file. It writes nothing, and locks a table no more than a SELECT does. In a transaction of the caller's on PostgreSQL, the
/// schema that was read is its `search_path` from then on.
pub async fn read(
    connection: &impl ConnectionTrait,
    schema: Option<&str>,
) -> Result<Catalogue, DbErr> {
    match connection.get_database_backend() {
        DbBackend::Sqlite => sqlite::read(connection).await,
        _ => postgres::read(connection, schema).await,
    }
}
