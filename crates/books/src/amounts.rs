//! Arithmetic with the precision of Beancount: 28 significant digits, half to even.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::Error;

const DIGITS: u32 = 28;

pub(crate) fn product(a: Decimal, b: Decimal) -> Result<Decimal, Error> {
    rounded(a.checked_mul(b))
}

/// Adds in the order of size, so that rounding never depends on the order in which rows were read.
pub(crate) fn sum(mut terms: Vec<Decimal>) -> Result<Decimal, Error> {
    terms.sort_unstable();
    terms
        .into_iter()
        .try_fold(Decimal::ZERO, |sum, term| rounded(sum.checked_add(term)))
}

fn rounded(result: Option<Decimal>) -> Result<Decimal, Error> {
    result
        .and_then(|n| n.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven))
        .map(|n| n.normalize())
        .ok_or(Error::Overflow)
}
