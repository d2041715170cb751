//! PostgreSQL's schema, from `pg_catalog`.
//!
//! Every query sets the `search_path` to the schema that it reads before it prints anything, in the
//! same statement: so what it prints names that schema nowhere, and a pooled connection is as good
//! as one's own.

mod access;
mod alone;
mod constraints;
mod partitions;
mod programs;
mod tables;

use db::Engine;
use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement},
};

use super::{Bound, Catalogue, Child, Key, Kind, Object, Parts, text::collapsed};

pub async fn read(
    connection: &impl ConnectionTrait,
    schema: Option<&str>,
) -> Result<Catalogue, DbErr> {
    let schema = match schema {
        Some(schema) => schema.to_owned(),
        None => current_schema(connection).await?,
    };
    let source = Source { connection, schema };
    let mut catalogue = Catalogue::new(Engine::Postgres);
    tables::read(&source, &mut catalogue).await?;
    constraints::read(&source, &mut catalogue).await?;
    programs::read(&source, &mut catalogue).await?;
    access::read(&source, &mut catalogue).await?;
    alone::read(&source, &mut catalogue).await?;
    partitions::read(&source, &mut catalogue).await?;
    Ok(catalogue)
}

async fn current_schema(connection: &impl ConnectionTrait) -> Result<String, DbErr> {
    let question =
        Statement::from_string(DbBackend::Postgres, "SELECT current_schema()::text AS name");
    let row = connection.query_one_raw(question).await?;
    let name: Option<String> = match row {
        Some(row) => row.try_get("", "name")?,
        None => None,
    };
    name.ok_or_else(|| {
        DbErr::Custom(
            "the connection's search_path names no schema that exists; set it to the schema that \
             holds the tables"
                .to_owned(),
        )
    })
}

/// Where a catalogue is read from.
struct Source<'a, C> {
    connection: &'a C,
    schema: String,
}

/// The tables that are compared: no partitions, and nothing that an extension brought.
const TABLES: &str = "FROM place JOIN pg_class c ON c.relnamespace = place.oid
        AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass
            AND e.objid = c.oid AND e.deptype = 'e')";

impl<C: ConnectionTrait> Source<'_, C> {
    /// Runs a SELECT over `place`, the schema that is read.
    async fn rows(&self, select: &str) -> Result<Vec<QueryResult>, DbErr> {
        let sql = format!(
            "WITH place AS MATERIALIZED (
                SELECT oid, set_config('search_path', quote_ident(nspname), true) AS search_path
                FROM pg_namespace WHERE nspname = $1)
             {select}"
        );
        let values = [self.schema.as_str().into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        self.connection.query_all_raw(statement).await
    }
}

fn text(row: &QueryResult, column: &str) -> Result<String, DbErr> {
    row.try_get("", column)
}

/// Names that a query has joined with line breaks.
fn names(row: &QueryResult, column: &str) -> Result<Vec<String>, DbErr> {
    let joined: Option<String> = row.try_get("", column)?;
    Ok(joined
        .map(|joined| joined.lines().map(str::to_owned).collect())
        .unwrap_or_default())
}
