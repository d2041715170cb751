//! Division that is rounded once. The decimal type rounds a quotient to the 28 or 29 digits that it can
//! hold; rounding that once more to 28 could end one digit off.

use std::cmp::Ordering;

use num_bigint::BigUint;
use rust_decimal::Decimal;

/// A product of positive decimals, with every digit.
pub(super) struct Factors {
    digits: BigUint,
    decimals: u32,
}

impl Factors {
    pub fn one() -> Self {
        Self {
            digits: BigUint::from(1_u8),
            decimals: 0,
        }
    }

    pub fn multiply(&mut self, factor: Decimal) {
        self.digits *= factor.mantissa().unsigned_abs();
        self.decimals += factor.scale();
    }
}

const MOST_DIGITS: u32 = 28;
const MOST_DECIMALS: u32 = 28;

/// The quotient to 28 significant digits and at most 28 decimals, half to even; `None` where it is 10^28
/// or more, or the divisor is zero.
pub(super) fn quotient(dividend: &Factors, divisor: &Factors) -> Option<Decimal> {
    if divisor.digits == BigUint::ZERO {
        return None;
    }
    let ten = |power: u32| BigUint::from(10_u8).pow(power);
    let divisor_shift = ten(dividend.decimals);
    let with_decimals = |decimals: u32| {
        let dividend = &dividend.digits * ten(divisor.decimals + decimals);
        rounded(&dividend, &(&divisor.digits * &divisor_shift))
    };
    let finest = with_decimals(MOST_DECIMALS);
    let length = u32::try_from(finest.to_string().len()).ok()?;
    let mut decimals = MOST_DECIMALS.checked_sub(length.saturating_sub(MOST_DIGITS))?;
    let mut digits = with_decimals(decimals);
    if digits >= ten(MOST_DIGITS) {
        // Rounding up made it a digit longer.
        decimals = decimals.checked_sub(1)?;
        digits = with_decimals(decimals);
    }
    let digits = i128::try_from(digits).ok()?;
    let quotient = Decimal::try_from_i128_with_scale(digits, decimals).ok()?;
    Some(quotient.normalize())
}

fn rounded(dividend: &BigUint, divisor: &BigUint) -> BigUint {
    let quotient = dividend / divisor;
    let twice_the_rest = (dividend % divisor) * 2_u8;
    let up = match twice_the_rest.cmp(divisor) {
        Ordering::Less => false,
        Ordering::Equal => quotient.bit(0),
        Ordering::Greater => true,
    };
    quotient + u8::from(up)
}
