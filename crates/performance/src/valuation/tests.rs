use books::holdings::{CashBalance, Holding, Holdings, SecurityRef};
use chrono::NaiveDate;
use entity::values::{Money, PriceAdjustment, Quantity, SecurityKind};
use pricing::{
    content::{Content, FxRow, PriceRow},
    quotes::Quotes,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Valuation, value};

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 10, 21).unwrap()
}

fn holding(symbol: &str, quantity: &str, cost: Option<&str>) -> Holding {
    Holding {
        security: SecurityRef {
            id: None,
            symbol: symbol.to_owned(),
            name: symbol.to_owned(),
            kind: SecurityKind::Equity,
            currency: "USD".to_owned(),
            sector: None,
            country: None,
        },
        quantity: quantity.parse().unwrap(),
        cost_basis: cost.map(|cost| cost.parse().unwrap()),
        missing_cost_rate: None,
        open_lots: 1,
    }
}

fn holdings(base: &str, securities: Vec<Holding>, cash: &[(&str, &str)]) -> Holdings {
    Holdings {
        base_currency: base.to_owned(),
        asof_date: day(),
        books_revision: 1,
        securities,
        cash: cash
            .iter()
            .map(|(currency, amount)| CashBalance {
                currency: (*currency).to_owned(),
                amount: amount.parse().unwrap(),
            })
            .collect(),
    }
}

fn quotes(prices: &[(&str, &str, &str)], rates: &[(&str, &str, &str)]) -> Quotes {
    Quotes::from_content(&Content {
        asof_date: day(),
        policy: "TEST".to_owned(),
        prices: prices
            .iter()
            .map(|(symbol, close, currency)| PriceRow {
                symbol: (*symbol).to_owned(),
                close: close.parse().unwrap(),
                currency: (*currency).to_owned(),
                open: None,
                high: None,
                low: None,
                volume: None,
                source: "test".to_owned(),
                adjustment: PriceAdjustment::Raw,
            })
            .collect(),
        fx_rates: rates
            .iter()
            .map(|(base, quote, rate)| FxRow {
                base: (*base).to_owned(),
                quote: (*quote).to_owned(),
                rate: rate.parse().unwrap(),
                source: "test".to_owned(),
            })
            .collect(),
    })
}

fn codes(valuation: &Valuation) -> Vec<&'static str> {
    valuation
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

#[test]
fn a_position_in_another_currency_is_valued_at_the_packs_rate() {
    let held = holdings(
        "CAD",
        vec![holding("NKE", "10", Some("1200"))],
        &[("USD", "100")],
    );
    let quoted = quotes(&[("NKE", "90.50", "USD")], &[("USD", "CAD", "1.3712")]);

    let valued = value(&held, &quoted).unwrap();

    let item = &valued.items[0];
    assert_eq!(item.market_value, Some(money("1240.936")));
    assert_eq!(item.unrealized_gain, Some(money("40.936")));
    assert_eq!(
        item.unrealized_gain_ratio.unwrap().to_string(),
        "0.034113333333"
    );
    assert_eq!(valued.cash[0].value, Some(money("137.12")));
    assert_eq!(valued.totals.market_value, money("1240.936"));
    assert_eq!(item.weight.unwrap().to_string(), "0.900497512438");
    assert!(valued.warnings.is_empty());
}

#[test]
fn a_position_without_a_price_keeps_its_row_and_is_left_out_of_the_totals() {
    let held = holdings(
        "USD",
        vec![
            holding("GLD", "2", Some("10")),
            holding("VACHR", "-100", None),
        ],
        &[],
    );

    let valued = value(&held, &quotes(&[("GLD", "7", "USD")], &[])).unwrap();

    assert_eq!(valued.items.len(), 2);
    assert_eq!(valued.items[1].market_value, None);
    assert_eq!(valued.items[1].weight, None);
    assert_eq!(valued.totals.market_value, money("14"));
    assert_eq!(valued.totals.cost_basis, money("10"));
    assert_eq!(codes(&valued), ["price_missing"]);
    assert!(valued.warnings[0].detail.contains("VACHR"));
}

#[test]
fn a_missing_rate_is_a_warning_and_never_one() {
    let held = holdings("EUR", vec![holding("BTI", "1", Some("5"))], &[("USD", "3")]);

    let valued = value(&held, &quotes(&[("BTI", "30", "USD")], &[])).unwrap();

    assert_eq!(valued.items[0].price.unwrap().to_string(), "30");
    assert_eq!(
        (valued.items[0].fx_rate, valued.items[0].market_value),
        (None, None)
    );
    assert_eq!(valued.cash[0].value, None);
    assert_eq!(valued.totals, super::Totals::default());
    assert_eq!(codes(&valued), ["fx_rate_missing", "fx_rate_missing"]);
}

