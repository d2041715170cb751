//! The whole schema as another program writes it down: `pg_dump`, or SQLite itself.

use std::process::Command;

use db::Engine;
use migration::Schema;
use sea_orm::{ConnectionTrait, Statement};
use testkit::TestDatabase;

/// `None`, with a line that says so, where there is no `pg_dump`.
pub async fn dump(db: &TestDatabase, schema: &Schema) -> Option<String> {
    match db.database.engine() {
        Engine::Sqlite => Some(dump_sqlite(schema).await),
        Engine::Postgres => dump_postgres(&db.owner_url),
    }
}

async fn dump_sqlite(schema: &Schema) -> String {
    let connection = schema.connection();
    let sql = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema
        ORDER BY type, name";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    lines.join("\n")
}

fn dump_postgres(url: &str) -> Option<String> {
    let Some(binaries) = testservers::find_postgres() else {
        println!("skipped: there is no pg_dump");
        return None;
    };
    let dumped = Command::new(binaries.join("pg_dump"))
        .args(["--schema-only", "--no-owner", "--dbname", url])
        .output()
        .unwrap();
    assert!(
        dumped.status.success(),
        "{}",
        String::from_utf8_lossy(&dumped.stderr)
    );
    let text = String::from_utf8(dumped.stdout).unwrap();
    // Each dump has a key of its own in these lines.
    let is_content =
        |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    Some(
        text.lines()
            .filter(is_content)
            .collect::<Vec<_>>()
            .join("\n"),
    )
}
