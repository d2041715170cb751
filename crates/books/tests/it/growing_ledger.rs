//! Ledgers made at random, in the states of their growth.

use std::fmt::Write as _;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::setup::date;

/// Securities with the currency of their costs; CAD has no rate before the middle of the time.
const SECURITIES: [(&str, &str); 3] = [("AAA", "USD"), ("BBB", "EUR"), ("CCC", "CAD")];

const OPENS: &str = r#"
option "operating_currency" "USD"
2020-01-01 open Assets:Cash
2020-01-01 open Assets:Stock "FIFO"
2020-01-01 open Assets:Other
2020-01-01 open Equity:Opening
2020-01-01 open Income:Dividends
2020-01-01 open Income:Gains
2020-01-01 open Expenses:Fees
2020-01-01 price EUR 1.1 USD
2020-01-09 price EUR 1.25 USD
2020-01-12 price CAD 0.7 USD
2020-01-19 price CAD 0.8 USD
"#;

/// What happens, `days` after what happened before it.
#[derive(Clone, Debug)]
struct Step {
    days: u64,
    event: Event,
}

#[derive(Clone, Debug)]
enum Event {
    /// Tenths of units, cents; at times of a lot that was first bought on the first day.
    Buy {
        security: usize,
        tenths: u32,
        cents: u32,
        is_old_lot: bool,
    },
    /// This share of the units that are held.
    Sell {
        security: usize,
        percent: u32,
        cents: u32,
        fee: u32,
    },
    Dividend {
        security: usize,
        cents: u32,
    },
    Cash {
        currency: usize,
        cents: i32,
    },
    Exchange {
        cents: u32,
    },
    /// Units without a cost.
    Units {
        number: i32,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let security = 0..SECURITIES.len();
    prop_oneof![
        4 => (security.clone(), 1..500_u32, 1..5_u32, any::<bool>()).prop_map(
            |(security, tenths, euros, is_old_lot)| {
                Event::Buy { security, tenths, cents: euros * 133, is_old_lot }
            }
        ),
        3 => (security.clone(), 1..=100_u32, 1..900_u32, 0..300_u32).prop_map(
            |(security, percent, cents, fee)| Event::Sell { security, percent, cents, fee }
        ),
        1 => (security.clone(), 1..9_999_u32)
            .prop_map(|(security, cents)| Event::Dividend { security, cents }),
        2 => (security, -50_000..50_000_i32)
            .prop_map(|(currency, cents)| Event::Cash { currency, cents }),
        1 => (1..5_000_u32).prop_map(|cents| Event::Exchange { cents }),
        1 => (-5..5_i32).prop_map(|number| Event::Units { number }),
    ]
}

/// A ledger in the states in which it is imported, each longer than the one before.
pub fn growing_ledger() -> impl Strategy<Value = Vec<String>> {
    let step = (0..4_u64, event()).prop_map(|(days, event)| Step { days, event });
    prop::collection::vec(prop::collection::vec(step, 0..9), 1..5).prop_map(|parts| {
        let mut writer = Writer::new();
        let states = parts.iter().map(|steps| {
            for step in steps {
                writer.write(step);
            }
            writer.text.clone()
        });
        states.collect()
    })
}

/// Writes steps as transactions that balance, and sells no more than is held.
struct Writer {
    text: String,
    today: NaiveDate,
    tenths_held: [u32; 3],
}

impl Writer {
    fn new() -> Self {
        Self {
            text: OPENS.to_owned(),
            today: date("2020-01-02"),
            tenths_held: [0; 3],
        }
    }

    fn write(&mut self, step: &Step) {
        self.today = self.today + Days::new(step.days);
        let lines = match step.event {
            Event::Buy {
                security,
                tenths,
                cents,
                is_old_lot,
            } => {
                self.tenths_held[security] += tenths;
                let (symbol, currency) = SECURITIES[security];
                let (units, cost) = (decimal(tenths, 1), decimal(cents, 2));
                let day = if is_old_lot { ", 2020-01-02" } else { "" };
                format!("Assets:Stock {units} {symbol} {{{cost} {currency}{day}}}\n  Assets:Cash")
            }
            Event::Sell {
                security,
                percent,
                cents,
                fee,
            } => {
                let tenths = self.tenths_held[security] * percent / 100;
                if tenths == 0 {
                    return;
                }
                self.tenths_held[security] -= tenths;
                Self::sale(
                    SECURITIES[security],
                    decimal(tenths, 1),
                    decimal(cents, 2),
                    fee,
                )
            }
            Event::Dividend { security, cents } => {
                let (amount, currency) = (decimal(cents, 2), SECURITIES[security].1);
                format!("Assets:Cash {amount} {currency}\n  Income:Dividends")
            }
            Event::Cash { currency, cents } => {
                let amount = Decimal::new(cents.into(), 2);
                format!(
                    "Assets:Cash {amount} {}\n  Equity:Opening",
                    SECURITIES[currency].1
                )
            }
            Event::Exchange { cents } => {
                let amount = decimal(cents, 2);
                format!("Assets:Cash -{amount} EUR @ 1.137 USD\n  Assets:Cash")
            }
            Event::Units { number } => format!("Assets:Other {number} HOURS\n  Equity:Opening"),
        };
        let _ = writeln!(self.text, "{} * \"step\"\n  {lines}", self.today);
    }

    fn sale(security: (&str, &str), units: Decimal, price: Decimal, fee: u32) -> String {
        let (symbol, currency) = security;
        let (fee, proceeds) = (decimal(fee, 2), units * price);
        format!(
            "Assets:Stock -{units} {symbol} {{}} @ {price} {currency}\n  \
             Assets:Cash {} {currency}\n  Expenses:Fees {fee} {currency}\n  Income:Gains",
            proceeds - fee
        )
    }
}

fn decimal(mantissa: u32, scale: u32) -> Decimal {
    Decimal::new(mantissa.into(), scale)
}
