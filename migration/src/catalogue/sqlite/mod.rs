//! SQLite's schema: what its pragmas tell, and the rest from the text of its statements.

mod create_table;
mod keys;
mod tables;

use db::Engine;
use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement},
};

use super::{
    Catalogue, Key, Kind, Object, Parts,
    text::{Token, canonical, one_line, quote, tokens},
};

pub async fn read(connection: &impl ConnectionTrait) -> Result<Catalogue, DbErr> {
    let mut catalogue = Catalogue::new(Engine::Sqlite);
    let sql = "SELECT l.name AS name, l.wr AS without_rowid, l.strict AS strict, s.sql AS sql
        FROM pragma_table_list l JOIN sqlite_schema s ON s.type = 'table' AND s.name = l.name
        WHERE l.schema = 'main' AND l.type IN ('table', 'virtual')
            AND substr(l.name, 1, 7) <> 'sqlite_'";
    for row in rows(connection, sql, &[]).await? {
        tables::read(connection, &row, &mut catalogue).await?;
    }
    read_written(connection, &mut catalogue).await?;
    Ok(catalogue)
}

/// Triggers and views are their text.
async fn read_written(
    connection: &impl ConnectionTrait,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema
        WHERE type IN ('trigger', 'view') AND sql IS NOT NULL";
    for row in rows(connection, sql, &[]).await? {
        let name: String = row.try_get("", "name")?;
        let written: String = row.try_get("", "sql")?;
        let words = tokens(&written);
        let is_view = row.try_get::<String>("", "type")? == "view";
        let (key, what) = if is_view {
            (Key::alone(Kind::View, &name), "VIEW")
        } else {
            let table: String = row.try_get("", "tbl_name")?;
            (Key::new(Kind::Trigger, table, &name), "TRIGGER")
        };
        catalogue.insert(Object {
            columns: Vec::new(),
            parts: Parts::Whole,
            definition: canonical(behind_name(&words, what)),
            create: one_line(&words),
            drop: format!("DROP {what} {}", quote(&name)),
            key,
        });
    }
    Ok(())
}

/// What follows `CREATE … <what> [IF NOT EXISTS] <name>`.
fn behind_name<'a, 't>(words: &'a [Token<'t>], what: &str) -> &'a [Token<'t>] {
    let Some(at) = words.iter().position(|word| word.is(what)) else {
        return words;
    };
    let rest = &words[at + 1..];
    let rest = match rest {
        [a, b, c, ..] if a.is("if") && b.is("not") && c.is("exists") => &rest[3..],
        _ => rest,
    };
    rest.get(1..).unwrap_or_default()
}

async fn rows(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: &[&str],
) -> Result<Vec<QueryResult>, DbErr> {
    let values = values.iter().map(|value| (*value).into());
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
    connection.query_all_raw(statement).await
}
