use std::time::UNIX_EPOCH;

use db::{Database, Settings};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::sync::OnceCell;
use uuid::Uuid;

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

pub async fn copy_of_template() -> Option<(DropOnEnd, String)> {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        println!("skipped: the PostgreSQL half, since TEST_DATABASE_URL is not set");
        return None;
    };
    let template = TEMPLATE
        .get_or_init(|| migrate_template(server.clone()))
        .await;
    let name = format!("tallystick_test_{}", Uuid::now_v7().simple());
    let admin = connect(&server).await;
    execute(
        &admin,
        &format!("CREATE DATABASE {name} TEMPLATE {template}"),
    )
    .await;
    admin.close().await.expect("the server's connection closes");
    let url = with_database(&server, &name);
    Some((DropOnEnd { server, name }, url))
}

/// Made once per test binary: the name holds the binary's own time of building, so that a changed
/// migration never meets an old template. Parallel processes wait for the first.
async fn migrate_template(server: String) -> String {
    let name = template_name();
    let admin = connect(&server).await;
    let lock = "SELECT pg_advisory_xact_lock(7430187)";
    let transaction = sea_orm::TransactionTrait::begin(&admin)
        .await
        .expect("a transaction");
    transaction
        .execute_unprepared(lock)
        .await
        .expect("the template's lock");
    if !exists(&transaction, &name).await {
        let work = format!("{name}_new");
        let maker = connect(&server).await;
        execute(&maker, &format!("DROP DATABASE IF EXISTS {work}")).await;
        execute(&maker, &format!("CREATE DATABASE {work}")).await;
        migrate(&with_database(&server, &work)).await;
        // A server for tests trusts whoever comes from the same machine.
        execute(&maker, "ALTER ROLE tallystick_app LOGIN").await;
        execute(&maker, &format!("ALTER DATABASE {work} RENAME TO {name}")).await;
        maker.close().await.expect("the server's connection closes");
    }
    sea_orm::TransactionSession::commit(transaction)
        .await
        .expect("the lock is released");
    admin.close().await.expect("the server's connection closes");
    name
}

fn template_name() -> String {
    let binary = std::env::current_exe().expect("the test binary's path");
    let built = std::fs::metadata(&binary)
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |age| age.as_millis());
    let stem = binary
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into());
    let stem: String = stem.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("tallystick_template_{}_{built}", stem.to_lowercase())
}

async fn migrate(url: &str) {
    let database = Database::connect(&Settings::new(url))
        .await
        .expect("the template opens");
    migration::up(&database)
        .await
        .expect("the template migrates");
    database.close().await;
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options)
        .await
        .expect("TEST_DATABASE_URL answers")
}

async fn execute(connection: &DatabaseConnection, sql: &str) {
    connection
        .execute_unprepared(sql)
        .await
        .expect("the test server obeys");
}

async fn exists(connection: &impl ConnectionTrait, name: &str) -> bool {
    let question = "SELECT 1 FROM pg_database WHERE datname = $1";
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, question, [name.into()]);
    connection
        .query_one_raw(statement)
        .await
        .expect("the catalogue answers")
        .is_some()
}

fn with_database(server: &str, name: &str) -> String {
    let (before, query) = server
        .split_once('?')
        .map_or((server, None), |(b, q)| (b, Some(q)));
    let (base, _) = before
        .rsplit_once('/')
        .expect("TEST_DATABASE_URL names a database");
    query.map_or_else(
        || format!("{base}/{name}"),
        |query| format!("{base}/{name}?{query}"),
    )
}

/// The same database for the role of the service.
pub fn as_app(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://tallystick_app@{place}")
}

/// Drops the test's database, from a thread and runtime of its own since `drop` cannot wait.
#[derive(Debug)]
pub struct DropOnEnd {
    server: String,
    name: String,
}

impl Drop for DropOnEnd {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let remover = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let admin = connect(&server).await;
                execute(
                    &admin,
                    &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
                )
                .await;
            });
        });
        let _ = remover.join();
    }
}
