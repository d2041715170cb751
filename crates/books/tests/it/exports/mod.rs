//! Exports, held against what they are read by: Beancount, our own imports, readers of Parquet.

mod bean_check;
mod beancount;
mod columns;
mod documents;
mod random;
mod stories;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use books::{
    Error,
    booked::{BookedLots, booked_lots},
    export::{Format, export},
    holdings::{AsOf, Holdings, holdings},
    portfolios, transactions,
};
use chrono::NaiveDate;
use entity::{books::transaction, values::PortfolioId};
use identity::Ctx;
use rust_decimal::Decimal;

use crate::setup::date;

/// A portfolio as it is exported, with all its days.
pub async fn exported(ctx: &Ctx, portfolio: PortfolioId, format: Format) -> Vec<u8> {
    exported_at(ctx, portfolio, format, "9999-12-31")
        .await
        .unwrap()
}

pub async fn exported_at(
    ctx: &Ctx,
    portfolio: PortfolioId,
    format: Format,
    day: &str,
) -> Result<Vec<u8>, Error> {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find(ctx, reader, portfolio).await?;
    let asof = AsOf {
        date: date(day),
        revision: None,
    };
    let mut out = Vec::new();
    let done = export(ctx, reader, &portfolio, asof, format, &mut out).await?;
    assert_eq!(done.books_revision, portfolio.books_revision);
    Ok(out)
}

pub async fn text(ctx: &Ctx, portfolio: PortfolioId, format: Format) -> String {
    String::from_utf8(exported(ctx, portfolio, format).await).unwrap()
}

/// Those that count, in the order of their dates.
pub async fn live(ctx: &Ctx, portfolio: PortfolioId) -> Vec<transaction::Model> {
    let page = db::page::Page {
        after: None,
        limit: 100_000,
    };
    let filter = transactions::Filter::default();
    let reader = ctx.database.reader();
    let listed = transactions::list(ctx, reader, portfolio, &filter, &page).await;
    let mut rows = listed.unwrap().items;
    rows.retain(|row| row.voided_at.is_none());
    rows.sort_by_key(|row| (row.trade_date, row.sequence, row.id));
    rows
}

/// The days on which something happened, and one before and after.
pub async fn days(ctx: &Ctx, portfolio: PortfolioId) -> BTreeSet<NaiveDate> {
    let mut days: BTreeSet<NaiveDate> = live(ctx, portfolio)
        .await
        .iter()
        .map(|row| row.trade_date)
        .collect();
    days.extend([date("1990-01-01"), date("2190-01-01")]);
    days
}

pub async fn held_at(ctx: &Ctx, portfolio: PortfolioId, day: NaiveDate) -> Holdings {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find(ctx, reader, portfolio).await.unwrap();
    let asof = AsOf {
        date: day,
        revision: None,
    };
    holdings(ctx, reader, &portfolio, asof).await.unwrap()
}

pub async fn lots_at(ctx: &Ctx, portfolio: PortfolioId, day: NaiveDate) -> BookedLots {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find(ctx, reader, portfolio).await.unwrap();
    let asof = AsOf {
        date: day,
        revision: None,
    };
    booked_lots(ctx, reader, &portfolio, asof, None)
        .await
        .unwrap()
}

/// What a ledger's cost may be off by: each sale of a part of a lot rounds its cost to 12 decimals.
pub fn assert_near(one: Decimal, other: Decimal, what: &str) {
    let distance = (one - other).abs();
    assert!(distance < Decimal::new(1, 9), "{what}: {one} and {other}");
}

/// Where units come or go at a cost that has no end, an import of a ledger counts that cost as cash that went out
/// and came back, to 28 digits.
fn assert_near_cash(one: &Holdings, other: &Holdings) {
    let balances = |held: &Holdings| -> BTreeMap<String, Decimal> {
        let all = held.cash.iter();
        all.map(|cash| (cash.currency.clone(), cash.amount.decimal().round_dp(12)))
            .filter(|(_, amount)| !amount.is_zero())
            .collect()
    };
    assert_eq!(balances(one), balances(other), "cash on {}", one.asof_date);
}

/// Two portfolios hold the same on every day: units exactly, cash and costs but for rounding.
pub async fn assert_same_positions(ctx: &Ctx, one: PortfolioId, other: PortfolioId) {
    for day in days(ctx, one).await {
        assert_same_on(ctx, one, other, day).await;
    }
}

pub async fn assert_same_on(ctx: &Ctx, one: PortfolioId, other: PortfolioId, day: NaiveDate) {
    let (a, b) = (held_at(ctx, one, day).await, held_at(ctx, other, day).await);
    assert_near_cash(&a, &b);
    let units = |held: &Holdings| -> Vec<_> {
        let all = held.securities.iter();
        let mut units: Vec<_> = all
            .map(|held| {
                let units = held.quantity.decimal().round_dp(18).normalize();
                (symbol(&held.security.symbol), units, held.open_lots)
            })
            .collect();
        units.sort();
        units
    };
    assert_eq!(units(&a), units(&b), "units on {day}");
    for a in &a.securities {
        let symbol = symbol(&a.security.symbol);
        let same = |b: &&books::holdings::Holding| symbol == self::symbol(&b.security.symbol);
        let b = b.securities.iter().find(same).unwrap();
        match (a.cost_basis, b.cost_basis) {
            (Some(a), Some(b)) => {
                assert_near(a.decimal(), b.decimal(), &format!("{symbol} on {day}"));
            }
            (a, b) => assert_eq!(a, b, "{symbol} on {day}"),
        }
    }
}

/// What a security is called in a ledger where its own symbol is not allowed.
fn symbol(symbol: &str) -> String {
    match symbol {
        "X-7203-T" => "7203/T",
        "X-BAM" => "BAM",
        other => other,
    }
    .to_owned()
}

/// Symbol, day of acquisition and units of each open lot, with its cost.
pub fn open_lots(lots: &BookedLots) -> Vec<((String, NaiveDate, Decimal), Decimal)> {
    let open = lots.open.iter().map(|(security, lot)| {
        let symbol = symbol(&lots.securities[security].symbol);
        let units = lot.quantity.round_dp(18).normalize();
        ((symbol, lot.acquired_on, units), lot.cost)
    });
    let mut open: Vec<_> = open.collect();
    open.sort();
    open
}
