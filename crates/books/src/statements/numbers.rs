//! Numbers as people and programs write them: `1,234.56`, `1.234,56`, `1 234,56`, `1'234.56`,
//! `(12.00)`, `12.00-`, `€ 5`.
//!
//! Only the decimal mark is a question; it is answered for a whole column (see `evidence`).

use entity::values::Money;
use iso_currency::Currency;
use rust_decimal::Decimal;

use super::evidence::{Says, shortened};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Point,
    Comma,
}

impl Mark {
    pub const fn as_char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Point => Self::Comma,
            Self::Comma => Self::Point,
        }
    }
}

/// More would not be kept by every engine.
const MOST_DIGITS: usize = 28;

/// What a value says about the decimal mark: `First` is the point, `Second` the comma.
pub(super) fn says(text: &str) -> Says {
    let Some(bare) = Bare::of(text) else {
        return Says::Nothing;
    };
    match (bare.plain(Mark::Point), bare.plain(Mark::Comma)) {
        (Some(point), Some(comma)) if point == comma => Says::Nothing,
        (Some(_), Some(_)) => Says::Both,
        (Some(_), None) => Says::First,
        (None, Some(_)) => Says::Second,
        (None, None) => Says::Nothing,
    }
}

/// Whether a value is less than zero or more, whatever its decimal mark; `None` for zero and for what
/// is not a number.
pub(super) fn is_negative(text: &str) -> Option<bool> {
    let bare = Bare::of(text)?;
    let is_number = bare.plain(Mark::Point).is_some() || bare.plain(Mark::Comma).is_some();
    let is_zero = !bare.body.contains(|c: char| matches!(c, '1'..='9'));
    (is_number && !is_zero).then_some(bare.negative)
}

/// What a sign says: `First` is positive, `Second` negative.
pub(super) const fn sign(is_negative: bool) -> Says {
    if is_negative {
        Says::Second
    } else {
        Says::First
    }
}

/// The exact value, or what is wrong with the text.
pub(super) fn parse(text: &str, mark: Mark) -> Result<Decimal, String> {
    let plain = Bare::of(text).and_then(|bare| Some((bare.negative, bare.plain(mark)?)));
    let Some((negative, plain)) = plain else {
        return Err(format!(
            "`{}` is not a number with `{}` before its decimals",
            shortened(text),
            mark.as_char()
        ));
    };
    let number = exact(&plain)?;
    Ok(if negative { -number } else { number })
}

/// Digits with an optional point, at most 28 of them.
pub(super) fn exact(plain: &str) -> Result<Decimal, String> {
    let digits = plain.bytes().filter(u8::is_ascii_digit);
    let too_long = || format!("`{}` has more than 28 digits", shortened(plain));
    if digits.skip_while(|digit| *digit == b'0').count() > MOST_DIGITS {
        return Err(too_long());
    }
    let number: Money = plain.parse().map_err(|_| too_long())?;
    Ok(number.decimal())
}

/// A JSON number without an exponent, since other programs write the smallest ones with it (`1e-7`).
pub(super) fn from_json(written: &str) -> Result<String, String> {
    let not_a_number = || format!("`{}` is not a number", shortened(written));
    let unsigned = written.strip_prefix('-').unwrap_or(written);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(not_a_number());
    }
    let Some((mantissa, exponent)) = written.split_once(['e', 'E']) else {
        return Ok(written.to_owned());
    };
    let exponent: i32 = exponent.parse().map_err(|_| not_a_number())?;
    if exponent.unsigned_abs() as usize > MOST_DIGITS {
        return Err(format!("`{}` has more than 28 digits", shortened(written)));
    }
    Ok(shifted(mantissa, exponent))
}

