//! One SQL text for two engines.
//!
//! A template names types and checks in braces: `{uuid}`, `{decimal}`, `{instant}`, `{date}`,
//! `{json}`, `{bool}`, `{int}`, `{strict}`, and `{positive:column}` or `{not_negative:column}` for exact numbers, which
//! are text on SQLite and so are checked by their canonical form there.

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
}

impl Script {
    pub async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let backend = connection.get_database_backend();
        let own = if backend == DbBackend::Sqlite {
            self.sqlite
        } else {
            self.postgres
        };
        for template in self.both.iter().chain(own) {
            connection
                .execute_unprepared(&render(template, backend))
                .await?;
        }
        Ok(())
    }
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
    dedent(&render_checks(&typed, backend))
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

fn render_checks(sql: &str, backend: DbBackend) -> String {
    let mut rendered = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((check, behind)) = after.split_once('}') else {
            break;
        };
        rendered.push_str(before);
        rendered.push_str(&sign_check(check, backend));
        rest = behind;
    }
    rendered.push_str(rest);
    rendered
}

fn sign_check(check: &str, backend: DbBackend) -> String {
    match (check.split_once(':'), backend) {
        (Some(("positive", column)), DbBackend::Sqlite) => {
            format!("({column} <> '0' AND {column} NOT LIKE '-%')")
        }
        (Some(("positive", column)), _) => format!("({column} > 0)"),
        (Some(("not_negative", column)), DbBackend::Sqlite) => format!("({column} NOT LIKE '-%')"),
        (Some(("not_negative", column)), _) => format!("({column} >= 0)"),
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
}
