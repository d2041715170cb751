//! Values that requests hold, read more strictly than their libraries would.

use std::{fmt, marker::PhantomData, str::FromStr};

use chrono::{Datelike, NaiveDate};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Error as _, Visitor},
};
use serde_json::Number;

/// A date as `YYYY-MM-DD`, in the years 0001 to 9999 that both engines write and order alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |b: (usize, u8)| match b.0 {
            4 | 7 => b.1 == b'-',
            _ => b.1.is_ascii_digit(),
        };
        let written = text.len() == 10 && text.bytes().enumerate().all(digits);
        let date = written
            .then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())
            .flatten();
        match date {
            Some(date) if date.year() >= 1 => Ok(Self(date)),
            _ => Err("must be a date of the calendar, as YYYY-MM-DD".to_owned()),
        }
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData, "a date as YYYY-MM-DD"))
    }
}

/// How many items a page may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub u64);

impl Limit {
    const MOST: u64 = 500;
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match whole_number(text) {
            Some(number @ 1..=Self::MOST) => Ok(Self(number)),
            _ => Err(format!("must be a whole number from 1 to {}", Self::MOST)),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData, "a whole number"))
    }
}

/// How many days a range reaches back, its last one among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaysBack(pub u64);

impl DaysBack {
    const MOST: u64 = 3_660;
}

impl Default for DaysBack {
    fn default() -> Self {
        Self(7)
    }
}

impl FromStr for DaysBack {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match whole_number(text) {
            Some(number @ 1..=Self::MOST) => Ok(Self(number)),
            _ => Err(format!("must be a whole number from 1 to {}", Self::MOST)),
        }
    }
}

impl<'de> Deserialize<'de> for DaysBack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData, "a whole number"))
    }
}

/// Digits alone: no sign.
fn whole_number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A list in one parameter, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub Vec<String>);

impl FromStr for Words {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<String> = text.split(',').map(str::to_owned).collect();
        if words.iter().any(String::is_empty) {
            return Err("must be one or more words with commas between them".to_owned());
        }
        Ok(Self(words))
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed(PhantomData, "words with commas between them"))
    }
}

/// A whole number that a body may write as JSON Schema has it: `62.0` is one too.
pub fn whole<'de, T: Whole, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let number = Option::<Number>::deserialize(deserializer)?;
    T::of(number).ok_or_else(|| D::Error::custom("must be a whole number that is not too large"))
}

/// What [`whole`] reads.
pub trait Whole: Sized {
    fn of(number: Option<Number>) -> Option<Self>;
}

macro_rules! whole {
    ($($of:ty),+) => {$(
        impl Whole for $of {
            fn of(number: Option<Number>) -> Option<Self> {
                number.as_ref().and_then(integral)?.try_into().ok()
            }
        }
    )+};
}

whole!(i64, u64, u32);

impl<T: Whole> Whole for Option<T> {
    fn of(number: Option<Number>) -> Option<Self> {
        match number {
            None => Some(None),
            number => T::of(number).map(Some),
        }
    }
}

/// Beyond this, not every whole number is a float.
const LARGEST_FLOAT: f64 = 9_007_199_254_740_992.0;

fn integral(number: &Number) -> Option<i64> {
    if let Some(whole) = number.as_i64() {
        return Some(whole);
    }
    let float = number.as_f64().filter(|float| float.fract() == 0.0)?;
    // It is whole, and within what an i64 holds.
    #[allow(clippy::cast_possible_truncation)]
    (float.abs() <= LARGEST_FLOAT).then_some(float as i64)
}

/// Reads a string by its `FromStr`.
struct Parsed<T>(PhantomData<T>, &'static str);

impl<T: FromStr<Err = String>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// For a field of a patch that cannot be taken away: `null` is refused.
pub fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// For a field of a patch that can: `null` is `Some(None)`, a field left out is `None`.
#[allow(clippy::option_option)]
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::{Date, Limit, Words, whole};

    #[test]
    fn a_date_is_ten_characters_of_the_calendar() {
        assert!("2024-02-29".parse::<Date>().is_ok());
        for text in [
            "",
            "2025-02-29",
            "9999-99-99",
            "0000-01-01",
            "2025-1-05",
            "+2025-01-05",
            "20250105",
            " 2025-01-05",
            "2025-01-05T00:00:00Z",
            "-001-01-01",
            "２０２５-01-05",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_limit_is_from_1_to_500() {
        assert_eq!("500".parse(), Ok(Limit(500)));
        for text in [
            "",
            "0",
            "501",
            "-1",
            "+5",
            "5.0",
            "1e2",
            "99999999999999999999",
        ] {
            assert!(text.parse::<Limit>().is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_float() {
        let read = |text: &str| whole::<i64, _>(&mut serde_json::Deserializer::from_str(text)).ok();
        for (text, number) in [("62", 62), ("62.0", 62), ("-1e3", -1_000), ("0", 0)] {
            assert_eq!(read(text), Some(number), "{text}");
        }
        for text in ["62.5", "1e300", "18446744073709551615", "null", "\"62\""] {
            assert_eq!(read(text), None, "{text}");
        }
        let or_none = |text: &str| {
            whole::<Option<u32>, _>(&mut serde_json::Deserializer::from_str(text)).ok()
        };
        assert_eq!(
            (or_none("null"), or_none("7.0"), or_none("-7")),
            (Some(None), Some(Some(7)), None)
        );
    }

    #[test]
    fn words_are_never_empty() {
        assert_eq!(
            "A:B,C".parse(),
            Ok(Words(vec!["A:B".to_owned(), "C".to_owned()]))
        );
        for text in ["", ",", "A,", ",A", "A,,B"] {
            assert!(text.parse::<Words>().is_err(), "{text:?} was accepted");
        }
    }
}
