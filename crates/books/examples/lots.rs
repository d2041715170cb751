//! How long it takes to book a million transactions of one security by each method:
//! `cargo run --release -p books --example lots`. Three units are bought and two sold in turn.

#![allow(clippy::print_stdout)]

use std::{error::Error, time::Instant};

use books::booking::{Book, Event, Movement, Rules};
use chrono::{Days, NaiveDate};
use entity::values::{LotMethod, Rate, SecurityId, TransactionId};
use rust_decimal::Decimal;

const TRANSACTIONS: u64 = 1_000_000;

fn movement(security: SecurityId, number: u64) -> Movement {
    let price = Decimal::from(10_000 + number * 7_919 % 5_000) / Decimal::ONE_HUNDRED;
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

fn main() -> Result<(), Box<dyn Error>> {
    let security = SecurityId::new();
    let first = "2000-01-03".parse::<NaiveDate>()?;
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
            book.book(event)?;
        }
        let closings = book.take_booked().closings.len();
        let milliseconds = started.elapsed().as_millis();
        let open = book.open_lots(security)?.len();
        println!("{method}: {milliseconds} ms, {closings} closings, {open} lots open");
    }
    Ok(())
}
