use db::ConnectionTrait;
use migration::{Options, Schema, Target};
use serde_json::json;
use testkit::{TestDatabase, on_both_engines};

use crate::{
    import::IMPORT,
    support::{Home, LEDGER},
};

/// Commands that use the database, each in its own way.
const COMMANDS: [&[&str]; 4] = [
    &IMPORT,
    &["pack", "list"],
    &["positions", "Broker"],
    &["serve", "--port", "0"],
];

on_both_engines! {
    async fn all_faults_of_a_ledger_are_reported_at_once_and_nothing_is_imported(db) {
        let home = Home::of(&db).with_user();
        let faults = "2024-04-01 * \"Not in balance\"\n  Assets:Broker:Cash  1.00 USD\n  \
                      Equity:Owner  -2.00 USD\n\n\
                      2024-04-02 balance Assets:Broker:Cash  1.00 USD\n\n\
                      2024-04-03 * \"Never opened\"\n  Assets:Nowhere  1.00 USD\n  Equity:Owner\n\n\
                      2024-04-04 * \"Ambiguous\"\n  Assets:Broker:Stocks  -1 NKE {}\n  \
                      Assets:Broker:Cash\n\n\
                      2024-04-05 nonsense\n\n\
                      include \"missing.beancount\"\n";
        let more = "2024-01-05 * \"Buy\"\n  Assets:Broker:Stocks  10 NKE {101.00 USD}\n  \
                    Assets:Broker:Cash\n\n";
        home.write("books.beancount", &format!("{LEDGER}{more}{faults}"));
        let line_of = |text: &str| {
            let read = std::fs::read_to_string(home.path("books.beancount")).unwrap();
            let line = read.lines().position(|line| line.contains(text)).unwrap() + 1;
            format!("books.beancount:{line}: ")
        };
        let syntax = home.run(&IMPORT).failed_with(&[&line_of("nonsense"), "missing.beancount"]);
        for line in syntax.stderr.lines() {
            assert!(line.starts_with("books.beancount:"), "{}", syntax.stderr);
        }

        let booked = faults.replace("2024-04-05 nonsense\n", "")
            .replace("include \"missing.beancount\"\n", "");
        home.write("books.beancount", &format!("{LEDGER}{more}{booked}"));
        home.run(&IMPORT).failed_with(&[
            &line_of("Not in balance"),
            &line_of("balance Assets:Broker:Cash"),
            "Assets:Nowhere",
            &line_of("Ambiguous")[..15],
        ]);
        home.run(&["positions", "Broker"]).failed_with(&["no portfolio `Broker`"]);
        assert_eq!(counts(&db).await, vec![0; TABLES.len()]);
    }

    async fn a_database_that_is_newer_than_the_program_is_refused(db) {
        let row = "INSERT INTO seaql_migrations (version, applied_at) \
                   VALUES ('m99991231_000001_contract_future', 0)";
        db.owner().await.execute_unprepared(row).await.unwrap();
        let home = Home::of(&db);
        home.write("books.beancount", LEDGER);
        for command in COMMANDS.into_iter().chain([&["migrate", "up"][..]]) {
            home.run(command)
                .failed_in_one_line_with(&["newer than this program", "m99991231_000001_contract_future"]);
        }
        let status = home.json(&["migrate", "status", "--json"]);
        assert!(status.to_string().contains("unknown"), "{status}");
    }

    async fn a_database_that_is_not_migrated_is_refused_with_what_to_do(db) {
        let schema = Schema::of(&db.database, Options::default()).await.unwrap();
        schema.down(&Target::Base).await.unwrap();
        schema.close().await.unwrap();
        let home = Home::of(&db);
        home.write("books.beancount", LEDGER);
        for command in COMMANDS {
            home.run(command)
                .failed_in_one_line_with(&["not migrated", "tallystick migrate up"]);
        }
        let home = home.with("TALLYSTICK__DATABASE__MIGRATE_ON_START", "true").with_user();
        home.json(&IMPORT);
    }

    async fn a_ledger_that_no_longer_holds_what_was_imported_is_refused(db) {
        let home = Home::of(&db).with_user();
        home.write("books.beancount", LEDGER);
        home.json(&IMPORT);
        let before = counts(&db).await;
        home.write("books.beancount", &LEDGER.replace("20 PRIV {5.25 USD}", "21 PRIV {5.25 USD}"));
        home.run(&IMPORT).failed_with(&["2024-01-04", "Buy"]);
        assert_eq!(counts(&db).await, before);
    }
}

