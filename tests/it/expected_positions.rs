//! What Beancount itself computes for three prefixes of its example ledger, through import, pack and
//! REST.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use testkit::{on_both_engines, shared_data};

use crate::app::App;

fn decimal(value: &Value) -> Option<Decimal> {
    value.as_str().map(|text| text.parse().unwrap())
}

on_both_engines! {
    async fn positions_are_equal_to_beancounts_to_the_last_digit(db) {
        let Some(expected) = shared_data("ledger/expected-positions.json") else { return };
        let Some(ledger) = shared_data("ledger/example.beancount") else { return };
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
        let ledger = std::fs::read_to_string(ledger).unwrap();

        let app = App::start(db).await;
        for case in &cases {
            let accounts = case["accounts"].as_str().unwrap();
            let portfolio = app.new_portfolio(accounts).await;
            app.import(&portfolio, &ledger, accounts).await;
        }
        let asof = cases[0]["asof"].as_str().unwrap();
        app.fresh_pack(asof, &prices(&cases)).await;

        let portfolios = app.get("/v1/portfolios").await.expect(200).json();
        for (case, portfolio) in cases.iter().zip(portfolios["items"].as_array().unwrap()) {
            let id = portfolio["id"].as_str().unwrap();
            let path = format!("/v1/portfolios/{id}/positions?asof={asof}");
            let positions = app.get(&path).await.expect(200).json();
            compare(case, &positions);
        }
    }
}

/// Each security's price as the file gives it, once.
fn prices(cases: &[Value]) -> String {
    let mut rows: Vec<String> = cases
        .iter()
        .flat_map(|case| case["positions"].as_array().unwrap())
        .filter(|position| position["price_date"].is_string())
        .map(|position| {
            let (symbol, price) = (position["symbol"].as_str(), position["price"].as_str());
            format!("{},{},USD", symbol.unwrap(), price.unwrap())
        })
        .collect();
    rows.sort();
    rows.dedup();
    rows.join("\n")
}

fn compare(case: &Value, positions: &Value) {
    let accounts = &case["accounts"];
    let expected = case["positions"].as_array().unwrap();
    let (cash, securities): (Vec<_>, Vec<_>) = expected
        .iter()
        .partition(|position| position["symbol"] == "USD");

    let items = positions["items"].as_array().unwrap();
    assert_eq!(items.len(), securities.len(), "{accounts}: {positions:#}");
    for (position, expected) in items.iter().zip(&securities) {
        let symbol = &expected["symbol"];
        assert_eq!(&position["security"]["symbol"], symbol, "{accounts}");
        for field in ["quantity", "cost_basis", "price", "market_value"] {
            assert_eq!(
                decimal(&position[field]),
                decimal(&expected[field]),
                "{field} of {symbol} in {accounts}"
            );
        }
        assert_eq!(
            position["open_lots"], expected["open_lots"],
            "{symbol} in {accounts}"
        );
    }

    let amount = cash
        .first()
        .map_or(Decimal::ZERO, |cash| decimal(&cash["quantity"]).unwrap());
    assert_eq!(
        decimal(&positions["totals"]["cash"]),
        Some(amount),
        "{accounts}"
    );
    let sum = |field: &str| -> Decimal {
        securities
            .iter()
            .filter_map(|position| decimal(&position[field]))
            .sum()
    };
    for field in ["market_value", "cost_basis"] {
        assert_eq!(
            decimal(&positions["totals"][field]),
            Some(sum(field)),
            "{field} of {accounts}"
        );
    }
    let total = decimal(&positions["totals"]["market_value"]).unwrap() + amount;
    assert_eq!(Some(total), decimal(&case["total_value_usd"]), "{accounts}");
    assert_eq!(positions["base_currency"], json!("USD"));
}
