use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{Money, Quantity, SecurityKind, canonical};

#[test]
fn canonical_text_has_no_exponent_no_trailing_zeros_and_no_negative_zero() {
    for (input, expected) in [
        ("1241.480", "1241.48"),
        ("235.00", "235"),
        ("-0.0", "0"),
        ("0.10", "0.1"),
        ("100", "100"),
        ("-12.5000", "-12.5"),
    ] {
        assert_eq!(input.parse::<Money>().unwrap().to_string(), expected);
    }
}

#[test]
fn text_that_is_not_a_plain_number_is_refused() {
    for text in [
        "",
        "-",
        "+1",
        "1e3",
        "1,000",
        " 1",
        "1 ",
        ".5",
        "5.",
        "1..2",
        "--1",
        "NaN",
        "inf",
        "0x10",
        "1_000",
        "٣",
        "12345678901234567890123456789012",
        "0.12345678901234567890123456789012",
    ] {
        assert!(text.parse::<Quantity>().is_err(), "{text:?} was accepted");
    }
}

#[test]
fn overflow_is_an_error_and_never_a_wrapped_number() {
    let largest = Money::new(Decimal::MAX);
    assert!(largest.checked_add(largest).is_err());
}

#[test]
fn a_sum_is_exact_as_long_as_28_digits_can_hold_it() {
    let add = |a: &str, b: &str| {
        let sum = a.parse::<Money>().unwrap().checked_add(b.parse().unwrap());
        sum.unwrap().to_string()
    };
    let longest = "11.00000000000000000000000001";
    assert_eq!(add("11", "0.00000000000000000000000001"), longest);
    assert_eq!(add("11", "0.0000000000000000000000000001"), "11");
}

#[test]
fn an_unknown_word_names_the_known_ones() {
    let error = "stock".parse::<SecurityKind>().unwrap_err().to_string();
    assert!(
        error.contains("`stock` is not one of equity, etf"),
        "{error}"
    );
}

proptest! {
    #[test]
    fn every_number_survives_its_canonical_text(
        mantissa in -79_228_162_514_264_337_593_543_950_335_i128..=79_228_162_514_264_337_593_543_950_335,
        scale in 0_u32..=28,
    ) {
        let number = Decimal::from_i128_with_scale(mantissa, scale);
        let read: Money = canonical(number).parse().unwrap();
        prop_assert_eq!(read.decimal(), number);
        prop_assert_eq!(read.to_string(), canonical(number));
    }
}
