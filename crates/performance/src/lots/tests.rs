use std::collections::BTreeMap;

use books::{
    booked::BookedLots,
    booking::{LotKey, OpenLot},
    holdings::SecurityRef,
};
use chrono::NaiveDate;
use entity::values::{LotMethod, PriceAdjustment, SecurityId, SecurityKind, TransactionId};
use pricing::{
    content::{Content, FxRow, PriceRow},
    quotes::Quotes,
};

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn quotes() -> Quotes {
    let date = day("2024-06-28");
    let price = |symbol: &str, close: &str, currency: &str| PriceRow {
        symbol: symbol.to_owned(),
        close: close.parse().unwrap(),
        currency: currency.to_owned(),
        open: None,
        high: None,
        low: None,
        volume: None,
        source: "test".to_owned(),
        adjustment: PriceAdjustment::Raw,
    };
    let rate = |base: &str, quote: &str, rate: &str| FxRow {
        base: base.to_owned(),
        quote: quote.to_owned(),
        rate: rate.parse().unwrap(),
        source: "test".to_owned(),
    };
    Quotes::from_content(&Content {
        policy: "CLOSE".to_owned(),
        asof_date: date,
        prices: vec![price("NKE", "120", "USD"), price("SAP", "200", "EUR")],
        fx_rates: vec![rate("EUR", "USD", "1.1")],
    })
}

/// `(symbol, acquired on, units, cost, currency, cost in USD)`.
type Lot<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, Option<&'a str>);

fn booked(lots: &[Lot<'_>]) -> BookedLots {
    let mut securities = BTreeMap::new();
    let mut ids = BTreeMap::new();
    let mut open = Vec::new();
    for (symbol, acquired_on, quantity, cost, currency, base) in lots {
        let id = *ids.entry(*symbol).or_insert_with(SecurityId::new);
        securities.insert(
            id,
            SecurityRef {
                id: Some(id),
                symbol: (*symbol).to_owned(),
                name: (*symbol).to_owned(),
                kind: SecurityKind::Equity,
                currency: (*currency).to_owned(),
                sector: None,
                country: None,
            },
        );
        let lot = OpenLot {
            key: LotKey {
                opened_by: TransactionId::new(),
                ordinal: 0,
            },
            acquired_on: day(acquired_on),
            quantity: quantity.parse().unwrap(),
            cost: cost.parse().unwrap(),
            cost_base: base.map(|base| base.parse().unwrap()),
            currency: (*currency).to_owned(),
        };
        open.push((id, lot));
    }
    BookedLots {
        method: LotMethod::Fifo,
        books_revision: 1,
        openings: Vec::new(),
        closings: Vec::new(),
        open,
        securities,
    }
}

fn told(money: Option<Money>) -> String {
    money.map_or_else(|| "unknown".to_owned(), |money| money.to_string())
}

fn figures(value: Value) -> [String; 3] {
    [value.cost_basis, value.market_value, value.unrealized_gain].map(told)
}

#[test]
fn a_lot_gains_in_its_own_currency_and_in_base_by_the_rates_of_both_days() {
    // Bought at 1 EUR = 1.2 USD, valued at 1.1: a gain of 50 EUR, of which the rate takes 15 USD.
    let lots = booked(&[("SAP", "2024-06-01", "1", "150", "EUR", Some("180"))]);
    let valued = value(&lots, Some(&quotes()), "USD", day("2024-06-30")).unwrap();
    let item = &valued.items[0];
    assert_eq!(figures(item.value), ["150", "200", "50"]);
    assert_eq!(figures(item.value_base), ["180", "220", "40"]);
    assert_eq!((item.holding_days, item.is_long_term), (29, false));
    assert_eq!(valued.warnings, []);
}

#[test]
fn a_lot_is_long_term_only_after_the_day_a_year_on() {
    let acquired = ["2023-06-29", "2023-06-30", "2023-07-01", "2025-01-01"];
    let lots: Vec<_> = acquired
        .iter()
        .map(|day| ("NKE", *day, "1", "100", "USD", Some("100")))
        .collect();
    let valued = value(&booked(&lots), Some(&quotes()), "USD", day("2024-06-30")).unwrap();
    let terms: Vec<_> = valued
        .items
        .iter()
        .map(|item| (item.holding_days, item.is_long_term))
        .collect();
    assert_eq!(terms, [(367, true), (366, false), (365, false), (0, false)]);
    let gain = &valued.totals.base.unrealized_gain;
    assert_eq!(
        (told(Some(gain.short_term)), told(Some(gain.long_term))),
        ("60".into(), "20".into())
    );
}

#[test]
fn a_short_gains_when_the_price_falls() {
    let lots = booked(&[("NKE", "2024-06-01", "-2", "-300", "USD", Some("-300"))]);
    let valued = value(&lots, Some(&quotes()), "USD", day("2024-06-30")).unwrap();
    assert_eq!(figures(valued.items[0].value), ["-300", "-240", "60"]);
}

#[test]
fn what_is_missing_is_unknown_and_told_once() {
    let lots = booked(&[
        ("GONE", "2024-01-02", "1", "10", "USD", Some("10")),
        ("GONE", "2024-01-03", "1", "10", "USD", Some("10")),
        ("NKE", "2024-01-02", "1", "90", "CHF", None),
    ]);
    let valued = value(&lots, Some(&quotes()), "USD", day("2024-06-30")).unwrap();
    assert_eq!(figures(valued.items[0].value), ["10", "unknown", "unknown"]);
    assert_eq!(figures(valued.items[2].value), ["90", "unknown", "unknown"]);
    assert_eq!(
        figures(valued.items[2].value_base),
        ["unknown", "120", "unknown"]
    );
    let codes: Vec<_> = valued.warnings.iter().map(|warning| warning.code).collect();
    assert_eq!(
        codes,
        ["price_missing", "fx_rate_missing", "fx_rate_missing"]
    );
    let base = &valued.totals.base;
    assert_eq!(
        (told(Some(base.cost_basis)), told(Some(base.market_value))),
        ("20".into(), "120".into())
    );
    let without = value(&lots, None, "USD", day("2024-06-30")).unwrap();
    assert_eq!(
        figures(without.items[0].value_base),
        ["10", "unknown", "unknown"]
    );
    assert_eq!(without.warnings.len(), 1);
}