#[test]
fn a_missing_rate_is_told_with_the_pair_the_pivot_and_the_packs_date() {
    let held = holdings(
        "EUR",
        vec![holding("BTI", "1", None)],
        &[("CHF", "3"), ("USD", "1")],
    );

    let valued = value(&held, &quotes(&[("BTI", "30", "GBP")], &[])).unwrap();

    let details: Vec<&str> = valued
        .warnings
        .iter()
        .map(|warning| warning.detail.as_str())
        .collect();
    assert_eq!(
        details,
        [
            "there is no rate from GBP to EUR, nor one through USD in the ledger of 2025-10-21: the \
             value of BTI is unknown and is left out of the totals",
            "there is no rate from CHF to EUR, nor one through USD in the ledger of 2025-10-21: the \
             cash in CHF is left out of the totals",
            "there is no rate from USD to EUR in the ledger of 2025-10-21: the cash in USD is left \
             out of the totals",
        ]
    );
}

#[test]
fn a_rate_through_the_pivot_is_used_and_its_path_is_named() {
    let held = holdings(
        "CAD",
        vec![
            holding("BTI", "10", Some("1000")),
            holding("NKE", "1", Some("1")),
        ],
        &[("EUR", "100")],
    );
    let rates = [("EUR", "USD", "1.0937"), ("USD", "CAD", "1.3712")];

    let valued = value(
        &held,
        &quotes(&[("BTI", "90.50", "EUR"), ("NKE", "2", "USD")], &rates),
    );

    let valued = valued.unwrap();
    let path = Some(["EUR", "USD", "CAD"].map(str::to_owned));
    assert_eq!(valued.items[0].market_value, Some(money("1357.2117032")));
    assert_eq!(valued.items[0].fx_path, path);
    assert_eq!(valued.items[1].market_value, Some(money("2.7424")));
    assert_eq!(valued.items[1].fx_path, None);
    assert_eq!(valued.cash[0].value, Some(money("149.968144")));
    assert_eq!(valued.cash[0].fx_path, path);
    assert!(valued.warnings.is_empty());
}

#[test]
fn a_value_too_large_for_the_digits_names_its_security() {
    let held = holdings(
        "USD",
        vec![holding("BRK.B", "79228162514264337593543950335", None)],
        &[],
    );
    let error = value(&held, &quotes(&[("BRK.B", "1000", "USD")], &[])).unwrap_err();
    assert!(error.to_string().contains("BRK.B"), "{error}");
}

#[test]
fn nothing_held_is_worth_nothing() {
    let valued = value(&holdings("USD", vec![], &[]), &quotes(&[], &[])).unwrap();
    assert!(valued.items.is_empty());
    assert_eq!(valued.totals.market_value, Money::ZERO);
}

proptest! {
    /// The oracle counts in whole ten-thousandths with 128-bit integers.
    #[test]
    fn totals_are_the_sum_of_what_could_be_valued(
        rows in proptest::collection::vec((-1_000_000_i64..1_000_000, 1_i64..10_000_000), 0..40),
        cash in -1_000_000_000_i64..1_000_000_000,
    ) {
        let securities: Vec<Holding> = rows
            .iter()
            .enumerate()
            .map(|(n, (quantity, _))| Holding {
                quantity: Quantity::new(Decimal::new(*quantity, 2)),
                ..holding(&format!("S{n}"), "0", Some("1"))
            })
            .collect();
        let mut held = holdings("USD", securities, &[]);
        held.cash.push(CashBalance {
            currency: "USD".to_owned(),
            amount: Money::new(Decimal::new(cash, 2)),
        });
        let names: Vec<(String, String)> = rows
            .iter()
            .enumerate()
            .map(|(n, (_, price))| (format!("S{n}"), Decimal::new(*price, 2).to_string()))
            .collect();
        let prices: Vec<(&str, &str, &str)> =
            names.iter().map(|(symbol, close)| (symbol.as_str(), close.as_str(), "USD")).collect();

        let valued = value(&held, &quotes(&prices, &[])).unwrap();

        let expected: i128 = rows.iter().map(|(q, p)| i128::from(*q) * i128::from(*p)).sum();
        prop_assert_eq!(
            valued.totals.market_value.decimal(),
            Decimal::from_i128_with_scale(expected, 4)
        );
        let gain = valued.totals.market_value.checked_sub(valued.totals.cost_basis).unwrap();
        prop_assert_eq!(valued.totals.unrealized_gain, gain);
        let whole = valued.totals.market_value.checked_add(valued.totals.cash).unwrap();
        if whole.decimal().abs() > Decimal::ONE {
            let cash_weight = super::ratio(valued.totals.cash, whole).unwrap();
            let weights: Decimal = valued.items.iter().filter_map(|item| item.weight)
                .map(entity::values::Ratio::decimal).sum::<Decimal>() + cash_weight.decimal();
            prop_assert!((weights - Decimal::ONE).abs() < Decimal::new(1, 6), "{weights}");
        }
    }
}
