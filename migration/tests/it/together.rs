//! Several programs that migrate one database at once.

use std::time::Duration;

use db::{Database, Settings};
use migration::{Options, Schema, Target, require_current};

testkit::on_both_engines! {
    #[allow(clippy::large_futures)]
    async fn of_eight_that_start_at_once_one_applies(db) {
        let schema = Schema::of(&db.database, Options::default()).await.unwrap();
        let known = schema.known().len();
        schema.reset().await.unwrap();
        schema.close().await.unwrap();

        let starts: Vec<_> = (0..8)
            .map(|_| {
                let settings = Settings {
                    busy_timeout: Duration::from_millis(100),
                    ..Settings::new(&db.owner_url)
                };
                tokio::spawn(async move {
                    let database = Database::connect(&settings).await.unwrap();
                    let schema = Schema::of(&database, Options::default()).await.unwrap();
                    schema.up(&Target::Head).await.unwrap().len()
                })
            })
            .collect();
        let mut applied = Vec::new();
        for start in starts {
            applied.push(start.await.unwrap());
        }
        applied.sort_unstable();

        assert_eq!(applied, [0, 0, 0, 0, 0, 0, 0, known]);
        require_current(&db.database).await.unwrap();
    }

    async fn whoever_cannot_wait_is_told_who_works(db) {
        let schema = Schema::of(&db.database, Options::default()).await.unwrap();
        schema.reset().await.unwrap();
        let holder = schema.connection();
        let (hold, release) = match db.database.engine() {
            db::Engine::Sqlite => ("BEGIN IMMEDIATE", "ROLLBACK"),
            db::Engine::Postgres => (
                "SELECT pg_advisory_lock(127961779698035)",
                "SELECT pg_advisory_unlock(127961779698035)",
            ),
        };
        crate::made::tell(holder, hold).await;
        let impatient = Options { patience: Duration::from_millis(200), ..Options::default() };
        let settings = Settings {
            busy_timeout: Duration::from_millis(10),
            ..Settings::new(&db.owner_url)
        };
        let database = Database::connect(&settings).await.unwrap();
        let other = Schema::of(&database, impatient).await.unwrap();

        let error = other.up(&Target::Head).await.unwrap_err();
        assert!(matches!(error, migration::Error::Busy { .. }), "{error}");

        crate::made::tell(holder, release).await;
        assert!(!other.up(&Target::Head).await.unwrap().is_empty());
    }
}
