//! This crate's own migrations, as a server hears them.

use sea_orm_migration::{
    MigratorTrait,
    sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement},
};

use super::{Finding, Rule, Step, lint};
use crate::Migrator;

/// Keeps the text of each statement that changes the schema. It cannot hear DO blocks.
const RECORDER: &str = "
    CREATE TABLE heard (id bigint GENERATED ALWAYS AS IDENTITY, text text);
    CREATE FUNCTION hear() RETURNS event_trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO heard (text) VALUES (current_query()); END $$;
    CREATE EVENT TRIGGER hear ON ddl_command_start EXECUTE FUNCTION hear()";

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get("", "text").unwrap())
        .collect()
}

/// Every migration with its statements, from a database that is made for it and dropped.
async fn heard(url: &str) -> Vec<(String, Vec<String>)> {
    let name = format!("lint_{}", std::process::id());
    let server = Database::connect(url).await.unwrap();
    server
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let (address, _) = url.rsplit_once('/').unwrap();
    let connection = Database::connect(format!("{address}/{name}"))
        .await
        .unwrap();
    Migrator::install(&connection).await.unwrap();
    connection.execute_unprepared(RECORDER).await.unwrap();
    let mut heard = Vec::new();
    for migration in Migrator::migrations() {
        Migrator::up(&connection, Some(1)).await.unwrap();
        let statements = texts(
            &connection,
            "WITH gone AS (DELETE FROM heard RETURNING *)
                SELECT text FROM gone ORDER BY id",
        )
        .await;
        let about_versions = |text: &String| text.contains("CREATE TABLE IF NOT EXISTS \"seaql_");
        let statements = statements
            .into_iter()
            .filter(|text| !about_versions(text))
            .collect();
        heard.push((migration.name().to_owned(), statements));
    }
    connection.close().await.unwrap();
    server
        .execute_unprepared(&format!("DROP DATABASE {name}"))
        .await
        .unwrap();
    heard
}

#[tokio::test]
async fn the_migrations_of_this_crate_follow_the_rules() {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        println!("TEST_DATABASE_URL is not set: this crate's migrations are not judged");
        return;
    };
    let heard = heard(&url).await;
    let steps = heard.iter().map(|(migration, statements)| Step {
        migration,
        statements,
        in_transaction: true,
    });
    let steps: Vec<_> = steps.collect();
    assert!(
        steps
            .iter()
            .map(|step| step.statements.len())
            .sum::<usize>()
            > 40,
        "{heard:#?}"
    );

    // Rights and row security come with the migration of the roles.
    let roles = steps.iter().any(|step| step.migration.ends_with("_roles"));
    let expected =
        |found: &Finding| !roles && matches!(found.rule, Rule::Grants | Rule::TenantPolicy);
    let findings: Vec<String> = lint(&steps)
        .iter()
        .filter(|found| !expected(found))
        .map(ToString::to_string)
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
}
