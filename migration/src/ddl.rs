//! One SQL text for two engines.
//!
//! A template names types and checks in braces: `{uuid}`, `{decimal}`, `{instant}`, `{date}`,
//! `{json}`, `{bool}`, `{int}`, `{strict}`; `{positive:column}` or `{not_negative:column}` for exact
//! numbers, which are text on SQLite and so are checked by their canonical form there; and
//! `{by_year:column}` behind a table that PostgreSQL partitions.

use sea_orm_migration::{
    DbErr, SchemaManager,
    sea_orm::{ConnectionTrait, DbBackend},
};

/// The statements of one direction of a migration.
pub struct Script {
    /// Templates for both engines.
    pub both: &'static [&'static str],
    /// SQL for PostgreSQL alone, after the common part.
    pub postgres: &'static [&'static str],
    /// SQL for SQLite alone, after the common part.
    pub sqlite: &'static [&'static str],
    /// Tables that all users share: PostgreSQL's roles are let in, at the end.
    pub shared_tables: &'static [&'static str],
    /// Tables whose rows belong to the user in `user_id`: PostgreSQL's roles are let in, each user
    /// to the rows of their own, at the end.
    pub tenant_tables: &'static [&'static str],
}

impl Script {
    /// What is not named in a script.
    pub const EMPTY: Self = Self {
        both: &[],
        postgres: &[],
        sqlite: &[],
        shared_tables: &[],
        tenant_tables: &[],
    };

    pub async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for statement in self.statements(connection.get_database_backend()) {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// The SQL for one engine, in its order.
    fn statements(&self, backend: DbBackend) -> Vec<String> {
        let own = if backend == DbBackend::Sqlite {
            self.sqlite
        } else {
            self.postgres
        };
        let templates = self.both.iter().chain(own);
        let mut statements: Vec<_> = templates.map(|sql| render(sql, backend)).collect();
        if backend == DbBackend::Postgres {
            let tables = self.shared_tables.iter().chain(self.tenant_tables);
            statements.extend(tables.flat_map(|table| grants(table)));
            let tenant_tables = self.tenant_tables.iter();
            statements.extend(tenant_tables.flat_map(|table| row_security(table)));
        }
        statements
    }
}

/// Neither TRUNCATE nor TRIGGER nor REFERENCES for anybody: they pass over row security.
fn grants(table: &str) -> [String; 2] {
    [
        format!(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO tallystick_app, tallystick_admin"
        ),
        format!("GRANT SELECT ON {table} TO tallystick_readonly"),
    ]
}

/// The policy `tenant` names no role, so that it binds the tables' owner as well. It compares with a
/// setting and with nothing else: a condition that looks into tables would be asked for every row.
fn row_security(table: &str) -> [String; 4] {
    const OWN: &str = "user_id = nullif(current_setting('app.user_id', true), '')::uuid";
    [
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
        format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
        format!("CREATE POLICY tenant ON {table} FOR ALL USING ({OWN}) WITH CHECK ({OWN})"),
        format!(
            "CREATE POLICY administrator ON {table} FOR ALL TO tallystick_admin \
             USING (true) WITH CHECK (true)"
        ),
    ]
}

fn render(template: &str, backend: DbBackend) -> String {
    let names: [(&str, &str); 8] = if backend == DbBackend::Sqlite {
        [
            ("{uuid}", "BLOB"),
            ("{decimal}", "TEXT"),
            ("{instant}", "TEXT"),
            ("{date}", "TEXT"),
            ("{json}", "TEXT"),
            ("{bool}", "INTEGER"),
            ("{int}", "INTEGER"),
            ("{strict}", "STRICT"),
        ]
    } else {
        [
            ("{uuid}", "uuid"),
            ("{decimal}", "numeric"),
            ("{instant}", "timestamptz"),
            ("{date}", "date"),
            ("{json}", "jsonb"),
            ("{bool}", "boolean"),
            ("{int}", "bigint"),
            ("{strict}", ""),
        ]
    };
    let typed = names
        .iter()
        .fold(template.to_owned(), |sql, (from, to)| sql.replace(from, to));
    dedent(&render_parts(&typed, backend))
}

/// Takes away the indentation that the statement has in this crate's sources, so that its text does
/// not change when code around it moves.
fn dedent(sql: &str) -> String {
    let lines = || sql.lines().skip_while(|line| line.trim().is_empty());
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let (first, rest) = (lines().next().unwrap_or_default(), || lines().skip(1));
    let common = rest()
        .filter(|line| !line.trim().is_empty())
        .map(indentation)
        .min()
        .unwrap_or_default();
    let mut dedented = first.trim().to_owned();
    for line in rest() {
        dedented.push('\n');
        dedented.push_str(line.get(common..).unwrap_or_default().trim_end());
    }
    dedented.trim_end().to_owned()
}

fn render_parts(sql: &str, backend: DbBackend) -> String {
    let mut rendered = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((check, behind)) = after.split_once('}') else {
            break;
        };
        rendered.push_str(before);
        rendered.push_str(&written_out(check, backend));
        rest = behind;
    }
    rendered.push_str(rest);
    rendered
}

fn written_out(check: &str, backend: DbBackend) -> String {
    match (check.split_once(':'), backend) {
        (Some(("positive", column)), DbBackend::Sqlite) => {
            format!("({column} <> '0' AND {column} NOT LIKE '-%')")
        }
        (Some(("positive", column)), _) => format!("({column} > 0)"),
        (Some(("not_negative", column)), DbBackend::Sqlite) => format!("({column} NOT LIKE '-%')"),
        (Some(("not_negative", column)), _) => format!("({column} >= 0)"),
        (Some(("by_year", _)), DbBackend::Sqlite) => String::new(),
        (Some(("by_year", day)), _) => format!("PARTITION BY RANGE ({day})"),
        _ => format!("{{{check}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_becomes_each_engines_sql() {
        let template = "close {decimal} NOT NULL CHECK {positive:close}";
        assert_eq!(
            render(template, DbBackend::Postgres),
            "close numeric NOT NULL CHECK (close > 0)"
        );
        assert_eq!(
            render(template, DbBackend::Sqlite),
            "close TEXT NOT NULL CHECK (close <> '0' AND close NOT LIKE '-%')"
        );
    }

    #[test]
    fn a_table_is_opened_by_its_name_on_postgres_alone() {
        let script = Script {
            both: &["CREATE TABLE notes (user_id {uuid})"],
            shared_tables: &["words"],
            tenant_tables: &["notes"],
            ..Script::EMPTY
        };
        assert_eq!(script.statements(DbBackend::Sqlite).len(), 1);
        let statements = script.statements(DbBackend::Postgres);
        let about = |table: &str, what: &str| {
            let named = |sql: &&String| sql.contains(table) && sql.starts_with(what);
            statements.iter().filter(named).count()
        };
        assert_eq!((about("words", "GRANT"), about("notes", "GRANT")), (2, 2));
        assert_eq!(
            (
                about("words", "CREATE POLICY"),
                about("notes", "CREATE POLICY")
            ),
            (0, 2)
        );
        assert!(statements[0].starts_with("CREATE TABLE notes"));
    }
}
