//! Random ledgers that grow and are imported again and again: the books always say what the ledger
//! says, for every date and for every revision.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Write as _,
};

use books::{
    holdings::{self, AsOf, Holdings},
    portfolios,
};
use chrono::{Days, NaiveDate};
use entity::{
    books::{lot, lot_closure, portfolio, transaction},
    values::{LotId, PortfolioId},
};
use identity::Ctx;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use testkit::TestDatabase;

use crate::setup::{Source, date, import, request};

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
fn growing_ledger() -> impl Strategy<Value = Vec<String>> {
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

async fn check_growth(ctx: &Ctx, name: String, states: Vec<String>) {
    let mut revisions: BTreeMap<i64, Source> = BTreeMap::new();
    for text in states {
        let source = Source::parse(&text);
        let report = import(ctx, &source, request(&name)).await.unwrap();
        assert_eq!(
            report.already_present + report.transactions,
            source.view.entries.len()
        );
        let reader = ctx.database.reader();
        let portfolio = portfolios::find_by_name(ctx, reader, &name).await.unwrap();
        assert_eq!(portfolio.books_revision, report.books_revision);
        revisions.insert(report.books_revision, source);
        for (revision, source) in &revisions {
            assert_as_ledger(ctx, &portfolio, *revision, source).await;
        }
        assert_rows_agree(ctx, portfolio.id).await;
    }
}

/// Compares with the ledger as it was then, and with the ledger's own sums, on every day.
async fn assert_as_ledger(ctx: &Ctx, portfolio: &portfolio::Model, revision: i64, source: &Source) {
    let mut days: BTreeSet<NaiveDate> = source
        .view
        .entries
        .iter()
        .map(|entry| entry.trade_date)
        .collect();
    days.extend([date("2019-12-31"), date("2030-01-01")]);
    for date in days {
        let asof = AsOf {
            date,
            revision: Some(revision),
        };
        let reader = ctx.database.reader();
        let mut held = holdings::holdings(ctx, reader, portfolio, asof)
            .await
            .unwrap();
        assert_eq!(held.books_revision, revision);
        assert_as_ledgers_own_sums(source, &held);
        held.books_revision = 0;
        held.securities
            .iter_mut()
            .for_each(|holding| holding.security.id = None);
        let alone = holdings::from_ledger(&source.ledger, &source.view, date, "USD").unwrap();
        assert_eq!(held, alone);
    }
}

fn assert_as_ledgers_own_sums(source: &Source, held: &Holdings) {
    let sums = source.view.holdings(Some(held.asof_date)).unwrap();
    let expected: Vec<_> = sums
        .securities
        .iter()
        .map(|h| (h.symbol.as_str(), h.quantity.normalize(), h.open_lots))
        .collect();
    let found: Vec<_> = held
        .securities
        .iter()
        .map(|h| {
            (
                h.security.symbol.as_str(),
                h.quantity.decimal(),
                h.open_lots,
            )
        })
        .collect();
    assert_eq!(found, expected);
    let cash: Vec<_> = sums
        .cash
        .iter()
        .map(|c| (c.currency.as_str(), c.amount.normalize()))
        .collect();
    let found: Vec<_> = held
        .cash
        .iter()
        .map(|c| (c.currency.as_str(), c.amount.decimal()))
        .collect();
    assert_eq!(found, cash);
    let in_dollars = held.securities.iter().find(|h| h.security.symbol == "AAA");
    let cost = in_dollars
        .and_then(|h| h.cost_basis)
        .map(entity::values::Money::decimal);
    let expected = sums.securities.iter().find(|h| h.symbol == "AAA");
    let expected = expected
        .and_then(|h| h.cost_basis.first())
        .map(|c| c.amount.normalize());
    assert_eq!(cost, expected);
}

/// The stored sums are those of the rows they are made of.
async fn assert_rows_agree(ctx: &Ctx, id: PortfolioId) {
    let reader = ctx.database.reader();
    let closures = lot_closure::Entity::find()
        .filter(lot_closure::Column::PortfolioId.eq(id))
        .all(reader)
        .await
        .unwrap();
    let mut taken: HashMap<LotId, Decimal> = HashMap::new();
    for closure in closures {
        *taken.entry(closure.lot_id).or_default() += closure.quantity.decimal();
        let gain = closure.proceeds.checked_sub(closure.cost_basis).unwrap();
        assert_eq!(closure.realized_gain, gain);
    }
    let lots = lot::Entity::find()
        .filter(lot::Column::PortfolioId.eq(id))
        .all(reader)
        .await
        .unwrap();
    let mut open = Decimal::ZERO;
    for lot in lots {
        let left =
            lot.quantity_original.decimal() - taken.get(&lot.id).copied().unwrap_or_default();
        assert_eq!(lot.quantity_open.decimal(), left);
        assert_eq!(lot.closed_on.is_some(), left.is_zero());
        open += left;
    }
    let traded: Decimal = transaction::Entity::find()
        .filter(transaction::Column::PortfolioId.eq(id))
        .filter(transaction::Column::Kind.is_in(["buy", "sell"]))
        .all(reader)
        .await
        .unwrap()
        .iter()
        .map(|row| row.quantity.decimal())
        .sum();
    assert_eq!(open, traded);
}

fn check_random_ledgers(cases: u32, database: impl AsyncFnOnce() -> Option<TestDatabase>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(db) = runtime.block_on(database()) else {
        return;
    };
    let ctx = runtime.block_on(db.ctx());
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let number = std::cell::Cell::new(0);
    let outcome = TestRunner::new(config).run(&growing_ledger(), |states| {
        number.set(number.get() + 1);
        runtime.block_on(check_growth(&ctx, format!("case {}", number.get()), states));
        Ok(())
    });
    // Closed inside the runtime that its connections belong to.
    runtime.block_on(async move { drop((ctx, db)) });
    outcome.unwrap();
}

#[test]
fn growing_ledgers_on_sqlite() {
    check_random_ledgers(48, async || Some(TestDatabase::sqlite().await));
}

#[test]
fn growing_ledgers_on_postgres() {
    check_random_ledgers(8, TestDatabase::postgres);
}
