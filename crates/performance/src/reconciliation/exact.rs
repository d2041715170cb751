//! Comparisons without any rounding: decimals as whole numbers of 10^-28, of any length.

use entity::values::Ratio;
use num_bigint::{BigInt, BigUint};
use rust_decimal::Decimal;

/// Decimals that any number of the product's can have.
const DECIMALS: u32 = 28;
/// Decimals of an error in basis points.
const BPS_DECIMALS: u32 = 4;
/// Basis points of the whole, in the last of those decimals.
const WHOLE: u64 = 100_000_000;
/// The largest error that `numeric(10,4)` holds, in the last of those decimals; it stands for all above.
const LARGEST: u64 = 9_999_999_999;

/// The cent that costs of a unit and cash may differ by.
pub const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// A number in units of 10^-28.
pub fn whole(number: Decimal) -> BigInt {
    let shift = BigInt::from(10_u8).pow(DECIMALS.saturating_sub(number.scale()));
    BigInt::from(number.mantissa()) * shift
}

/// Whether two amounts are at most [`TOLERANCE`] apart.
pub fn agree(one: &BigInt, other: &BigInt) -> bool {
    (one - other).magnitude() <= whole(TOLERANCE).magnitude()
}

/// By how much `ours` differs from `ledger`, in basis points of that: `|ours - ledger| / |ledger|`, rounded
/// up to four decimals, so that an error above a bound never looks as if it kept it. Zero where both are
/// zero; `None` where only the ledger's is, since nothing is a part of nothing.
pub fn error_bps(ours: &BigInt, ledger: &BigInt) -> Option<Ratio> {
    let difference = ours - ledger;
    if *difference.magnitude() == BigUint::ZERO {
        return Some(Ratio::ZERO);
    }
    if *ledger.magnitude() == BigUint::ZERO {
        return None;
    }
    let dividend = difference.magnitude() * WHOLE;
    let quotient = (dividend + ledger.magnitude() - 1_u8) / ledger.magnitude();
    let parts = u64::try_from(quotient).map_or(LARGEST, |parts| parts.min(LARGEST));
    Some(Ratio::new(Decimal::from_i128_with_scale(
        parts.into(),
        BPS_DECIMALS,
    )))
}

/// Units, and what they cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtCost {
    pub units: BigInt,
    pub cost: BigInt,
}

impl AtCost {
    /// Whether one unit cost the same up to [`TOLERANCE`], without dividing:
    /// `|c1 / q1 - c2 / q2| <= t` where `|c1 q2 - c2 q1| <= t |q1 q2|`. Where units are left on one side
    /// alone they do not, and where they are on neither what is left of the costs is compared.
    pub fn agrees(&self, other: &Self) -> bool {
        let none = BigInt::ZERO;
        match (self.units == none, other.units == none) {
            (true, true) => agree(&self.cost, &other.cost),
            (false, false) => {
                let apart = &self.cost * &other.units - &other.cost * &self.units;
                let all = &self.units * &other.units;
                let one = whole(Decimal::ONE);
                apart.magnitude() * one.magnitude()
                    <= all.magnitude() * whole(TOLERANCE).magnitude()
            }
            _ => false,
        }
    }

    /// The cost of one unit, to be shown; `None` where there are none.
    pub fn unit_cost(&self) -> Option<Decimal> {
        number(&self.cost)?.checked_div(number(&self.units)?)
    }
}

/// A whole number of 10^-28 as a decimal of at most 28 digits; `None` for one that is too large.
pub fn number(whole: &BigInt) -> Option<Decimal> {
    let mut digits = whole.clone();
    let mut decimals = DECIMALS;
    let (ten, most) = (BigInt::from(10_u8), BigInt::from(10_u8).pow(DECIMALS));
    while decimals > 0 && (digits.magnitude() >= most.magnitude() || &digits % &ten == BigInt::ZERO)
    {
        digits /= &ten;
        decimals -= 1;
    }
    Decimal::try_from_i128_with_scale(i128::try_from(digits).ok()?, decimals).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> BigInt {
        whole(text.parse().unwrap())
    }

    fn bps(ours: &str, ledger: &str) -> Option<String> {
        error_bps(&of(ours), &of(ledger)).map(|error| error.to_string())
    }

    /// By hand: 1 bp of 10,000 is 1.
    #[test]
    fn an_error_is_a_part_of_the_ledgers_value_rounded_up() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(bps("10000", "10000"), some("0"));
        assert_eq!(bps("10001", "10000"), some("1"));
        assert_eq!(bps("9999", "10000"), some("1"));
        assert_eq!(bps("10000.9", "10000"), some("0.9"));
        assert_eq!(bps("10001.1", "10000"), some("1.1"));
        assert_eq!(bps("10001.0000000000000000000001", "10000"), some("1.0001"));
        assert_eq!(bps("10000.0000000000000000000001", "10000"), some("0.0001"));
        assert_eq!(bps("1", "3"), some("6666.6667"));
        assert_eq!(bps("-10001", "-10000"), some("1"));
        assert_eq!(bps("100", "-100"), some("20000"));
        assert_eq!(bps("0", "5"), some("10000"));
    }

    #[test]
    fn nothing_is_no_part_of_nothing() {
        assert_eq!(bps("0", "0").as_deref(), Some("0"));
        assert_eq!(bps("0.0000000001", "0"), None);
    }

    #[test]
    fn an_error_too_large_for_its_column_is_the_largest() {
        let largest = Some("999999.9999".to_owned());
        assert_eq!(bps("79228162514264337593543950335", "0.0000001"), largest);
        assert_eq!(bps("101", "1").as_deref(), Some("999999.9999"));
        assert_eq!(bps("100.9", "1").as_deref(), Some("999000"));
    }

    #[test]
    fn unit_costs_agree_up_to_a_cent() {
        let at = |units: &str, cost: &str| AtCost {
            units: of(units),
            cost: of(cost),
        };
        // 100.00 and 100.01, 100.009, 100.011 a unit.
        assert!(at("10", "1000").agrees(&at("10", "1000.1")));
        assert!(at("10", "1000").agrees(&at("10", "1000.09")));
        assert!(!at("10", "1000").agrees(&at("10", "1000.11")));
        assert!(!at("10", "1000").agrees(&at("10", "1000.1000000000000000000001")));
        assert!(
            at("10", "1000").agrees(&at("3", "300.03")),
            "of other units"
        );
        assert!(at("-10", "-1000").agrees(&at("-10", "-1000.1")), "short");
        assert!(!at("0", "0").agrees(&at("10", "0")));
        assert!(at("0", "0.000000000001").agrees(&at("0", "0")));
        assert!(!at("0", "0.02").agrees(&at("0", "0")));
    }

    #[test]
    fn a_number_comes_back() {
        for text in [
            "0",
            "-1.5",
            "79228162514264337593543950",
            "0.0000000000000000000000000001",
            "1234.567",
        ] {
            assert_eq!(number(&of(text)).unwrap().to_string(), text);
        }
    }
}
