//! Arithmetic with the precision of Beancount: 28 significant digits, half to even.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::Error;

const DIGITS: u32 = 28;
const TEN_TO_DIGITS: u128 = 10_u128.pow(DIGITS);

pub(crate) fn product(a: Decimal, b: Decimal) -> Result<Decimal, Error> {
    a.checked_mul(b).and_then(rounded).ok_or(Error::Overflow)
}

/// The sum, exact where 28 digits hold it.
pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, Error> {
    a.checked_add(b).ok_or(Error::Overflow)
}

/// The difference, exact where 28 digits hold it.
pub(crate) fn subtract(a: Decimal, b: Decimal) -> Result<Decimal, Error> {
    a.checked_sub(b).ok_or(Error::Overflow)
}

/// Adds in the order of size, so that rounding never depends on the order in which rows were read.
pub(crate) fn sum(mut terms: Vec<Decimal>) -> Result<Decimal, Error> {
    terms.sort_unstable();
    let mut terms = terms.into_iter();
    let sum = terms.try_fold(Decimal::ZERO, |sum, term| {
        sum.checked_add(term).and_then(rounded)
    });
    sum.map(|sum| sum.normalize()).ok_or(Error::Overflow)
}

fn rounded(value: Decimal) -> Option<Decimal> {
    if value.mantissa().unsigned_abs() < TEN_TO_DIGITS {
        return Some(value);
    }
    value.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven)
}