const TABLES: [&str; 6] = [
    "portfolios",
    "transactions",
    "lots",
    "lot_closures",
    "portfolio_cash_flows",
    "imports",
];

/// How many rows an import would have written, table by table, for whomever.
pub async fn counts(db: &TestDatabase) -> Vec<i64> {
    let mut counts = Vec::new();
    let owner = db.owner().await;
    for table in TABLES {
        let reader = owner.reader();
        let question = format!("SELECT count(*) AS n FROM {table}");
        let statement = sea_orm::Statement::from_string(reader.get_database_backend(), question);
        let row = reader.query_one_raw(statement).await.unwrap().unwrap();
        counts.push(row.try_get("", "n").unwrap());
    }
    counts
}

#[test]
fn a_ledger_that_is_not_there_is_named() {
    let home = Home::new();
    for command in [
        &["ledger", "value", "none.beancount", "--accounts", "Assets"][..],
        &[
            "pack",
            "build",
            "--asof",
            "2024-01-01",
            "--ledger",
            "none.beancount",
        ],
    ] {
        home.run(command).failed_with(&["none.beancount"]);
    }
}

#[test]
fn accounts_that_are_not_there_are_answered_with_near_ones() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    home.run(&[
        "ledger",
        "value",
        "books.beancount",
        "--accounts",
        "Assets:Brokers",
    ])
    .failed_in_one_line_with(&["Assets:Brokers", "Assets:Broker"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_process_holds_is_refused() {
    let db = TestDatabase::sqlite().await;
    let home = Home::of(&db)
        .with("TALLYSTICK__DATABASE__BUSY_TIMEOUT_MS", "100")
        .with_user();
    home.write("books.beancount", LEDGER);
    let (held, holds) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let database = db.database.clone();
    let holder = tokio::spawn(async move {
        let work = async move |_| {
            held.send(()).unwrap();
            let _ = released.await;
            Ok::<_, db::Error>(())
        };
        database.write_without_retry(work).await
    });
    holds.await.unwrap();
    home.run(&IMPORT)
        .failed_in_one_line_with(&["locked by another process", "try again"]);
    release.send(()).unwrap();
    holder.await.unwrap().unwrap();
    home.json(&IMPORT);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_refused() {
    let db = TestDatabase::sqlite().await;
    db.ctx().await;
    let home = Home::on(&format!("{}?mode=ro", db.url));
    home.write("books.beancount", LEDGER);
    home.run(&IMPORT)
        .failed_in_one_line_with(&["read-only", "right to write"]);
    assert_eq!(
        home.json(&["pack", "list", "--json"]),
        json!({ "items": [] })
    );
}

#[tokio::test]
async fn a_server_that_only_reads_is_refused() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    db.ctx().await;
    let name = db.url.rsplit('/').next().unwrap();
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    db.owner()
        .await
        .execute_unprepared(&read_only)
        .await
        .unwrap();
    let home = Home::of(&db);
    home.write("books.beancount", LEDGER);
    home.run(&IMPORT).failed_in_one_line_with(&["read-only"]);
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let home = Home::on("sqlite://books.beancount");
    home.write("books.beancount", &LEDGER.repeat(4));
    home.run(&["pack", "list"])
        .failed_in_one_line_with(&["not an SQLite database"]);
}
