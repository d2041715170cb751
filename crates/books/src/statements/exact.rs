//! Products and sums that lose no digit, or are refused.

use rust_decimal::Decimal;

/// The product, if 28 decimals can hold all of it.
pub(super) fn product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    if a.scale() + b.scale() > Decimal::MAX_SCALE {
        return None;
    }
    let product = a.checked_mul(b)?;
    // A product that was rounded to fit has fewer decimals than its factors together.
    (product.is_zero() || product.scale() == a.scale() + b.scale()).then_some(product)
}

/// The sum, if it can hold all digits of both.
pub(super) fn sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (a, b) = (a.normalize(), b.normalize());
    let sum = a.checked_add(b)?;
    (sum.checked_sub(a)? == b && sum.checked_sub(b)? == a).then_some(sum)
}

/// What is left of an amount after a fee and a tax.
pub(super) fn less(amount: Decimal, fee: Decimal, tax: Decimal) -> Option<Decimal> {
    sum(sum(amount, -fee)?, -tax)
}

#[cfg(test)]
mod tests {
    use super::{product, sum};

    #[test]
    fn what_would_be_rounded_is_refused() {
        let number = |text: &str| text.parse().unwrap();
        assert_eq!(product(number("1.10"), number("2.5")), Some(number("2.75")));
        assert_eq!(product(number("0"), number("2.5")), Some(number("0")));
        let long = "1.000000000000001";
        assert_eq!(product(number(long), number(long)), None);
        let large = "79228162514264337593543950335";
        assert_eq!(product(number(large), number("2")), None);
        assert_eq!(sum(number(large), number("0.1")), None);
        assert_eq!(sum(number("0.1"), number("-0.3")), Some(number("-0.2")));
    }
}
