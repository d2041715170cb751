use std::{
    process::Stdio,
    thread::sleep,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use db::{ConnectionTrait, Database, Engine, Settings};
use sea_orm::Statement;
use testkit::{TestDatabase, on_both_engines};

use crate::{faults::counts, support::Home};

const IMPORT: [&str; 8] = [
    "ledger",
    "import",
    "demo.beancount",
    "--accounts",
    "Assets:World",
    "--portfolio",
    "World",
    "--json",
];

const ATTEMPTS: u32 = 6;

on_both_engines! {
    async fn an_import_that_is_killed_leaves_nothing(db) {
        let home = Home::of(&db).with_user();
        let ledger = home.run(&["demo", "--print-ledger"]).succeeded().stdout;
        home.write("demo.beancount", &ledger);
        let watcher = watcher(&db).await;
        let mut random = Random::new();
        let writing = home.json(&IMPORT)["timings_ms"]["write"].as_f64().unwrap();
        for attempt in 1..=ATTEMPTS {
            clear(&db).await;
            let mut child = home.command(&IMPORT).stdout(Stdio::null()).spawn().unwrap();
            while !is_writing(&watcher).await && child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(1));
            }
            let pause = Duration::from_secs_f64(writing / 1e6 * f64::from(random.below(1_000)));
            sleep(pause);
            child.kill().unwrap();
            child.wait().unwrap();
            let counts = counts(&db).await;
            println!("attempt {attempt}: killed after {pause:?} of writing: {counts:?}");
            let is_whole = counts.iter().all(|count| *count > 0);
            assert!(is_whole || counts.iter().all(|count| *count == 0), "{counts:?}");
        }
        clear(&db).await;
        home.json(&IMPORT);
        assert_eq!(home.json(&IMPORT)["transactions"], 0);
    }
}

async fn clear(db: &TestDatabase) {
    let owner = db.owner().await;
    for table in ["imports", "portfolios"] {
        let statement = format!("DELETE FROM {table}");
        owner.execute_unprepared(&statement).await.unwrap();
    }
}

/// One that does not wait for a lock.
async fn watcher(db: &TestDatabase) -> Database {
    let patience = Duration::from_millis(1);
    let settings = Settings {
        busy_timeout: patience,
        ..Settings::new(db.url.as_str())
    };
    Database::connect(&settings).await.unwrap()
}

/// Whether another process has written something that it has not committed yet.
async fn is_writing(watcher: &Database) -> bool {
    if watcher.engine() == Engine::Sqlite {
        let nothing = watcher.write(async |_| Ok::<_, db::Error>(())).await;
        return matches!(nothing, Err(db::Error::Locked(_)));
    }
    let question = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL";
    let reader = watcher.reader();
    let statement = Statement::from_string(reader.get_database_backend(), question);
    reader.query_one_raw(statement).await.unwrap().is_some()
}

/// Numbers from a seed that is printed, so that a failure can be repeated (`TEST_SEED`).
struct Random(u64);

impl Random {
    fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let given = std::env::var("TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or(now.as_secs() ^ u64::from(now.subsec_nanos()) << 32 | 1);
        println!("TEST_SEED={seed}");
        Self(seed)
    }

    /// Marsaglia's xorshift64.
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(bound)).unwrap()
    }
}
