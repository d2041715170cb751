//! The example ledger against what Beancount computed for it, to the last digit.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::shared;

fn number(value: &Value) -> Option<Decimal> {
    value.as_str().map(|text| text.parse().unwrap())
}

#[test]
fn the_example_has_the_expected_positions() {
    let Some(path) = shared::find("ledger/expected-positions.json") else {
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let ledger = ledger::load(&path.with_file_name("example.beancount")).unwrap();
    for case in cases {
        let prefix = case["accounts"].as_str().unwrap();
        let asof: NaiveDate = case["asof"].as_str().unwrap().parse().unwrap();
        let holdings = ledger
            .portfolio(&[prefix], Some(asof))
            .unwrap()
            .holdings(Some(asof))
            .unwrap();
        let mut symbols = Vec::new();
        let mut total = Decimal::ZERO;
        for expected in case["positions"].as_array().unwrap() {
            let symbol = expected["symbol"].as_str().unwrap();
            symbols.push(symbol);
            let held = held(&holdings, symbol);
            assert_eq!(
                Some(held.0),
                number(&expected["quantity"]),
                "{prefix} {symbol}"
            );
            assert_eq!(held.1, number(&expected["cost_basis"]), "{prefix} {symbol}");
            assert_eq!(
                held.2 as u64,
                expected["open_lots"].as_u64().unwrap(),
                "{prefix} {symbol}"
            );
            if symbol == "USD" {
                total += held.0;
                continue;
            }
            let price = ledger.price_on(symbol, "USD", asof);
            assert_eq!(
                price.map(|(_, price)| price),
                number(&expected["price"]),
                "{symbol}"
            );
            let date = price.map(|(date, _)| date.to_string());
            assert_eq!(date.as_deref(), expected["price_date"].as_str(), "{symbol}");
            let value = price.map(|(_, price)| price * held.0);
            assert_eq!(
                value,
                number(&expected["market_value"]),
                "{prefix} {symbol}"
            );
            total += value.unwrap_or_default();
        }
        assert_eq!(Some(total), number(&case["total_value_usd"]));
        let all = holdings.securities.iter().map(|held| held.symbol.as_str());
        let all = all.chain(holdings.cash.iter().map(|cash| cash.currency.as_str()));
        for symbol in all {
            assert!(symbols.contains(&symbol), "{prefix} holds {symbol}");
        }
    }
}

/// Quantity, cost basis and open lots of a symbol, which may be cash.
fn held(holdings: &ledger::Holdings, symbol: &str) -> (Decimal, Option<Decimal>, usize) {
    if let Some(cash) = holdings.cash.iter().find(|cash| cash.currency == symbol) {
        return (cash.amount, None, 0);
    }
    let held = holdings
        .securities
        .iter()
        .find(|held| held.symbol == symbol)
        .unwrap();
    (
        held.quantity,
        held.cost_basis.first().map(|cost| cost.amount),
        held.open_lots,
    )
}
