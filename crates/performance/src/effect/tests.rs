use std::collections::HashSet;

use books::holdings::{CashBalance, Holding, Holdings, SecurityRef};
use chrono::NaiveDate;
use entity::values::{PriceAdjustment, SecurityKind};
use pricing::{
    content::{Content, FxRow, PriceRow, RowKey, diff},
    quotes::Quotes,
};
use proptest::{collection, option, prelude::*, sample};
use rust_decimal::Decimal;

use super::{Cause, Effects, of_rows};
use crate::valuation;

const CURRENCIES: [&str; 4] = ["CAD", "EUR", "JPY", "USD"];
const SECURITIES: [(&str, &str); 6] = [
    ("AAPL", "USD"),
    ("BTI", "EUR"),
    ("CNR", "CAD"),
    ("NKE", "USD"),
    ("SONY", "JPY"),
    ("ZAL", "EUR"),
];

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 10, 21).unwrap()
}

fn holdings(base: &str, held: &[(&str, &str)], cash: &[(&str, &str)]) -> Holdings {
    let holding = |(symbol, quantity): &(&str, &str)| Holding {
        security: SecurityRef {
            id: None,
            symbol: (*symbol).to_owned(),
            name: (*symbol).to_owned(),
            kind: SecurityKind::Equity,
            currency: "USD".to_owned(),
            sector: None,
            country: None,
        },
        quantity: quantity.parse().unwrap(),
        cost_basis: None,
        missing_cost_rate: None,
        open_lots: 1,
    };
    let balance = |(currency, amount): &(&str, &str)| CashBalance {
        currency: (*currency).to_owned(),
        amount: amount.parse().unwrap(),
    };
    Holdings {
        base_currency: base.to_owned(),
        asof_date: day(),
        books_revision: 7,
        securities: held.iter().map(holding).collect(),
        cash: cash.iter().map(balance).collect(),
    }
}

fn pack(policy: &str, prices: &[(&str, &str)], rates: &[(&str, &str, &str)]) -> Content {
    let currency = |symbol: &str| SECURITIES.iter().find(|one| one.0 == symbol).unwrap().1;
    let price = |(symbol, close): &(&str, &str)| PriceRow {
        symbol: (*symbol).to_owned(),
        close: close.parse().unwrap(),
        currency: currency(symbol).to_owned(),
        open: None,
        high: None,
        low: None,
        volume: None,
        source: "test".to_owned(),
        adjustment: PriceAdjustment::Raw,
    };
    let rate = |(base, quote, rate): &(&str, &str, &str)| FxRow {
        base: (*base).to_owned(),
        quote: (*quote).to_owned(),
        rate: rate.parse().unwrap(),
        source: "test".to_owned(),
    };
    Content {
        asof_date: day(),
        policy: policy.to_owned(),
        prices: prices.iter().map(price).collect(),
        fx_rates: rates.iter().map(rate).collect(),
    }
}

fn effects(held: &Holdings, old: &Content, new: &Content) -> Effects {
    let changes = diff(old, new);
    let (old, new) = (Quotes::from_content(old), Quotes::from_content(new));
    of_rows(held, old, &new, changes.iter().map(|row| &row.key)).unwrap()
}

fn parts(effects: &Effects) -> Vec<(String, String)> {
    let name = |cause: &Cause| match cause {
        Cause::Row(RowKey::Price { symbol }) => symbol.clone(),
        Cause::Row(RowKey::Fx { base, quote }) => format!("{base}/{quote}"),
        Cause::Pivot => "pivot".to_owned(),
    };
    let parts = effects.parts.iter();
    parts
        .map(|part| (name(&part.cause), part.amount.to_string()))
        .collect()
}

fn expected(parts: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, amount): &(&str, &str)| ((*name).to_owned(), (*amount).to_owned());
    parts.iter().map(owned).collect()
}

/// 10 · (91 − 90.50) · 1.37, then (10 · 91 + 100) · (1.38 − 1.37).
#[test]
fn prices_move_the_value_at_the_old_rate_and_rates_at_the_new_prices() {
    let held = holdings(
        "CAD",
        &[("CNR", "3"), ("NKE", "10")],
        &[("CAD", "5"), ("USD", "100")],
    );
    let old = pack(
        "P",
        &[("CNR", "160"), ("NKE", "90.50"), ("AAPL", "1")],
        &[("USD", "CAD", "1.37")],
    );
    let new = pack(
        "P",
        &[("CNR", "159.5"), ("NKE", "91"), ("AAPL", "2")],
        &[("USD", "CAD", "1.38")],
    );
    let found = effects(&held, &old, &new);
    assert_eq!(
        parts(&found),
        expected(&[("CNR", "-1.5"), ("NKE", "6.85"), ("USD/CAD", "10.1")])
    );
    assert_eq!(found.change.to_string(), "15.45");
    assert_eq!(found.old_value.to_string(), "1861.85");
    assert_eq!(found.new_value.to_string(), "1877.3");
    assert_eq!((found.books_revision, found.asof_date), (7, day()));
    let back = effects(&held, &new, &old);
    assert_eq!(
        parts(&back),
        expected(&[("CNR", "1.5"), ("NKE", "-6.9"), ("USD/CAD", "-10.05")])
    );
}

