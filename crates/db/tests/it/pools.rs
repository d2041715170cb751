//! How pools grow and shrink, and what is said about slow statements.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use db::{ConnectionTrait, Database, Engine, Error, PoolStatus, Priority, Settings, Tx, query};
use futures_util::future::join_all;
use testkit::TestDatabase;

/// Longer than any of these should take.
const PATIENCE: Duration = Duration::from_secs(30);

async fn open(db: &TestDatabase, change: impl FnOnce(&mut Settings)) -> Database {
    let mut settings = db.settings();
    change(&mut settings);
    Database::connect(&settings).await.unwrap()
}

fn application(database: &Database) -> PoolStatus {
    let pools = database.pool_statuses();
    pools
        .into_iter()
        .find(|(name, _)| name == "application")
        .unwrap()
        .1
}

async fn wait_until(database: &Database, is_reached: impl Fn(PoolStatus) -> bool) {
    let started = Instant::now();
    while !is_reached(application(database)) {
        assert!(started.elapsed() < PATIENCE, "{:?}", application(database));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn backend(database: &Database) -> i32 {
    let statement = query::sql("SELECT pg_backend_pid()", []);
    query::fetch_value(database.reader(), &statement)
        .await
        .unwrap()
}

testkit::on_both_engines! {
    async fn connections_beyond_the_usual_close_when_they_idle(db) {
        let database = open(&db, |settings| {
            settings.pool_min_size = 1;
            settings.pool_max_size = 2;
            settings.max_overflow = 3;
            settings.max_inactive_connection_lifetime = Duration::from_secs(4);
        }).await;
        let all_are_lent = tokio::sync::Barrier::new(5);
        let held = (0..5).map(|_| {
            database.read(async |_: Tx| -> Result<_, Error> {
                all_are_lent.wait().await;
                Ok(application(&database).in_use)
            })
        });
        for in_use in join_all(held).await {
            assert!(in_use.unwrap() > 0);
        }
        assert_eq!(application(&database).size, 5);
        assert_eq!(application(&database).max_size, 5);
        wait_until(&database, |now| now.size == 2).await;
        wait_until(&database, |now| now.size == 1).await;
    }

    async fn the_least_is_opened_before_anyone_asks(db) {
        let database = open(&db, |settings| settings.pool_min_size = 3).await;
        wait_until(&database, |now| now.size == 3 && now.free == 3).await;
    }

    async fn a_slow_statement_is_a_warning_without_its_values(db) {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer({
            let log = log.clone();
            move || log.clone()
        });
        let listening = tracing::subscriber::set_default(subscriber.finish());
        let database = open(&db, |settings| settings.slow_query = Duration::ZERO).await;
        let statement = query::sql("SELECT $1 || 'literal secret' AS said", ["bound secret".into()]);
        let said: String = query::fetch_value(database.reader(), &statement).await.unwrap();
        drop(listening);

        assert_eq!(said, "bound secretliteral secret");
        let log = log.text();
        assert!(log.contains("a slow database statement"), "{log}");
        assert!(log.contains("SELECT ? || ? AS said") && log.contains("milliseconds"), "{log}");
        assert!(!log.contains("secret"), "{log}");
    }

    async fn a_failed_statement_is_logged_without_its_values(db) {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer({
            let log = log.clone();
            move || log.clone()
        });
        let listening = tracing::subscriber::set_default(subscriber.finish());
        let database = open(&db, |_| {}).await;
        let statement = query::sql("SELECT nothing FROM nowhere WHERE said = $1", ["secret".into()]);
        let failed = query::fetch_value::<String>(database.reader(), &statement).await;
        drop(listening);

        assert!(failed.is_err());
        let log = log.text();
        assert!(log.contains("FROM nowhere WHERE said = ?"), "{log}");
        assert!(!log.contains("secret"), "{log}");
    }

    async fn a_reader_takes_nothing_that_writes(db) {
        for sql in [
            "INSERT INTO users (id) VALUES ('1') RETURNING id",
            "WITH gone AS (DELETE FROM users RETURNING id) SELECT * FROM gone",
            "UPDATE users SET email = 'x'",
        ] {
            let refused = db.database.reader().query_all_raw(sea_orm::Statement::from_string(
                db.database.get_database_backend(), sql,
            )).await;
            assert!(refused.unwrap_err().to_string().contains("a reader only reads"), "{sql}");
        }
    }
}

#[tokio::test]
async fn each_priority_has_connections_limits_and_a_name_of_its_own() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let database = open(&db, |settings| {
        settings.command_timeout = Duration::from_secs(7);
        settings.background_command_timeout = Duration::from_secs(9);
    })
    .await;
    let limits = [
        (Priority::Schema, "0"),
        (Priority::Application, "7s"),
        (Priority::Background, "9s"),
    ];
    for (priority, limit) in limits {
        let question = query::sql(
            "SELECT current_setting('statement_timeout') || ' ' || current_setting('application_name')",
            [],
        );
        let reader = database.with_priority(priority);
        let said: String = query::fetch_value(reader.reader(), &question)
            .await
            .unwrap();
        let expected = format!("{limit} tallystick {}", priority.as_str());
        assert!(said.starts_with(&expected), "{said} is not {expected}");
    }
    assert_eq!(database.engine(), Engine::Postgres);
}

#[tokio::test]
async fn a_connection_is_closed_at_its_age_and_one_that_died_idle_is_not_lent() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let database = open(&db, |settings| {
        settings.pool_min_size = 0;
        settings.pool_recycle = Duration::from_millis(300);
        settings.ping_after_idle = Duration::ZERO;
    })
    .await;
    let first = backend(&database).await;
    assert_eq!(backend(&database).await, first);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let second = backend(&database).await;
    assert_ne!(second, first);

    let end = query::sql("SELECT pg_terminate_backend($1)", [second.into()]);
    let _: bool = query::fetch_value(db.database.reader(), &end)
        .await
        .unwrap();
    assert_ne!(backend(&database).await, second);
}

/// What was logged, for all who write to it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
