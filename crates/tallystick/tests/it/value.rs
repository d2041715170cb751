use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::support::{Home, LEDGER, example, text};

/// Compares an answer with what Beancount computes, to the last digit.
pub fn assert_as_beancount_says(answer: &Value, expected: &Value) {
    let number = |value: &Value| value.as_str().map(|text| Decimal::from_str(text).unwrap());
    let items = answer["items"].as_array().unwrap();
    let cash = answer["cash"].as_array().unwrap();
    let mut total = Decimal::ZERO;
    let expected_rows = expected["positions"].as_array().unwrap();
    for row in expected_rows {
        let symbol = row["symbol"].as_str().unwrap();
        if let Some(balance) = cash.iter().find(|balance| balance["currency"] == symbol) {
            assert_eq!(
                number(&balance["amount"]),
                number(&row["quantity"]),
                "{symbol}"
            );
            assert_eq!(
                number(&balance["value"]),
                number(&row["market_value"]),
                "{symbol}"
            );
            total += number(&balance["value"]).unwrap();
            continue;
        }
        let item = items
            .iter()
            .find(|item| item["security"]["symbol"] == symbol)
            .unwrap_or_else(|| panic!("{symbol} is missing in {answer}"));
        for field in ["quantity", "cost_basis", "price", "market_value"] {
            assert_eq!(
                number(&item[field]),
                number(&row[field]),
                "{field} of {symbol}"
            );
        }
        assert_eq!(item["open_lots"], row["open_lots"], "{symbol}");
        total += number(&item["market_value"]).unwrap_or_default();
    }
    assert_eq!(items.len() + cash.len(), expected_rows.len(), "{answer}");
    assert_eq!(total, number(&expected["total_value_usd"]).unwrap());
    let totals = &answer["totals"];
    let of_answer = number(&totals["market_value"]).unwrap() + number(&totals["cash"]).unwrap();
    assert_eq!(total, of_answer, "{totals}");
}

#[test]
fn the_example_ledger_is_worth_what_beancount_says() {
    let Some((ledger, expected)) = example() else {
        return;
    };
    for expected in expected {
        let (prefix, asof) = (
            expected["accounts"].as_str().unwrap(),
            expected["asof"].as_str().unwrap(),
        );
        let home = Home::new();
        let answer = home.json(&[
            "ledger",
            "value",
            text(&ledger),
            "--accounts",
            prefix,
            "--asof",
            asof,
            "--json",
        ]);
        assert_as_beancount_says(&answer, &expected);
        assert_eq!(answer["asof_date"], asof);
        assert!(
            !home.path("data").exists(),
            "a valuation of a file made a database"
        );
    }
}

#[test]
fn a_position_without_a_price_keeps_its_row_and_is_left_out_of_the_totals() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    let value = [
        "ledger",
        "value",
        "books.beancount",
        "--accounts",
        "Assets:Broker",
        "--json",
    ];
    let answer = home.json(&value);
    assert_eq!(answer["asof_date"], "2024-02-29");
    assert_eq!(answer["base_currency"], "USD");
    let private = &answer["items"][1];
    assert_eq!(private["security"]["symbol"], "PRIV");
    assert_eq!(private["quantity"], "20");
    assert_eq!(private["cost_basis"], "105");
    assert_eq!(private["market_value"], Value::Null);
    assert_eq!(
        answer["totals"],
        json!({"market_value": "723", "cash": "9335", "cost_basis": "600", "unrealized_gain": "123"})
    );
    assert_eq!(answer["warnings"][0]["code"], "price_missing");
    let provenance = &answer["provenance"];
    assert_eq!(provenance["pricing_pack_id"], Value::Null);
    assert_eq!(provenance["books_revision"], 0);
    assert_eq!(provenance["ledger_commit_hash"], Value::Null);
    assert!(
        provenance["pack_hash"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
}

#[test]
fn the_table_shows_positions_cash_and_totals() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    let value = [
        "ledger",
        "value",
        "books.beancount",
        "--accounts",
        "Assets:Broker",
    ];
    let shown = home.run(&value).succeeded().stdout;
    for part in [
        "NKE",
        "120.5",
        "723.00",
        "20.50 %",
        "PRIV",
        "–",
        "9335.00",
        "warning: PRIV",
    ] {
        assert!(shown.contains(part), "{part:?} is missing in:\n{shown}");
    }
}

#[test]
fn the_day_can_be_chosen() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    let value = [
        "ledger",
        "value",
        "books.beancount",
        "--accounts",
        "Assets",
        "--json",
        "--asof",
    ];
    let answer = home.json(&[&value[..], &["2024-01-03"]].concat());
    assert_eq!(answer["items"][0]["quantity"], "10");
    assert_eq!(answer["items"][0]["price"], Value::Null);
    let before = home.json(&[&value[..], &["2023-12-31"]].concat());
    assert_eq!(before["items"], json!([]));
    assert_eq!(before["cash"], json!([]));
}

#[test]
fn several_prefixes_are_one_portfolio() {
    let home = Home::new();
    home.write("books.beancount", LEDGER);
    let together = home.json(&[
        "ledger",
        "value",
        "books.beancount",
        "--json",
        "--accounts",
        "Assets:Broker:Cash",
        "Assets:Broker:Stocks",
    ]);
    let whole = home.json(&[
        "ledger",
        "value",
        "books.beancount",
        "--json",
        "--accounts",
        "Assets",
    ]);
    assert_eq!(together, whole);
}

/// The commit of the repository that holds the ledger, and nothing made up where there is none.
#[test]
fn the_ledgers_commit_is_the_head_of_its_repository() {
    let home = Home::new();
    home.write("books/main.beancount", LEDGER);
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .args([
                "-C",
                text(&home.path("books")),
                "-c",
                "user.name=T",
                "-c",
                "user.email=t@x",
            ])
            .args(arguments)
            .output();
        output
            .ok()
            .filter(|output| output.status.success())
            .map(|output| output.stdout)
    };
    if git(&["init", "--quiet"]).is_none() {
        println!("skipped: git cannot be run");
        return;
    }
    let value = [
        "ledger",
        "value",
        "books/main.beancount",
        "--accounts",
        "Assets",
        "--json",
    ];
    assert_eq!(
        home.json(&value)["provenance"]["ledger_commit_hash"],
        Value::Null
    );
    git(&["add", "."]).unwrap();
    git(&["commit", "--quiet", "-m", "Books"]).unwrap();
    let head = String::from_utf8(git(&["rev-parse", "HEAD"]).unwrap()).unwrap();
    assert_eq!(
        home.json(&value)["provenance"]["ledger_commit_hash"],
        head.trim()
    );
}