#[test]
fn a_row_that_comes_or_goes_moves_the_value_by_what_it_makes_known() {
    let held = holdings("CAD", &[("BTI", "10"), ("NKE", "2")], &[]);
    let old = pack(
        "P",
        &[("NKE", "100")],
        &[("USD", "CAD", "1.4"), ("EUR", "USD", "1.1")],
    );
    let new = pack(
        "P",
        &[("BTI", "30")],
        &[("USD", "CAD", "1.4"), ("EUR", "CAD", "1.5")],
    );
    let found = effects(&held, &old, &new);
    assert_eq!(
        parts(&found),
        expected(&[
            // Through the dollar at first: 10 · 30 · 1.1 · 1.4.
            ("BTI", "462"),
            ("NKE", "-280"),
            // Then by a rate of its own, 1.5, after which the other one is of no account.
            ("EUR/CAD", "-12"),
        ])
    );
    assert_eq!(found.change.to_string(), "170");
    assert_eq!((found.old_warnings.len(), found.new_warnings.len()), (1, 1));
}

#[test]
fn another_pivot_is_a_part_of_its_own() {
    let held = holdings("CAD", &[], &[("JPY", "1000")]);
    let rates = [
        ("EUR", "JPY", "160"),
        ("EUR", "CAD", "1.6"),
        ("USD", "JPY", "150"),
        ("USD", "CAD", "1.2"),
    ];
    let found = effects(
        &held,
        &pack("P", &[], &rates),
        &pack("P_VIA_EUR", &[], &rates),
    );
    assert_eq!(parts(&found), expected(&[("pivot", "2")]));
    assert_eq!(found.change.to_string(), "2");
}

#[test]
fn alike_packs_move_nothing() {
    let held = holdings("CAD", &[("NKE", "10")], &[]);
    let same = pack("P", &[("NKE", "90.50")], &[("USD", "CAD", "1.37")]);
    let found = effects(&held, &same, &same);
    assert_eq!(
        (found.parts.len(), found.change.to_string()),
        (0, "0".to_owned())
    );
}

/// Four decimals, between a tenth and a hundred: so all sums fit into the units of the check below.
fn number() -> impl Strategy<Value = String> {
    (1_000..1_000_000_i64).prop_map(|n| Decimal::new(n, 4).to_string())
}

type Rates = Vec<((usize, usize), String)>;

fn packs() -> impl Strategy<Value = Content> {
    let prices = collection::vec(option::weighted(0.8, number()), SECURITIES.len());
    let rates = collection::vec(((0..CURRENCIES.len(), 0..CURRENCIES.len()), number()), 0..9);
    let policy = sample::select(vec!["P", "P_VIA_EUR", "P_VIA_JPY"]);
    (policy, prices, rates).prop_map(|(policy, prices, rates): (_, Vec<Option<String>>, Rates)| {
        let priced = SECURITIES.iter().zip(&prices);
        let prices: Vec<(&str, &str)> = priced
            .filter_map(|((symbol, _), close)| Some((*symbol, close.as_deref()?)))
            .collect();
        let mut seen = HashSet::new();
        let rates: Vec<(&str, &str, &str)> = rates
            .iter()
            .filter(|((base, quote), _)| base != quote && seen.insert((*base, *quote)))
            .map(|((base, quote), rate)| (CURRENCIES[*base], CURRENCIES[*quote], rate.as_str()))
            .collect();
        pack(policy, &prices, &rates)
    })
}

fn books() -> impl Strategy<Value = Holdings> {
    let quantities = collection::vec(option::weighted(0.7, (number(), any::<bool>())), 6);
    let cash = collection::vec(option::weighted(0.5, number()), CURRENCIES.len());
    (sample::select(CURRENCIES.to_vec()), quantities, cash).prop_map(|(base, quantities, cash)| {
        let signed: Vec<Option<String>> = quantities
            .into_iter()
            .map(|held| held.map(|(n, short)| if short { format!("-{n}") } else { n }))
            .collect();
        let held: Vec<(&str, &str)> = SECURITIES
            .iter()
            .zip(&signed)
            .filter_map(|((symbol, _), quantity)| Some((*symbol, quantity.as_deref()?)))
            .collect();
        let cash: Vec<(&str, &str)> = CURRENCIES
            .iter()
            .zip(&cash)
            .filter_map(|(currency, amount)| Some((*currency, amount.as_deref()?)))
            .collect();
        holdings(base, &held, &cash)
    })
}

/// In units of 10^-28, which is the finest that a sum of money can be.
fn units(amount: &str) -> i128 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    assert!(fraction.len() <= 28, "{amount}");
    format!("{whole}{fraction:0<28}").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The whole is what the ordinary valuation says of both packs.
    #[test]
    fn the_parts_sum_to_the_whole_exactly(held in books(), old in packs(), new in packs()) {
        let found = effects(&held, &old, &new);
        let whole = |content: &Content| {
            let valued = valuation::value(&held, &Quotes::from_content(content)).unwrap();
            valued.totals.market_value.checked_add(valued.totals.cash).unwrap().to_string()
        };
        prop_assert_eq!(found.old_value.to_string(), whole(&old));
        prop_assert_eq!(found.new_value.to_string(), whole(&new));
        let change = units(&whole(&new)) - units(&whole(&old));
        prop_assert_eq!(units(&found.change.to_string()), change);
        let sum: i128 = found.parts.iter().map(|part| units(&part.amount.to_string())).sum();
        prop_assert_eq!(sum, change, "{:?}", found);
    }
}
