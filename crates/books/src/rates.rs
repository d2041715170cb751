//! Exchange rates of a ledger's own prices.

use chrono::NaiveDate;
use entity::values::Rate;
use ledger::Ledger;
use rust_decimal::Decimal;

/// Units of `base` for one of `currency` on a date: 1 for the same currency, else the newest price
/// of the pair in the ledger on or before that date; `None` if it has none.
pub(crate) fn on(ledger: &Ledger, currency: &str, base: &str, date: NaiveDate) -> Option<Rate> {
    if currency == base {
        return Some(Rate::new(Decimal::ONE));
    }
    let (_, rate) = ledger.price_on(currency, base, date)?;
    Some(Rate::new(rate)).filter(|rate| rate.is_positive())
}
