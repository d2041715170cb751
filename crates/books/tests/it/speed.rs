//! How long the example ledger takes; prints, asserts nothing. Run in release:
//! `cargo test --release -p books -- --ignored --nocapture speed`.

use std::time::Instant;

use books::{
    holdings::{self, AsOf},
    portfolios,
};

use testkit::TestDatabase;

use crate::setup::{Source, import, request};

#[tokio::test]
#[ignore = "prints how long it takes"]
async fn speed_on_sqlite() {
    print_speed(TestDatabase::sqlite().await).await;
}

#[tokio::test]
#[ignore = "prints how long it takes"]
async fn speed_on_postgres() {
    if let Some(db) = TestDatabase::postgres().await {
        print_speed(db).await;
    }
}

async fn print_speed(db: TestDatabase) {
    let Some(file) = testkit::shared_data("ledger/example.beancount") else {
        return;
    };
    let ctx = db.ctx().await;
    let start = Instant::now();
    let ledger = ledger::load(&file).unwrap();
    println!("load {:?}", start.elapsed());
    let source = Source::of(ledger, &["Assets"]);
    println!(
        "{} entries, {} lots, {} openings, {} closures",
        source.view.entries.len(),
        source.view.lots.len(),
        source.view.openings.len(),
        source.view.closures.len()
    );
    for round in 0..8 {
        let name = format!("round {round}");
        let start = Instant::now();
        let report = import(&ctx, &source, request(&name)).await.unwrap();
        let imported = start.elapsed();
        let start = Instant::now();
        import(&ctx, &source, request(&name)).await.unwrap();
        let again = start.elapsed();
        let reader = ctx.database.reader();
        let portfolio = portfolios::find_by_name(&ctx, reader, &name).await.unwrap();
        let start = Instant::now();
        let asof = AsOf {
            date: ctx.today(),
            revision: None,
        };
        holdings::holdings(&ctx, reader, &portfolio, asof)
            .await
            .unwrap();
        let held = start.elapsed();
        println!(
            "import {imported:?} again {again:?} holdings {held:?} {} flows",
            report.cash_flows
        );
    }
}
