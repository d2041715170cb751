//! Lots out of random histories, beside a naive replay in exact fractions, and what no history may break.

mod naive;

use books::booking::{Book, Booked, Event, Exchange, MergedInto, Movement, Rules};
use chrono::{Days, NaiveDate};
use entity::values::{LotMethod, SecurityId, TransactionId};
use proptest::{collection::vec, prelude::*, sample::select};
use rust_decimal::Decimal;

use crate::setup::date;

/// What may happen, in whole units and cents.
#[derive(Clone, Debug)]
pub enum Step {
    Buy { units: i64, cents: i64 },
    Sell { units: i64, cents: i64 },
    Split { new: i64, old: i64 },
    ReturnCapital { cents: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (units, cents) = (1..40_i64, 1..100_000_i64);
    prop_oneof![
        4 => (units.clone(), cents.clone()).prop_map(|(units, cents)| Step::Buy { units, cents }),
        4 => (units, cents.clone()).prop_map(|(units, cents)| Step::Sell { units, cents }),
        1 => select(vec![(2, 1), (3, 1), (3, 2), (1, 2), (1, 4)])
            .prop_map(|(new, old)| Step::Split { new, old }),
        1 => (1..5_000_i64).prop_map(|cents| Step::ReturnCapital { cents }),
    ]
}

fn method() -> impl Strategy<Value = LotMethod> {
    select(vec![
        LotMethod::Fifo,
        LotMethod::Lifo,
        LotMethod::Hifo,
        LotMethod::Average,
    ])
}

fn money(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

pub fn day(number: usize) -> NaiveDate {
    date("2020-01-01") + Days::new(number as u64)
}

pub fn event(number: usize, movement: Movement) -> Event {
    Event {
        transaction: TransactionId::new(),
        date: day(number),
        currency: "USD".to_owned(),
        rate: Some("1.3".parse().unwrap()),
        movement,
    }
}

fn movement(security: SecurityId, step: &Step) -> Movement {
    match *step {
        Step::Buy { units, cents } => Movement::Acquire {
            security,
            quantity: units.into(),
            cost: money(cents),
            acquired_on: None,
        },
        Step::Sell { units, cents } => Movement::Dispose {
            security,
            quantity: units.into(),
            proceeds: money(cents),
            chosen: Vec::new(),
        },
        Step::Split { new, old } => Movement::Split {
            security,
            exchange: Exchange {
                new: new.into(),
                old: old.into(),
            },
            in_lieu: None,
        },
        Step::ReturnCapital { cents } => Movement::ReturnCapital {
            security,
            cash: money(cents),
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn lots_are_those_of_a_naive_replay(steps in vec(step(), 1..40), method in method()) {
        let security = SecurityId::new();
        let mut book = Book::new(Rules { method, allows_shorts: false });
        let mut naive = naive::Replay::new(method);
        for (number, step) in steps.iter().enumerate() {
            let before = book.clone();
            let booked = book.book(&event(number, movement(security, step)));
            let replayed = naive.apply(number, step);
            prop_assert_eq!(booked.is_ok(), replayed, "{:?}", step);
            if booked.is_err() {
                book = before;
            }
        }
        naive.compare(&book, security)?;
    }

    /// Cost that came in is still there, was carried on, or is in a gain; cash that came in is cost or gain.
    #[test]
    fn nothing_is_lost_and_nothing_made(
        steps in vec((0..3_usize, 0..3_usize, step(), 0..8_u8, 0..=100_i64), 1..40),
        method in method(),
        allows_shorts in any::<bool>(),
    ) {
        let securities: Vec<SecurityId> = (0..3).map(|_| SecurityId::new()).collect();
        let mut book = Book::new(Rules { method, allows_shorts });
        let (mut all, mut cash) = (Booked::default(), Decimal::ZERO);
        for (number, (from, into, step, kind, percent)) in steps.iter().enumerate() {
            let (from, into) = (securities[*from], securities[*into]);
            let movement = action(from, into, *kind, *percent)
                .unwrap_or_else(|| movement(from, step));
            let before = book.clone();
            if book.book(&event(number, movement.clone())).is_err() {
                book = before;
                continue;
            }
            cash += cash_of(&movement);
            let booked = book.take_booked();
            all.openings.extend(booked.openings);
            all.closings.extend(booked.closings);
        }
        let opened: Decimal = all.openings.iter().map(|lot| lot.cost_basis).sum();
        let closed: Decimal = all.closings.iter().map(|lot| lot.cost_basis).sum();
        let gain: Decimal = all.closings.iter().map(|lot| lot.realized_gain).sum();
        let mut open = Decimal::ZERO;
        for security in &securities {
            open += book.open_lots(*security).unwrap().iter().map(|lot| lot.cost).sum::<Decimal>();
        }
        prop_assert_eq!(opened - closed, open, "the cost of open lots");
        prop_assert_eq!(cash + open, gain, "cash and what is held, beside the gain");
        let base_gain: Option<Decimal> = all.closings.iter().map(|lot| lot.realized_gain_base).sum();
        let proceeds_base: Option<Decimal> = all.closings.iter().map(|lot| lot.proceeds_base).sum();
        prop_assert!(base_gain.is_some() && proceeds_base.is_some());
    }
}

fn action(from: SecurityId, into: SecurityId, kind: u8, percent: i64) -> Option<Movement> {
    if from == into {
        return None;
    }
    let exchange = Exchange {
        new: 1.into(),
        old: 3.into(),
    };
    match kind {
        0 => Some(Movement::SpinOff {
            from,
            into,
            exchange,
            basis_share: money(percent),
            in_lieu: (percent > 50).then(|| money(percent)),
        }),
        1 => Some(Movement::Merge {
            from,
            cash: money(percent * 100),
            into: (percent > 20).then(|| MergedInto {
                security: into,
                exchange,
                cash_share: money(percent),
                in_lieu: (percent > 60).then(|| money(percent)),
            }),
        }),
        2 => Some(Movement::Split {
            security: from,
            exchange,
            in_lieu: Some(money(percent + 1)),
        }),
        _ => None,
    }
}

fn cash_of(movement: &Movement) -> Decimal {
    match movement {
        Movement::Acquire { cost, .. } => -cost,
        Movement::Dispose { proceeds, .. } => *proceeds,
        Movement::ReturnCapital { cash, .. } => *cash,
        Movement::Split { in_lieu, .. } | Movement::SpinOff { in_lieu, .. } => {
            in_lieu.unwrap_or_default()
        }
        Movement::Merge { cash, into, .. } => {
            cash + into.and_then(|into| into.in_lieu).unwrap_or_default()
        }
        Movement::Receive { .. } | Movement::Remove { .. } => Decimal::ZERO,
    }
}
