//! Numbers and days as others write them, read exactly.

use std::{fmt::Display, str::FromStr};

use chrono::{DateTime, NaiveDate};

use super::settings::DateForm;

/// Enough for every exponent that a 28-digit number can have.
const GREATEST_EXPONENT: usize = 60;

/// A number above zero.
pub(super) fn positive<T: FromStr<Err: Display> + PartialOrd + Default>(
    text: &str,
) -> Result<T, String> {
    let number: T = exact(text)?;
    if number > T::default() {
        Ok(number)
    } else {
        Err(format!("`{}` is not greater than zero", shortened(text)))
    }
}

/// A number that is written with or without an exponent, digit by digit.
pub(super) fn exact<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    let text = text.trim();
    let plain = if text.contains(['e', 'E']) {
        without_exponent(text)
            .ok_or_else(|| format!("`{}` is not a decimal number", shortened(text)))?
    } else {
        text.to_owned()
    };
    plain
        .parse()
        .map_err(|error: T::Err| format!("`{}`: {error}", shortened(text)))
}

pub(super) fn date(text: &str, form: DateForm) -> Result<NaiveDate, String> {
    let text = text.trim();
    let of_seconds = |seconds| DateTime::from_timestamp(seconds, 0).map(|time| time.date_naive());
    let date = match form {
        DateForm::Iso => iso_date(text),
        DateForm::UnixSeconds => text.parse().ok().and_then(of_seconds),
        DateForm::UnixMilliseconds => text
            .parse()
            .ok()
            .and_then(DateTime::from_timestamp_millis)
            .map(|time| time.date_naive()),
    };
    date.ok_or_else(|| format!("`{}` is not a day", shortened(text)))
}

/// As much as a message has room for.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

fn iso_date(text: &str) -> Option<NaiveDate> {
    let (day, rest) = text.split_at_checked(10)?;
    let is_ended = rest.is_empty() || rest.starts_with(['T', ' ']);
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()?;
    (is_ended && date.to_string() == day).then_some(date)
}

/// `1.25e2` becomes `125`.
fn without_exponent(text: &str) -> Option<String> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let exponent: isize = exponent.parse().ok()?;
    if exponent.unsigned_abs() > GREATEST_EXPONENT {
        return None;
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let point = isize::try_from(whole.len()).ok()? + exponent;
    let plain = match usize::try_from(point) {
        Ok(0) | Err(_) => format!("0.{}{digits}", "0".repeat(point.unsigned_abs())),
        Ok(point) if point >= digits.len() => format!("{digits:0<point$}"),
        Ok(point) => format!("{}.{}", &digits[..point], &digits[point..]),
    };
    Some(format!("{sign}{}", canonical(&plain)))
}

/// Without zeros that only the shift of the point has brought.
fn canonical(plain: &str) -> String {
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use entity::values::{Price, Quantity};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn every_digit_is_kept_with_and_without_an_exponent() {
        for (written, expected) in [
            ("172.42", "172.42"),
            ("172.42000000000002", "172.42000000000002"),
            ("1.25e2", "125"),
            ("1.2345E+2", "123.45"),
            ("125e-4", "0.0125"),
            ("1e-3", "0.001"),
            ("12.5e0", "12.5"),
            ("1.35647456e+08", "135647456"),
            ("0.5e1", "5"),
            (" 7 ", "7"),
        ] {
            let read: Price = positive(written).unwrap();
            assert_eq!(read.to_string(), expected, "{written}");
        }
    }

    #[test]
    fn what_is_no_number_above_zero_is_refused() {
        for written in [
            "", ".", "N/A", "0", "-1", "1e", "e5", "1e999", "1,5", "NaN", "1e+-2", "0e5", "-1e2",
        ] {
            assert!(positive::<Price>(written).is_err(), "{written}");
        }
        assert_eq!(exact::<Quantity>("0").unwrap(), Quantity::ZERO);
    }

    #[test]
    fn days_are_read_in_each_form() {
        let day: NaiveDate = "2020-01-02".parse().unwrap();
        for (written, form) in [
            ("2020-01-02", DateForm::Iso),
            ("2020-01-02T16:00:00Z", DateForm::Iso),
            ("2020-01-02 16:00", DateForm::Iso),
            ("1577923200", DateForm::UnixSeconds),
            ("1577941200000", DateForm::UnixMilliseconds),
        ] {
            assert_eq!(date(written, form).unwrap(), day, "{written}");
        }
        for written in ["02/01/2020", "2020-1-2", "2020-02-30", "", "2020-01-02x"] {
            assert!(date(written, DateForm::Iso).is_err(), "{written}");
        }
        assert!(date("99999999999999999", DateForm::UnixSeconds).is_err());
    }

    proptest! {
        /// The oracle is the decimal type's own reader of exponents.
        #[test]
        fn an_exponent_shifts_the_point(digits in 1_i64..1_000_000_000_000, scale in 0_u32..6, shift in -8_i32..8) {
            let mantissa = Decimal::new(digits, scale);
            let written = format!("{mantissa}e{shift}");
            let expected = Decimal::from_scientific(&written).unwrap().normalize();
            let read: Price = exact(&written).unwrap();
            prop_assert_eq!(read.decimal().normalize(), expected);
        }
    }
}
