use rust_decimal::Decimal;

use crate::Error;

/// So many decimals an amount may have. A price of a million tokens has at most 8, and a token costs
/// a millionth of it.
pub(super) const DECIMALS: u32 = 14;
/// Amounts are below this.
pub(super) const TOO_MUCH: i64 = 100_000_000_000_000;

/// A sum that is exact however many terms it has: in whole units of 10^-14.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ExactSum(i128);

impl ExactSum {
    /// Adds `amount` so many `times`.
    ///
    /// # Errors
    ///
    /// [`Error::Overflow`] if the amount has more than 14 decimals, or the sum is out of range.
    pub(super) fn add(&mut self, amount: Decimal, times: i64) -> Result<(), Error> {
        let amount = amount.normalize();
        let missing = DECIMALS.checked_sub(amount.scale());
        let units = missing.and_then(|zeros| amount.mantissa().checked_mul(10_i128.pow(zeros)));
        let sum = units
            .and_then(|units| units.checked_mul(times.into()))
            .and_then(|term| self.0.checked_add(term));
        self.0 = sum.ok_or(Error::Overflow)?;
        Ok(())
    }

    /// # Errors
    ///
    /// [`Error::Overflow`] if 28 digits cannot hold the sum.
    pub(super) fn total(self) -> Result<Decimal, Error> {
        let (mut units, mut decimals) = (self.0, DECIMALS);
        while decimals > 0 && units % 10 == 0 {
            units /= 10;
            decimals -= 1;
        }
        Decimal::try_from_i128_with_scale(units, decimals).map_err(|_| Error::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::{DECIMALS, ExactSum};
    use rust_decimal::Decimal;

    #[test]
    fn a_sum_loses_no_digit_that_a_decimal_would_round_away() {
        let smallest = Decimal::from_i128_with_scale(1, DECIMALS);
        let large = Decimal::from(99_999_999_999_999_i64);
        let mut sum = ExactSum::default();
        sum.add(smallest, 7).unwrap();
        sum.add(large, 900).unwrap();
        assert!(sum.total().is_err(), "31 digits are no decimal");
        sum.add(-large, 900).unwrap();
        assert_eq!(sum.total().unwrap().to_string(), "0.00000000000007");
    }

    #[test]
    fn more_decimals_than_are_kept_are_refused() {
        let mut sum = ExactSum::default();
        assert!(sum.add(Decimal::from_i128_with_scale(1, 15), 1).is_err());
        assert!(sum.add(Decimal::from_i128_with_scale(10, 15), 1).is_ok());
    }
}
