use std::fmt;

use entity::values::Money;

use crate::Error;

/// A sum of money in the base currency with up to 38 digits: the difference of two of 28 each can need
/// more than [`Money`] holds, and none of them may be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exact {
    mantissa: i128,
    scale: u32,
}

impl Exact {
    /// `new` − `old`, with every digit. [`Error::Overflow`] where 38 do not suffice.
    pub fn difference(new: Money, old: Money, what: &str) -> Result<Self, Error> {
        let subtract = || {
            let scale = new.decimal().scale().max(old.decimal().scale());
            let mantissa = aligned(new, scale)?.checked_sub(aligned(old, scale)?)?;
            Some(Self { mantissa, scale }.normal())
        };
        subtract().ok_or_else(|| Error::Overflow {
            what: what.to_owned(),
        })
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    fn normal(self) -> Self {
        let Self {
            mut mantissa,
            mut scale,
        } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }
}

/// Canonical, as all decimals are: `-0.5`, `12`, `0`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::try_from(self.scale).unwrap_or_default();
        let digits = format!(
            "{:0>width$}",
            self.mantissa.unsigned_abs(),
            width = decimals + 1
        );
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let point = if fraction.is_empty() { "" } else { "." };
        let sign = if self.mantissa < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

fn aligned(money: Money, scale: u32) -> Option<i128> {
    let number = money.decimal();
    let shift = 10_i128.checked_pow(scale.checked_sub(number.scale())?)?;
    number.mantissa().checked_mul(shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(new: &str, old: &str) -> Result<String, Error> {
        let exact = Exact::difference(new.parse().unwrap(), old.parse().unwrap(), "it")?;
        Ok(exact.to_string())
    }

    /// Python: `Decimal(new) - Decimal(old)` with 60 digits.
    #[test]
    fn no_digit_of_a_difference_is_lost() {
        for (new, old, expected) in [
            ("1", "1", "0"),
            ("1.50", "0.25", "1.25"),
            ("0.25", "1.5", "-1.25"),
            ("100", "0.05", "99.95"),
            ("-3", "0.000001", "-3.000001"),
            ("0", "-20", "20"),
            (
                "912345678.1234567890123456789",
                "0.000000000000000000000000001",
                "912345678.123456789012345678899999999",
            ),
            (
                "79228162514264337593543950335",
                "0.5",
                "79228162514264337593543950334.5",
            ),
        ] {
            assert_eq!(difference(new, old).unwrap(), expected, "{new} - {old}");
        }
    }

    #[test]
    fn a_difference_of_too_many_digits_is_refused() {
        let largest = "79228162514264337593543950335";
        let outcome = difference(largest, "0.0000000000000000000000000001");
        assert!(
            matches!(outcome, Err(Error::Overflow { .. })),
            "{outcome:?}"
        );
    }
}