/// A number with its point moved to the right, or to the left.
fn shifted(mantissa: &str, places: i32) -> String {
    let (sign, unsigned) = match mantissa.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", mantissa),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let by = places.unsigned_abs() as usize;
    let (left, right) = if places >= 0 {
        (0, by.saturating_sub(fraction.len()))
    } else {
        ((by + 1).saturating_sub(whole.len()), 0)
    };
    let digits = format!("{}{whole}{fraction}{}", "0".repeat(left), "0".repeat(right));
    let whole_length = left + whole.len();
    let point = if places >= 0 {
        whole_length + by
    } else {
        whole_length - by
    };
    let (whole, fraction) = digits.split_at(point.min(digits.len()));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    match fraction {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// A number without its sign and currency.
struct Bare<'a> {
    negative: bool,
    /// Digits, marks and what separates thousands.
    body: &'a str,
}

impl<'a> Bare<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let mut body = text.trim();
        let mut signs = 0;
        let mut negative = false;
        loop {
            let before = body;
            if let Some(inner) = body.strip_prefix('(').and_then(|b| b.strip_suffix(')')) {
                (body, negative, signs) = (inner.trim(), true, signs + 1);
            }
            if let Some((rest, is_minus)) = without_sign(body) {
                (body, negative, signs) = (rest.trim(), negative || is_minus, signs + 1);
            }
            body = without_currency(body).trim();
            if body == before {
                break;
            }
        }
        let begins = body.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
        let ends = body.ends_with(|c: char| c.is_ascii_digit());
        (signs <= 1 && begins && ends).then_some(Self { negative, body })
    }

    /// Digits with an optional point, if the body is a number with this decimal mark.
    fn plain(&self, mark: Mark) -> Option<String> {
        let (whole, fraction) = match self.body.split_once(mark.as_char()) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (self.body, None),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if fraction.is_some_and(|part| part.is_empty() || !all_digits(part)) {
            return None;
        }
        let whole = if whole.is_empty() {
            "0".to_owned()
        } else {
            without_groups(whole, mark)?
        };
        Some(match fraction {
            Some(fraction) => format!("{whole}.{fraction}"),
            None => whole,
        })
    }
}

fn without_sign(text: &str) -> Option<(&str, bool)> {
    const MINUS: [char; 2] = ['-', '\u{2212}'];
    let minus = text
        .strip_prefix(MINUS)
        .or_else(|| text.strip_suffix(MINUS));
    let plus = || text.strip_prefix('+');
    minus
        .map(|rest| (rest, true))
        .or_else(|| plus().map(|rest| (rest, false)))
}

/// Signs and abbreviations; ISO 4217's codes count as well.
const CURRENCIES: [&str; 27] = [
    "US$", "CA$", "AU$", "NZ$", "HK$", "MX$", "C$", "A$", "S$", "R$", "$", "€", "£", "¥", "₹", "₽",
    "₩", "₪", "₫", "₺", "₴", "฿", "zł", "Kč", "kr.", "kr", "Fr.",
];

fn without_currency(text: &str) -> &str {
    for sign in CURRENCIES {
        if let Some(rest) = text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)) {
            return rest;
        }
    }
    let is_code = |code: &str| Currency::from_code(code).is_some();
    if let Some((code, rest)) = text.split_at_checked(3)
        && is_code(code)
    {
        return rest;
    }
    let before = text.len().saturating_sub(3);
    match text.split_at_checked(before) {
        Some((rest, code)) if is_code(code) => rest,
        _ => text,
    }
}

/// The digits of a whole number whose thousands may be separated, all by the same character.
fn without_groups(whole: &str, mark: Mark) -> Option<String> {
    let is_separator =
        |c: char| c == mark.other().as_char() || matches!(c, '\'' | '’') || c.is_whitespace();
    let mut separators = whole.chars().filter(|c| !c.is_ascii_digit());
    let Some(separator) = separators.next() else {
        return Some(whole.to_owned());
    };
    if !is_separator(separator) || separators.any(|other| other != separator) {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups.next().unwrap_or_default();
    let fits = (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && groups.all(|group| group.len() == 3);
    fits.then(|| whole.replace(separator, ""))
}

#[cfg(test)]
mod tests;
