//! Parts of a whole that add up to it.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Fault;
use crate::amounts;

/// Decimals of a part of an amount: sums of such parts are exact up to 10^16.
const MONEY_DECIMALS: u32 = 12;
/// The digits that a number may have.
const DIGITS: u32 = 28;

/// The part of an amount that falls to `share` of `whole`, half to even; all of it where they are the
/// same.
pub(super) fn part(amount: Decimal, share: Decimal, whole: Decimal) -> Result<Decimal, Fault> {
    let decimals = MONEY_DECIMALS.max(amount.scale());
    rounded_part(amount, share, whole, decimals)
}

/// As much as `size`, with the sign of `like`.
pub(super) fn signed(size: Decimal, like: Decimal) -> Decimal {
    if like.is_sign_negative() {
        -size.abs()
    } else {
        size.abs()
    }
}

/// An amount in another currency, with the decimals of a part.
pub(super) fn converted(amount: Decimal, rate: Decimal) -> Result<Decimal, Fault> {
    let converted = amounts::product(amount, rate)?;
    Ok(converted.round_dp_with_strategy(MONEY_DECIMALS, RoundingStrategy::MidpointNearestEven))
}

/// Parts an amount by weights of one sign. Each part is rounded, and the last is what is left.
pub(crate) fn apportion(amount: Decimal, weights: &[Decimal]) -> Result<Vec<Decimal>, Fault> {
    apportion_by(amount, weights, part)
}

/// As [`apportion`], for units of a security: with all the decimals that 28 digits leave.
pub(super) fn apportion_units(units: Decimal, weights: &[Decimal]) -> Result<Vec<Decimal>, Fault> {
    apportion_by(units, weights, |units, share, whole| {
        rounded_part(units, share, whole, decimals_beside(units))
    })
}

/// How many decimals a number may have so that it can be added to `units` without loss.
pub(super) fn decimals_beside(units: Decimal) -> u32 {
    // The mantissa of a number without decimals is the number itself.
    let whole = units.trunc().mantissa().unsigned_abs();
    let digits = whole.checked_ilog10().map_or(0, |digits| digits + 1);
    DIGITS.saturating_sub(digits)
}

fn apportion_by(
    whole: Decimal,
    weights: &[Decimal],
    part: impl Fn(Decimal, Decimal, Decimal) -> Result<Decimal, Fault>,
) -> Result<Vec<Decimal>, Fault> {
    let mut left = whole;
    let mut weight_left = amounts::sum(weights.to_vec())?;
    let mut parts = Vec::with_capacity(weights.len());
    for weight in weights {
        let share = part(left, *weight, weight_left)?;
        left = amounts::subtract(left, share)?;
        weight_left = amounts::subtract(weight_left, *weight)?;
        parts.push(share);
    }
    Ok(parts)
}

fn rounded_part(
    amount: Decimal,
    share: Decimal,
    whole: Decimal,
    decimals: u32,
) -> Result<Decimal, Fault> {
    if share == whole {
        return Ok(amount);
    }
    if amount.is_zero() || share.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let part = amounts::product(amount, share)?
        .checked_div(whole)
        .ok_or(Fault::Overflow)?;
    Ok(part.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven))
}
