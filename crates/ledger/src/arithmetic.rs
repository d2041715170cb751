//! Decimal arithmetic as Beancount does it: 28 significant digits, half to even.
//!
//! Every function answers `None` where the result cannot be held.

use rust_decimal::{Decimal, RoundingStrategy};

const DIGITS: u32 = 28;
const TEN_TO_DIGITS: u128 = 10_u128.pow(DIGITS);

/// The value as 28 significant digits hold it.
fn rounded(value: Decimal) -> Option<Decimal> {
    if value.mantissa().unsigned_abs() < TEN_TO_DIGITS {
        return Some(value);
    }
    value.round_sf_with_strategy(DIGITS, RoundingStrategy::MidpointNearestEven)
}

pub(crate) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_add(b).and_then(rounded)
}

pub(crate) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_sub(b).and_then(rounded)
}

pub(crate) fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_mul(b).and_then(rounded)
}

/// Division. An exact quotient keeps the digits that its operands had (`10.00 / 2` is `5.00`), since
/// the digits written decide the tolerance.
pub(crate) fn divide(a: Decimal, b: Decimal) -> Option<Decimal> {
    let mut quotient = a.checked_div(b).and_then(rounded)?;
    if quotient.checked_mul(b) == Some(a) {
        quotient = quotient.normalize();
        let written = a.scale().saturating_sub(b.scale());
        if quotient.scale() < written {
            quotient.rescale(written);
        }
    }
    Some(quotient)
}

/// Rounds to a multiple of ten to the power of `exponent`, half to even.
pub(crate) fn round_to_exponent(value: Decimal, exponent: i32) -> Option<Decimal> {
    if let Ok(places) = u32::try_from(-exponent) {
        return Some(value.round_dp(places));
    }
    let unit = Decimal::from_i128_with_scale(10_i128.checked_pow(exponent.unsigned_abs())?, 0);
    multiply(divide(value, unit)?.round_dp(0), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn division_has_28_significant_digits() {
        assert_eq!(
            divide(dec("100"), dec("3")),
            Some(dec("33.33333333333333333333333333"))
        );
        assert_eq!(
            divide(dec("200"), dec("3")),
            Some(dec("66.66666666666666666666666667"))
        );
    }

    #[test]
    fn an_exact_quotient_keeps_written_digits() {
        assert_eq!(
            divide(dec("10.00"), dec("2")).map(|d| d.to_string()),
            Some("5.00".into())
        );
        assert_eq!(
            divide(dec("1"), dec("8")).map(|d| d.to_string()),
            Some("0.125".into())
        );
    }

    #[test]
    fn what_cannot_be_held_is_none() {
        assert_eq!(divide(dec("1"), dec("0")), None);
        let large = dec("7922816251426433759354395033");
        assert_eq!(multiply(large, large), None);
        assert_eq!(add(Decimal::MAX, Decimal::MAX), None);
    }

    #[test]
    fn rounding_to_tens_is_half_to_even() {
        assert_eq!(round_to_exponent(dec("25"), 1), Some(dec("20")));
        assert_eq!(round_to_exponent(dec("0.125"), -2), Some(dec("0.12")));
    }
}
