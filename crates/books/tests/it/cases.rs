//! What other programs have published of their own figures.

use books::booking::{Book, Booked, Event, Exchange, Movement, OpenLot, Rules};
use entity::values::{LotMethod, Rate, SecurityId, TransactionId};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::setup::date;

const CASES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/cases/books.json"
);

/// The cases, or none with a plain line where they are not there.
fn cases() -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(CASES) else {
        println!("skipped: no published cases at {CASES}");
        return Vec::new();
    };
    serde_json::from_str(&text).unwrap()
}

fn number(value: &Value) -> Option<Decimal> {
    value.as_str().map(|text| text.parse().unwrap())
}

struct Case<'a> {
    value: &'a Value,
    security: SecurityId,
}

impl Case<'_> {
    fn id(&self) -> &str {
        self.value["id"].as_str().unwrap()
    }

    fn run(&self, method: LotMethod) -> (Book, Booked) {
        let mut book = Book::new(Rules {
            method,
            allows_shorts: false,
        });
        for row in self.value["transactions"].as_array().unwrap() {
            if let Some(event) = self.event(row) {
                let booked = book.book(&event);
                booked.unwrap_or_else(|error| panic!("{}: {error}", self.id()));
            }
        }
        let booked = book.take_booked();
        (book, booked)
    }

    fn event(&self, row: &Value) -> Option<Event> {
        let quantity = number(&row["quantity"]).unwrap_or_default();
        let fee = number(&row["fee"]).unwrap_or_default();
        // A case about lots alone says no price: it is sold for nothing then.
        let price = number(&row["price"]).unwrap_or_default();
        let value = number(&row["amount"]).unwrap_or(quantity * price);
        let security = self.security;
        let movement = match row["kind"].as_str().unwrap() {
            "buy" => Movement::Acquire {
                security,
                quantity,
                cost: value + fee,
                acquired_on: None,
            },
            "sell" => Movement::Dispose {
                security,
                quantity,
                proceeds: value - fee,
                chosen: Vec::new(),
            },
            "split" => {
                let (new, old) = row["ratio"].as_str().unwrap().split_once(':').unwrap();
                let (new, old) = (new.parse().unwrap(), old.parse().unwrap());
                Movement::Split {
                    security,
                    exchange: Exchange { new, old },
                    in_lieu: None,
                }
            }
            // Dividends move no lots: `record` has their case.
            "dividend" => return None,
            other => panic!("{}: unknown kind {other}", self.id()),
        };
        let base = number(&row["amount_base"]);
        Some(Event {
            transaction: TransactionId::new(),
            date: date(row["date"].as_str().unwrap()),
            currency: "USD".to_owned(),
            rate: base.map(|base| Rate::new(base / value)),
            movement,
        })
    }

    fn open(&self, book: &Book) -> Vec<OpenLot> {
        book.open_lots(self.security).unwrap()
    }
}

fn close(a: Decimal, b: Decimal) -> bool {
    (a - b).abs() <= Decimal::new(1, 2)
}

/// Each figure that a case expects, checked by its name; a name that is not known here fails.
fn check(case: &Case<'_>, method: LotMethod, expected: &Value) {
    let (book, booked) = case.run(method);
    let id = case.id();
    let gain: Decimal = booked.closings.iter().map(|lot| lot.realized_gain).sum();
    let fees: Decimal = case.value["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| number(&row["fee"]))
        .sum();
    let open = case.open(&book);
    let quantity: Decimal = open.iter().map(|lot| lot.quantity).sum();
    let cost: Decimal = open.iter().map(|lot| lot.cost).sum();
    for (name, wanted) in expected.as_object().unwrap() {
        let is = match name.as_str() {
            "realized_gain" | "gain_after_fees" => gain,
            "gain_before_fees" => gain + fees,
            "fees" => fees,
            "quantity" => quantity,
            "cost_basis" => cost,
            "unrealized_gain" => quantity * number(&case.value["price"]).unwrap() - cost,
            "realized_gain_base" => booked
                .closings
                .iter()
                .map(|lot| lot.realized_gain_base.unwrap())
                .sum(),
            "open" => {
                let lots: Vec<_> = open.iter().map(|lot| (lot.quantity, lot.cost)).collect();
                check_lots(id, method, wanted, &lots);
                continue;
            }
            "closed" => {
                let lots: Vec<_> = booked
                    .closings
                    .iter()
                    .map(|lot| (lot.quantity, lot.cost_basis))
                    .collect();
                check_lots(id, method, wanted, &lots);
                continue;
            }
            other => panic!("{id}: no figure is called {other}"),
        };
        let wanted = number(wanted).unwrap();
        assert!(
            close(is, wanted),
            "{id}, {method}: {name} is {is}, not {wanted}"
        );
    }
}

/// Lots by units and unit cost. Under the method of average cost they are one pool, whose lots are told
/// apart by their dates only.
fn check_lots(id: &str, method: LotMethod, wanted: &Value, lots: &[(Decimal, Decimal)]) {
    let wanted: Vec<(Decimal, Decimal)> = wanted
        .as_array()
        .unwrap()
        .iter()
        .map(|lot| (number(&lot[0]).unwrap(), number(&lot[1]).unwrap()))
        .map(|(units, unit_cost)| (units, units * unit_cost))
        .collect();
    let sum = |lots: &[(Decimal, Decimal)]| {
        let units: Decimal = lots.iter().map(|lot| lot.0).sum();
        let cost: Decimal = lots.iter().map(|lot| lot.1).sum();
        vec![(units, cost)]
    };
    let lots = if method == LotMethod::Average {
        sum(lots)
    } else {
        lots.to_vec()
    };
    // A case may name only some of the lots that are left.
    for lot in &wanted {
        assert!(
            lots.contains(lot),
            "{id}, {method}: {lots:?} has no {lot:?}"
        );
    }
}

#[test]
fn published_cases_come_out_as_published() {
    for value in cases() {
        let security = SecurityId::new();
        let case = Case {
            value: &value,
            security,
        };
        let expected = &value["expect"];
        if expected.get("dividend_base").is_some() {
            continue;
        }
        let by_method = [LotMethod::Fifo, LotMethod::Average];
        if by_method
            .iter()
            .any(|method| expected.get(method.as_str()).is_some())
        {
            for method in by_method {
                check(&case, method, &expected[method.as_str()]);
            }
        } else {
            let method = value["method"].as_str().unwrap_or("fifo");
            let method = if case.id().starts_with("average") {
                "average"
            } else {
                method
            };
            check(&case, method.parse().unwrap(), expected);
        }
        println!("{}: as published", case.id());
    }
}
