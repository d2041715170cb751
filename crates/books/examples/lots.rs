//! How long it takes to book a million transactions of one security by each method:
//! `cargo run --release -p books --example lots`. Three units are bought and two sold in turn.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::Instant;

use books::booking::{Book, Event, Movement, Rules};
use chrono::{Days, NaiveDate};
use entity::values::{LotMethod, Rate, SecurityId, TransactionId};
use rust_decimal::Decimal;

const TRANSACTIONS: u64 = 1_000_000;

fn movement(security: SecurityId, number: u64) -> Movement {
    let price = Decimal::new(10_000 + i64::try_from(number * 7_919 % 5_000).unwrap(), 2);
    if number.is_multiple_of(2) {
        return Movement::Acquire {
            security,
            quantity: 3.into(),
            cost: price * Decimal::from(3),
            acquired_on: None,
        };
    }
    Movement::Dispose {
        security,
        quantity: 2.into(),
        proceeds: price * Decimal::from(2),
        chosen: Vec::new(),
    }
}

fn main() {
    let security = SecurityId::new();
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).unwrap();
    let event = |number| Event {
        transaction: TransactionId::new(),
        date: first + Days::new(number / 200),
        currency: "USD".to_owned(),
        rate: Some(Rate::ONE),
        movement: movement(security, number),
    };
    let events: Vec<Event> = (0..TRANSACTIONS).map(event).collect();
    for method in [
        LotMethod::Fifo,
        LotMethod::Lifo,
        LotMethod::Hifo,
        LotMethod::Average,
    ] {
        let started = Instant::now();
        let mut book = Book::new(Rules {
            method,
            allows_shorts: false,
        });
        for event in &events {
            book.book(event).unwrap();
        }
        let closings = book.take_booked().closings.len();
        let milliseconds = started.elapsed().as_millis();
        let open = book.open_lots(security).unwrap().len();
        println!("{method}: {milliseconds} ms, {closings} closings, {open} lots open");
    }
}
