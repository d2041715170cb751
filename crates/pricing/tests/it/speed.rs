//! How long large work takes: `cargo nextest run -p pricing --run-ignored only --no-capture`.

use std::{fmt::Write, time::Instant};

use pricing::{DEFAULT_POLICY, build, load::Format, packs};
use testkit::TestDatabase;

use crate::{add_securities, date, load_prices, mark_fresh, new_pack, samples::SYMBOLS};

#[tokio::test]
#[ignore = "measures"]
async fn ten_years_of_daily_packs_on_sqlite() {
    build_ten_years(TestDatabase::sqlite().await).await;
}

#[tokio::test]
#[ignore = "measures"]
async fn ten_years_of_daily_packs_on_postgres() {
    if let Some(db) = TestDatabase::postgres().await {
        build_ten_years(db).await;
    }
}

#[tokio::test]
#[ignore = "measures"]
async fn one_pack_of_fifty_thousand_prices_on_sqlite() {
    load_large_pack(TestDatabase::sqlite().await).await;
}

#[tokio::test]
#[ignore = "measures"]
async fn one_pack_of_fifty_thousand_prices_on_postgres() {
    if let Some(db) = TestDatabase::postgres().await {
        load_large_pack(db).await;
    }
}

async fn load_large_pack(db: TestDatabase) {
    let ctx = db.ctx().await;
    let engine = ctx.database.engine();
    let symbols: Vec<String> = (0..50_000).map(|number| format!("S{number}")).collect();
    let securities: Vec<(&str, &str)> = symbols.iter().map(|s| (s.as_str(), "USD")).collect();
    add_securities(&ctx, &securities).await;
    let pack = new_pack(&ctx, "2025-10-21").await;
    let file = format!(
        "symbol,close,currency\n{},1.25,USD\n",
        symbols.join(",1.25,USD\n")
    );
    let begun = Instant::now();
    load_prices(&ctx, &pack.id, Format::Csv, file)
        .await
        .unwrap();
    println!("{engine}: 50,000 prices loaded in {:?}", begun.elapsed());
    let begun = Instant::now();
    mark_fresh(&ctx, &pack.id).await.unwrap();
    println!("{engine}: frozen in {:?}", begun.elapsed());
    let begun = Instant::now();
    packs::proof(&ctx, ctx.database.reader(), &pack.id, "S777")
        .await
        .unwrap();
    println!("{engine}: proof in {:?}", begun.elapsed());
}

async fn build_ten_years(db: TestDatabase) {
    let ctx = db.ctx().await;
    add_securities(&ctx, &SYMBOLS.map(|symbol| (symbol, "USD"))).await;
    let dates: Vec<_> = date("2015-10-21").iter_days().take(2_600).collect();
    let mut text = String::from("2015-01-01 open Assets:A\n2015-01-01 open Equity:E\n");
    writeln!(
        text,
        "2015-01-02 * \"b\"\n  Assets:A  1 BAM {{1 USD}}\n  Equity:E"
    )
    .unwrap();
    for (day, asof) in dates.iter().enumerate() {
        for name in SYMBOLS.iter().chain(&["EUR", "CAD", "GBP"]) {
            writeln!(text, "{asof} price {name} {}.{:04} USD", day % 90 + 10, day).unwrap();
        }
    }
    let ledger = ledger::parse("ten-years.beancount", &text).unwrap();
    let caller = ctx.clone();
    let begun = Instant::now();
    let work = async |tx| {
        let packs =
            build::many_from_ledger(&caller, &tx, &ledger, &dates, DEFAULT_POLICY, true, |_| {})
                .await;
        println!(
            "{}: {packs:?} packs in {:?}",
            caller.database.engine(),
            begun.elapsed()
        );
        packs
    };
    assert_eq!(ctx.database.write(work).await.unwrap(), 2_600);
    println!(
        "{}: committed after {:?}",
        ctx.database.engine(),
        begun.elapsed()
    );
    let begun = Instant::now();
    let latest = packs::latest(&ctx, ctx.database.reader(), DEFAULT_POLICY)
        .await
        .unwrap()
        .unwrap();
    println!(
        "{}: the latest in {:?}",
        ctx.database.engine(),
        begun.elapsed()
    );
    let verified = packs::verify(&ctx, ctx.database.reader(), &latest.id)
        .await
        .unwrap();
    assert!(verified.matches && verified.rows == 12);
}
