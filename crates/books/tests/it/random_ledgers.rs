//! Random ledgers that grow and are imported again and again: the books always say what the ledger
//! says, for every date and for every revision.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use books::{
    holdings::{self, AsOf, Holdings},
    portfolios,
};
use chrono::NaiveDate;
use entity::{
    books::{lot, lot_closure, portfolio, transaction},
    values::{LotId, Money, PortfolioId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use testkit::TestDatabase;

use crate::{
    growing_ledger::growing_ledger,
    random::check_cases,
    setup::{Source, date, import, request},
};

async fn check_growth(ctx: &Ctx, name: String, states: Vec<String>) {
    let mut revisions: BTreeMap<i64, Source> = BTreeMap::new();
    for text in states {
        let source = Source::parse(&text);
        let report = import(ctx, &source, request(&name)).await.unwrap();
        assert_eq!(
            report.already_present + report.transactions,
            source.view.entries.len()
        );
        let reader = ctx.database.reader();
        let portfolio = portfolios::find_by_name(ctx, reader, &name).await.unwrap();
        assert_eq!(portfolio.books_revision, report.books_revision);
        revisions.insert(report.books_revision, source);
        for (revision, source) in &revisions {
            assert_as_ledger(ctx, &portfolio, *revision, source).await;
        }
        assert_rows_agree(ctx, portfolio.id).await;
    }
}

/// Compares with the ledger as it was then, and with the ledger's own sums, on every day.
async fn assert_as_ledger(ctx: &Ctx, portfolio: &portfolio::Model, revision: i64, source: &Source) {
    let mut days: BTreeSet<NaiveDate> = source
        .view
        .entries
        .iter()
        .map(|entry| entry.trade_date)
        .collect();
    days.extend([date("2019-12-31"), date("2030-01-01")]);
    for date in days {
        let asof = AsOf {
            date,
            revision: Some(revision),
        };
        let reader = ctx.database.reader();
        let mut held = holdings::holdings(ctx, reader, portfolio, asof)
            .await
            .unwrap();
        assert_eq!(held.books_revision, revision);
        assert_as_ledgers_own_sums(source, &held);
        held.books_revision = 0;
        held.securities
            .iter_mut()
            .for_each(|holding| holding.security.id = None);
        let alone = holdings::from_ledger(&source.ledger, &source.view, date, "USD").unwrap();
        assert_eq!(held, alone);
    }
}

fn assert_as_ledgers_own_sums(source: &Source, held: &Holdings) {
    let sums = source.view.holdings(Some(held.asof_date)).unwrap();
    let expected: Vec<_> = sums
        .securities
        .iter()
        .map(|h| (h.symbol.as_str(), h.quantity.normalize(), h.open_lots))
        .collect();
    let found: Vec<_> = held
        .securities
        .iter()
        .map(|h| {
            (
                h.security.symbol.as_str(),
                h.quantity.decimal(),
                h.open_lots,
            )
        })
        .collect();
    assert_eq!(found, expected);
    let cash: Vec<_> = sums
        .cash
        .iter()
        .map(|c| (c.currency.as_str(), c.amount.normalize()))
        .collect();
    let found: Vec<_> = held
        .cash
        .iter()
        .map(|c| (c.currency.as_str(), c.amount.decimal()))
        .collect();
    assert_eq!(found, cash);
    let in_dollars = held.securities.iter().find(|h| h.security.symbol == "AAA");
    let cost = in_dollars.and_then(|h| h.cost_basis).map(Money::decimal);
    let expected = sums.securities.iter().find(|h| h.symbol == "AAA");
    let expected = expected
        .and_then(|h| h.cost_basis.first())
        .map(|c| c.amount.normalize());
    assert_eq!(cost, expected);
}

/// The stored sums are those of the rows they are made of.
async fn assert_rows_agree(ctx: &Ctx, id: PortfolioId) {
    let reader = ctx.database.reader();
    let closures = lot_closure::Entity::find()
        .filter(lot_closure::Column::PortfolioId.eq(id))
        .all(reader)
        .await
        .unwrap();
    let mut taken: HashMap<LotId, Decimal> = HashMap::new();
    for closure in closures {
        *taken.entry(closure.lot_id).or_default() += closure.quantity.decimal();
        let gain = closure.proceeds.checked_sub(closure.cost_basis).unwrap();
        assert_eq!(closure.realized_gain, gain);
    }
    let lots = lot::Entity::find()
        .filter(lot::Column::PortfolioId.eq(id))
        .all(reader)
        .await
        .unwrap();
    let mut open = Decimal::ZERO;
    for lot in lots {
        let left =
            lot.quantity_original.decimal() - taken.get(&lot.id).copied().unwrap_or_default();
        assert_eq!(lot.quantity_open.decimal(), left);
        assert_eq!(lot.closed_on.is_some(), left.is_zero());
        open += left;
    }
    let traded: Decimal = transaction::Entity::find()
        .filter(transaction::Column::PortfolioId.eq(id))
        .filter(transaction::Column::Kind.is_in(["buy", "sell"]))
        .all(reader)
        .await
        .unwrap()
        .iter()
        .map(|row| row.quantity.decimal())
        .sum();
    assert_eq!(open, traded);
}

fn check_random_ledgers(cases: u32, database: impl AsyncFnOnce() -> Option<TestDatabase>) {
    check_cases(cases, growing_ledger(), database, &check_growth);
}

#[test]
fn growing_ledgers_on_sqlite() {
    check_random_ledgers(48, async || Some(TestDatabase::sqlite().await));
}

#[test]
fn growing_ledgers_on_postgres() {
    check_random_ledgers(8, TestDatabase::postgres);
}
