//! What no text may do to exact numbers. The fuzzer feeds it, and the tests with what the fuzzer kept.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

use super::Money;

/// Two numbers, a line each: they are read as they stand, and their sum is exact
/// wherever 28 digits can hold it.
pub fn decimal(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (first, second) = text.split_once('\n').unwrap_or((text, "1"));
    if let (Some(a), Some(b)) = (read(first), read(second)) {
        add(a, b);
    }
}

fn read(text: &str) -> Option<Money> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let Ok(number) = text.parse::<Money>() else {
        assert!(!is_plain(text) || digits > 28, "{text} was refused");
        return None;
    };
    assert!(is_plain(text), "{text} was read as {number}");
    assert_eq!(number.to_string(), canonical_text(text));
    assert_eq!(number.to_string().parse(), Ok(number));
    let json = serde_json::to_string(&number).unwrap();
    assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), number);
    Some(number)
}

fn add(a: Money, b: Money) {
    let Ok(sum) = a.checked_add(b) else {
        assert!(digits_before_the_point(a).max(digits_before_the_point(b)) > 27);
        return;
    };
    assert_eq!(b.checked_add(a), Ok(sum));
    let decimals = a.decimal().scale().max(b.decimal().scale()) as usize;
    let digits = digits_before_the_point(a).max(digits_before_the_point(b)) + 1 + decimals;
    if digits <= 28 {
        assert_eq!(sum.checked_sub(b), Ok(a), "{a} + {b} = {sum}");
        assert_eq!(sum.checked_sub(a), Ok(b), "{a} + {b} = {sum}");
    }
}

fn digits_before_the_point(number: Money) -> usize {
    number.decimal().abs().trunc().to_string().len()
}

/// `-`, digits, and perhaps a point with more digits.
fn is_plain(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

/// By the text alone, without arithmetic.
fn canonical_text(plain: &str) -> String {
    let unsigned = plain.strip_prefix('-').unwrap_or(plain);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let is_zero = whole == "0" && fraction.is_empty();
    let sign = if plain.starts_with('-') && !is_zero {
        "-"
    } else {
        ""
    };
    format!("{sign}{whole}{point}{fraction}")
}

#[test]
fn what_the_fuzzer_kept_is_read_exactly_or_refused() {
    for (name, data) in testkit::corpus("decimal") {
        println!("{name}");
        decimal(&data);
    }
}
