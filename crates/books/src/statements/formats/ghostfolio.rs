//! What Ghostfolio's activities mean, of its export and of what it imports alike.
//!
//! An activity's value is quantity times unit price; its fee comes on top of a purchase, and off what a
//! sale, a dividend or interest brings. A fee's own activity has the fee alone.

use entity::values::TransactionKind as Kind;
use rust_decimal::Decimal;

use super::super::{
    assemble::{Said, assemble, net, value},
    booking::{Booking, Word, Words, usual},
    cells::Cells,
    exact,
    faults::Faults,
    field::Field,
    row::Row,
};

const LIABILITY: &str =
    "a LIABILITY is a debt, which a portfolio here cannot hold: leave the activity out";
const ITEM: &str = "an ITEM is a possession with a value of its own, not a transaction: write it as a BUY of \
     one unit, or leave it out";

pub(super) const WORDS: &Words = &[
    (usual(Kind::Buy), &["buy"]),
    (usual(Kind::Sell), &["sell"]),
    (usual(Kind::Dividend), &["dividend"]),
    (usual(Kind::Fee), &["fee"]),
    (usual(Kind::Interest), &["interest"]),
    (Word::Refused(LIABILITY), &["liability"]),
    (Word::Refused(ITEM), &["item", "valuable"]),
];

pub(super) fn read(cells: &Cells<'_>, booking: Booking, faults: &mut Faults) -> Option<Row> {
    let currency = cells.currency(faults).unwrap_or_default();
    let (units, price) = (cells.units(faults), cells.price(faults));
    let fee = cells.cost(Field::Fee, faults);
    let security = cells.security(faults);
    let gross = match booking.kind {
        Kind::Buy | Kind::Sell => None,
        Kind::Fee => {
            let gross = value(units, price, cells, faults).unwrap_or_default();
            exact::sum(gross, fee)
        }
        _ => value(units, price, cells, faults),
    };
    let costs = match booking.kind {
        Kind::Fee => (Decimal::ZERO, Decimal::ZERO),
        _ => (fee, Decimal::ZERO),
    };
    let is_cash = matches!(booking.kind, Kind::Fee | Kind::Interest);
    let title = security.as_ref().and_then(|security| security.name.clone());
    let title = title.or_else(|| cells.owned(Field::Symbol));
    let said = Said {
        amount: gross.and_then(|gross| net(booking, gross, costs, cells, faults)),
        narration: cells.owned(Field::Note).or(title.filter(|_| is_cash)),
        // The symbol of cash alone is a title.
        security: security.filter(|_| !is_cash),
        units,
        price,
        currency,
        fee,
        tax: Decimal::ZERO,
        fx_rate: None,
        ratio: None,
    };
    assemble(cells, booking.kind, said, faults)
}
