//! Functions and triggers.

use sea_orm_migration::{
    DbErr,
    sea_orm::{ConnectionTrait, QueryResult},
};

use super::{Catalogue, Key, Kind, Object, Parts, Source, TABLES, collapsed, text};

pub async fn read<C: ConnectionTrait>(
    source: &Source<'_, C>,
    catalogue: &mut Catalogue,
) -> Result<(), DbErr> {
    let functions = "SELECT p.proname::text || '(' || pg_get_function_identity_arguments(p.oid)
                || ')' AS name,
            quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')'
                AS quoted,
            CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS what,
            pg_get_functiondef(p.oid) AS definition, p.prosrc AS body,
            quote_ident(n.nspname) || '.' AS qualifier, quote_literal(n.nspname) AS home
        FROM place JOIN pg_proc p ON p.pronamespace = place.oid AND p.prokind IN ('f', 'p', 'w')
        JOIN pg_namespace n ON n.oid = place.oid
        WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass
            AND e.objid = p.oid AND e.deptype = 'e')";
    for row in source.rows(functions).await? {
        catalogue.insert(function(&row)?);
    }
    let triggers = format!(
        "SELECT c.relname::text AS table_name, quote_ident(c.relname) AS quoted_table,
            t.tgname::text AS name, quote_ident(t.tgname) AS quoted,
            pg_get_triggerdef(t.oid, true) AS definition, t.tgenabled::text AS state
        {TABLES}
        JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgparentid = 0"
    );
    for row in source.rows(&triggers).await? {
        catalogue.insert(trigger(&row)?);
    }
    Ok(())
}

fn function(row: &QueryResult) -> Result<Object, DbErr> {
    let (what, body) = (text(row, "what")?, text(row, "body")?);
    let printed = text(row, "definition")?;
    let begin = format!("CREATE OR REPLACE {what} ");
    let printed = printed.strip_prefix(&begin).unwrap_or(&printed);
    let printed = printed
        .strip_prefix(&text(row, "qualifier")?)
        .unwrap_or(printed);
    let quoted = text(row, "quoted")?;
    let kept_to_home = format!(" SET search_path TO {}, 'pg_temp'\n", text(row, "home")?);
    let mut create = format!(
        "{begin}{}",
        with_body_on_one_line(&printed.replace(&kept_to_home, ""), &body)
    );
    if printed.contains(&kept_to_home) {
        create += &keep_to_home(&quoted);
    }
    Ok(Object {
        key: Key::alone(Kind::Function, &text(row, "name")?),
        columns: Vec::new(),
        parts: Parts::Whole,
        definition: format!("{what} {}", printed.replace(&kept_to_home, KEPT_TO_HOME)),
        create,
        drop: format!("DROP {what} {quoted}"),
    })
}

/// In place of a search path that names the function's own schema, whatever that is called.
const KEPT_TO_HOME: &str = " SET search_path TO its own schema, pg_temp\n";

fn keep_to_home(function: &str) -> String {
    let function = function.replace('\'', "''").replace('%', "%%");
    format!(
        "; DO $$ BEGIN EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp', \
         current_schema()); END $$"
    )
}

/// A body's line breaks end its comments, so they are kept, as escapes in a string.
fn with_body_on_one_line(printed: &str, body: &str) -> String {
    let Some(at) = printed.rfind(body).filter(|_| !body.is_empty()) else {
        return collapsed(printed);
    };
    let head = printed[..at].trim_end();
    let head = head.rfind("AS $").map_or(head, |at| head[..at].trim_end());
    let escaped = body
        .replace('\\', "\\\\")
        .replace('\'', "''")
        .replace('\n', "\\n");
    format!("{} AS E'{escaped}'", collapsed(head))
}

fn trigger(row: &QueryResult) -> Result<Object, DbErr> {
    let (table, name) = (text(row, "quoted_table")?, text(row, "quoted")?);
    let written = collapsed(&text(row, "definition")?);
    let (state, command) = match text(row, "state")?.as_str() {
        "D" => (" DISABLED", "DISABLE"),
        "R" => (" ENABLED ON REPLICAS ONLY", "ENABLE REPLICA"),
        "A" => (" ENABLED ALWAYS", "ENABLE ALWAYS"),
        _ => ("", ""),
    };
    let create = if command.is_empty() {
        written.clone()
    } else {
        format!("{written}; ALTER TABLE {table} {command} TRIGGER {name}")
    };
    Ok(Object {
        key: Key::new(Kind::Trigger, text(row, "table_name")?, text(row, "name")?),
        columns: Vec::new(),
        parts: Parts::Whole,
        definition: format!("{written}{state}"),
        create,
        drop: format!("DROP TRIGGER {name} ON {table}"),
    })
}
