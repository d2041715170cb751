//! Random histories, as a ledger's text and as transactions that are recorded.

use std::fmt::Write as _;

use books::record::{NewTransaction, Terms};
use chrono::{Days, NaiveDate};
use entity::values::{Money, Price, Quantity, SecurityId, TransactionKind};
use rust_decimal::Decimal;

use crate::setup::day;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Deposit,
    Dividend,
    Buy,
    Sell,
}

/// One thing that happened. Its number is its narration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub number: usize,
    pub date: NaiveDate,
    pub kind: Kind,
    /// Of NKE; zero where only cash moves.
    pub units: Decimal,
    /// Of a unit, or what is paid.
    pub price: Decimal,
}

impl Step {
    pub fn narration(&self) -> String {
        format!("step {}", self.number)
    }

    fn amount(&self) -> Decimal {
        match self.kind {
            Kind::Deposit | Kind::Dividend => self.price,
            Kind::Buy => -self.units * self.price,
            Kind::Sell => self.units * self.price,
        }
    }

    fn write(&self, text: &mut String) {
        let Self {
            date, units, price, ..
        } = self;
        let _ = writeln!(text, "{date} * \"{}\"", self.narration());
        let _ = writeln!(text, "  Assets:Broker:Cash {} USD", self.amount());
        let other = match self.kind {
            Kind::Deposit => "Equity:Opening".to_owned(),
            Kind::Dividend => "Income:Dividends".to_owned(),
            Kind::Buy => format!("Assets:Broker:NKE {units} NKE {{{price} USD}}"),
            Kind::Sell => {
                format!("Assets:Broker:NKE -{units} NKE {{}} @ {price} USD\n  Income:Gains")
            }
        };
        let _ = writeln!(text, "  {other}");
    }

    pub fn to_record(&self, security: SecurityId) -> NewTransaction {
        let moves_units = matches!(self.kind, Kind::Buy | Kind::Sell);
        NewTransaction {
            kind: match self.kind {
                Kind::Deposit => TransactionKind::Deposit,
                Kind::Dividend => TransactionKind::Dividend,
                Kind::Buy => TransactionKind::Buy,
                Kind::Sell => TransactionKind::Sell,
            },
            security_id: (self.kind != Kind::Deposit).then_some(security),
            trade_date: self.date,
            settle_date: None,
            pay_date: None,
            ex_date: None,
            quantity: Quantity::new(self.units),
            price: moves_units.then(|| Price::new(self.price)),
            amount: Some(Money::new(self.amount())),
            currency: "USD".to_owned(),
            fee: Money::ZERO,
            tax: Money::ZERO,
            fx_rate: None,
            narration: Some(self.narration()),
            external_id: None,
            terms: Terms::default(),
            corrects: None,
        }
    }
}

/// The first two steps hold enough for all that follow.
pub fn history(random: &mut fastrand::Rng) -> Vec<Step> {
    let first = day("2024-01-02");
    let mut steps = vec![
        Step {
            number: 0,
            date: first,
            kind: Kind::Deposit,
            units: Decimal::ZERO,
            price: Decimal::from(1_000_000),
        },
        Step {
            number: 1,
            date: first,
            kind: Kind::Buy,
            units: Decimal::from(1_000),
            price: Decimal::from(50),
        },
    ];
    for number in 2..random.usize(12..30) {
        steps.push(step(random, number));
    }
    steps.sort_by_key(|step| (step.date, step.number));
    steps
}

pub fn step(random: &mut fastrand::Rng, number: usize) -> Step {
    let kind = [Kind::Deposit, Kind::Dividend, Kind::Buy, Kind::Sell][random.usize(0..4)];
    let units = match kind {
        Kind::Deposit | Kind::Dividend => Decimal::ZERO,
        Kind::Buy | Kind::Sell => Decimal::new(random.i64(1..3_000), 2),
    };
    Step {
        number,
        // Several on one day, now and then.
        date: day("2024-01-03") + Days::new(random.u64(0..20)),
        kind,
        units,
        price: Decimal::new(random.i64(1_000..9_000), 2),
    }
}

pub fn text(steps: &[Step]) -> String {
    let mut text = "2024-12-30 price NKE 74.5 USD\n".to_owned();
    for step in steps {
        step.write(&mut text);
    }
    text
}
