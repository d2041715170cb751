//! Exports as Beancount: accepted by Beancount itself, and the same books where they are imported.

use books::{export::Format, portfolios};
use entity::values::{LotMethod, PortfolioId};
use identity::Ctx;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::Value;

use super::{
    assert_near, assert_same_on, assert_same_positions, bean_check::assert_accepted, days, lots_at,
    open_lots, random::random, stories::every_kind, text,
};
use crate::{
    growing_ledger::growing_ledger,
    setup::{Source, date, import, request},
};

/// The accounts that the head of an export says are the portfolio's.
fn accounts(text: &str) -> &str {
    let (_, rest) = text.split_once("--accounts ").unwrap();
    rest.split(' ').next().unwrap()
}

/// Imports an export into a new portfolio.
async fn imported(ctx: &Ctx, text: &str, name: &str) -> PortfolioId {
    let ledger = ledger::parse("export.beancount", text);
    let ledger = ledger.unwrap_or_else(|faults| panic!("{faults}\n{text}"));
    let source = Source::of(ledger, &[accounts(text)]);
    import(ctx, &source, request(name)).await.unwrap();
    let reader = ctx.database.reader();
    portfolios::find_by_name(ctx, reader, name)
        .await
        .unwrap()
        .id
}

/// The same lots are open on each day.
async fn assert_same_lots(ctx: &Ctx, one: PortfolioId, other: PortfolioId) {
    for day in days(ctx, one).await {
        let a = open_lots(&lots_at(ctx, one, day).await);
        let b = open_lots(&lots_at(ctx, other, day).await);
        assert_eq!(a.len(), b.len(), "lots on {day}");
        for ((a, cost), (b, other)) in a.iter().zip(&b) {
            assert_eq!(a, b, "lots on {day}");
            assert_near(*cost, *other, &format!("a lot of {} on {day}", a.0));
        }
    }
}

/// What follows a ledger, and its export imported.
async fn there_and_back(ctx: &Ctx, source: &Source, name: &str) -> (PortfolioId, PortfolioId) {
    import(ctx, source, request(name)).await.unwrap();
    let reader = ctx.database.reader();
    let id = portfolios::find_by_name(ctx, reader, name)
        .await
        .unwrap()
        .id;
    let written = text(ctx, id, Format::Beancount).await;
    assert_accepted(std::slice::from_ref(&written));
    let back = imported(ctx, &written, &format!("{name} back")).await;
    (id, back)
}

fn random_ledgers(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let ledgers = growing_ledger();
    let mut ledger = || {
        let states = ledgers.new_tree(&mut runner).unwrap().current();
        states.last().unwrap().clone()
    };
    (0..count).map(|_| ledger()).collect()
}

testkit::on_both_engines! {
    async fn random_ledgers_come_back(db) {
        let ctx = db.ctx().await;
        for (number, ledger) in random_ledgers(12).iter().enumerate() {
            let name = format!("Ledger {number}");
            let (id, back) = there_and_back(&ctx, &Source::parse(ledger), &name).await;
            assert_same_positions(&ctx, id, back).await;
            assert_same_lots(&ctx, id, back).await;
        }
    }

    async fn the_example_ledger_comes_back(db) {
        let (Some(file), Some(expected)) = (
            testkit::shared_data("ledger/example.beancount"),
            testkit::shared_data("ledger/expected-positions.json"),
        ) else {
            return;
        };
        let expected: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(expected).unwrap()).unwrap();
        let ctx = db.ctx().await;
        for case in expected {
            let accounts = case["accounts"].as_str().unwrap();
            let source = Source::of(ledger::load(&file).unwrap(), &[accounts]);
            let (id, back) = there_and_back(&ctx, &source, accounts).await;
            assert_same_on(&ctx, id, back, date(case["asof"].as_str().unwrap())).await;
        }
    }

    async fn every_kind_of_transaction_comes_back(db) {
        let ctx = db.ctx().await;
        let id = every_kind(&ctx, "Fees & Taxes").await;
        let written = text(&ctx, id, Format::Beancount).await;
        assert_accepted(std::slice::from_ref(&written));
        let back = imported(&ctx, &written, "Back").await;
        assert_same_positions(&ctx, id, back).await;
        assert_same_lots(&ctx, id, back).await;
        // Once more, as what follows a ledger.
        let again = text(&ctx, back, Format::Beancount).await;
        assert_accepted(std::slice::from_ref(&again));
        let third = imported(&ctx, &again, "Third").await;
        assert_same_positions(&ctx, back, third).await;
        assert_same_lots(&ctx, back, third).await;
    }

    async fn random_histories_come_back_by_each_method(db) {
        let ctx = db.ctx().await;
        let methods = [LotMethod::Fifo, LotMethod::Lifo, LotMethod::Hifo, LotMethod::Average];
        let mut texts = Vec::new();
        for seed in 0..16 {
            let method = methods[usize::try_from(seed).unwrap() % methods.len()];
            let id = random(&ctx, &format!("Random {seed}"), method, seed).await;
            let written = text(&ctx, id, Format::Beancount).await;
            assert_accepted(std::slice::from_ref(&written));
            let back = imported(&ctx, &written, &format!("Back {seed}")).await;
            assert_same_positions(&ctx, id, back).await;
            if method != LotMethod::Average {
                assert_same_lots(&ctx, id, back).await;
            }
            texts.push(written);
        }
    }
}
