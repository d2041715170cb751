//! Shared booking cases: which lots first in, last in, and dearest first leave open.

use std::fmt::Write as _;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::shared;

#[test]
fn shared_booking_cases_leave_the_expected_lots() {
    let Some(path) = shared::find("cases/books.json") else {
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let ours = cases
        .iter()
        .filter(|case| case["id"].as_str().unwrap().starts_with("beancount-"));
    let mut checked = 0;
    for case in ours {
        let ledger = ledger::parse("case", &text(case)).unwrap();
        let view = ledger.portfolio(&["Assets:Broker"], None).unwrap();
        let left = |quantity: Decimal, cost: Decimal| format!("{quantity} at {cost}");
        let mut open: Vec<String> = view
            .lots
            .iter()
            .filter(|lot| !lot.quantity_open.is_zero())
            .map(|lot| left(lot.quantity_open, lot.unit_cost))
            .collect();
        let closed = view
            .closures
            .iter()
            .map(|c| left(c.quantity, view.lots[c.lot].unit_cost));
        let mut closed: Vec<String> = closed.collect();
        open.sort();
        closed.sort();
        assert_eq!(open, expected(&case["expect"]["open"]), "{}", case["id"]);
        if case["expect"]["closed"].is_array() {
            assert_eq!(
                closed,
                expected(&case["expect"]["closed"]),
                "{}",
                case["id"]
            );
        }
        checked += 1;
    }
    assert_eq!(checked, 3);
}

fn text(case: &Value) -> String {
    let method = case["method"].as_str().unwrap().to_uppercase();
    let mut text =
        format!("2000-01-01 open Assets:Broker \"{method}\"\n2000-01-01 open Equity:Other\n");
    for transaction in case["transactions"].as_array().unwrap() {
        let field = |name: &str| transaction[name].as_str().unwrap();
        let (date, quantity) = (field("date"), field("quantity"));
        let _ = match field("kind") {
            "buy" => writeln!(
                text,
                "{date} * \"buy\"\n  Assets:Broker  {quantity} XX {{{} USD}}\n  Equity:Other",
                field("price")
            ),
            _ => writeln!(
                text,
                "{date} * \"sell\"\n  Assets:Broker  -{quantity} XX {{}}\n  Equity:Other"
            ),
        };
    }
    text
}

fn expected(lots: &Value) -> Vec<String> {
    let mut lots: Vec<String> = lots
        .as_array()
        .unwrap()
        .iter()
        .map(|lot| {
            format!(
                "{} at {}",
                lot[0].as_str().unwrap(),
                lot[1].as_str().unwrap()
            )
        })
        .collect();
    lots.sort();
    lots
}
