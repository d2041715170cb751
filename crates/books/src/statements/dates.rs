//! Dates as people and programs write them, with or without a time.
//!
//! Only the order of day and month is a question, and only where both are numbers before the year,
//! with slashes or hyphens; it is answered for a whole column (see `evidence`).

use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::evidence::{Says, shortened};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    DayFirst,
    MonthFirst,
}

/// How a column's dates are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateRule {
    /// Each as it is written; this order where day and month are both numbers before the year.
    Order(Order),
    /// As a mapping demands, and in no other way.
    Only(DateFormat),
}

impl DateRule {
    const fn is_month_first(self) -> bool {
        matches!(
            self,
            Self::Order(Order::MonthFirst) | Self::Only(DateFormat::MonthFirst)
        )
    }
}

/// The formats that a mapping can name. Which of `.`, `/` and `-` stands between the parts is all one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// `YYYY-MM-DD`
    Iso,
    /// `YYYYMMDD`
    Basic,
    /// `DD.MM.YYYY`
    DayFirst,
    /// `MM/DD/YYYY`
    MonthFirst,
    /// `DD-Mon-YYYY`, in English or German
    Named,
}

pub(super) const DATE_FORMATS: [(&str, DateFormat); 8] = [
    ("YYYY-MM-DD", DateFormat::Iso),
    ("YYYYMMDD", DateFormat::Basic),
    ("DD.MM.YYYY", DateFormat::DayFirst),
    ("DD/MM/YYYY", DateFormat::DayFirst),
    ("DD-MM-YYYY", DateFormat::DayFirst),
    ("MM/DD/YYYY", DateFormat::MonthFirst),
    ("MM-DD-YYYY", DateFormat::MonthFirst),
    ("DD-Mon-YYYY", DateFormat::Named),
];

impl FromStr for DateFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let found = DATE_FORMATS.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or(())
    }
}

/// What a value says about the order: `First` is the day first, `Second` the month first.
pub(super) fn says(text: &str) -> Says {
    let Some(Written::Numbers(one, two, year)) = written(text) else {
        return Says::Nothing;
    };
    match (date(year, two, one), date(year, one, two)) {
        (Some(day_first), Some(month_first)) if day_first == month_first => Says::Nothing,
        (Some(_), Some(_)) => Says::Both,
        (Some(_), None) => Says::First,
        (None, Some(_)) => Says::Second,
        (None, None) => Says::Nothing,
    }
}

/// The date, or what is wrong with the text.
pub(super) fn parse(text: &str, rule: DateRule) -> Result<NaiveDate, String> {
    let unknown = || {
        let text = shortened(text);
        match rule {
            DateRule::Order(_) => {
                format!(
                    "`{text}` is not a date such as 2024-12-31, with all four digits of the year"
                )
            }
            DateRule::Only(format) => format!("`{text}` is not a date as {}", name_of(format)),
        }
    };
    let written = written(text).ok_or_else(unknown)?;
    if let DateRule::Only(format) = rule
        && !written.can_be(format)
    {
        return Err(unknown());
    }
    let (year, month, day) = written.parts(rule);
    date(year, month, day).ok_or_else(|| format!("there is no day `{}`", shortened(text)))
}

fn name_of(format: DateFormat) -> &'static str {
    let found = DATE_FORMATS.iter().find(|(_, known)| *known == format);
    found.map_or("a date", |(name, _)| name)
}

/// Years outside of these are slips of the pen, or other kinds of numbers.
fn date(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let year = i32::try_from(year).ok()?;
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    (1900..2200).contains(&date.year()).then_some(date)
}

/// The parts of a date in the order in which they are written.
#[derive(Clone, Copy)]
enum Written {
    Iso(u32, u32, u32),
    Basic(u32, u32, u32),
    /// Day, month and year with points, which nobody writes in another order.
    Points(u32, u32, u32),
    /// Day and month in one order or the other, and the year.
    Numbers(u32, u32, u32),
    /// Day, month and year, by the month's name.
    Named(u32, u32, u32),
}

impl Written {
    const fn can_be(self, format: DateFormat) -> bool {
        matches!(
            (self, format),
            (Self::Iso(..), DateFormat::Iso)
                | (Self::Basic(..), DateFormat::Basic)
                | (Self::Named(..), DateFormat::Named)
                | (Self::Points(..), DateFormat::DayFirst)
                | (
                    Self::Numbers(..),
                    DateFormat::DayFirst | DateFormat::MonthFirst
                )
        )
    }

    /// Year, month and day.
    const fn parts(self, rule: DateRule) -> (u32, u32, u32) {
        match self {
            Self::Iso(year, month, day)
            | Self::Basic(year, month, day)
            | Self::Points(day, month, year)
            | Self::Named(day, month, year) => (year, month, day),
            Self::Numbers(one, two, year) if rule.is_month_first() => (year, one, two),
            Self::Numbers(one, two, year) => (year, two, one),
        }
    }
}

fn written(text: &str) -> Option<Written> {
    let (one, rest) = run(text.trim());
    if is_number(one, 8..=8) && is_time(rest) {
        let part = |range: std::ops::Range<usize>| one.get(range)?.parse().ok();
        return Some(Written::Basic(part(0..4)?, part(4..6)?, part(6..8)?));
    }
    let (first_gap, rest) = gap(rest);
    let (two, rest) = run(rest);
    let (second_gap, rest) = gap(rest);
    let (three, rest) = run(rest);
    if !is_time(rest) {
        return None;
    }
    let number = |run: &str| run.parse::<u32>().ok();
    if is_number(one, 4..=4) && is_number(two, 1..=2) && is_number(three, 1..=2) {
        let same = first_gap == second_gap && is_mark(first_gap);
        return same.then_some(Written::Iso(number(one)?, number(two)?, number(three)?));
    }
    if !is_number(three, 4..=4) {
        return None;
    }
    let year = number(three)?;
    match (is_number(one, 1..=2), is_number(two, 1..=2)) {
        (true, true) if first_gap == second_gap && first_gap == "." => {
            Some(Written::Points(number(one)?, number(two)?, year))
        }
        (true, true) if first_gap == second_gap && is_mark(first_gap) => {
            Some(Written::Numbers(number(one)?, number(two)?, year))
        }
        (true, false) => Some(Written::Named(number(one)?, month(two)?, year)),
        (false, true) => Some(Written::Named(number(two)?, month(one)?, year)),
        _ => None,
    }
}

/// The digits or the letters that a text begins with, and what follows.
fn run(text: &str) -> (&str, &str) {
    let is_digits = text.starts_with(|c: char| c.is_ascii_digit());
    let ends = |c: char| {
        if is_digits {
            !c.is_ascii_digit()
        } else {
            !c.is_alphabetic()
        }
    };
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn gap(text: &str) -> (&str, &str) {
    let ends = |c: char| !matches!(c, '-' | '/' | '.' | ',' | ' ');
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn is_mark(gap: &str) -> bool {
    matches!(gap, "-" | "/" | ".")
}

fn is_number(run: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&run.len()) && run.bytes().all(|byte| byte.is_ascii_digit())
}

/// Nothing, or a time of day with or without its zone. It moves no date, so its value is not looked at.
fn is_time(rest: &str) -> bool {
    const LONGEST: usize = 40;
    let Some(first) = rest.chars().next() else {
        return true;
    };
    let time = rest
        .get(first.len_utf8()..)
        .unwrap_or_default()
        .trim_start();
    matches!(first, 'T' | ' ' | ';' | ',')
        && time.len() <= LONGEST
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.chars().all(|c| {
            c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '+' | '-' | ' ' | '/' | '_')
        })
}

fn month(name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let is_named = |(_, names): &(u32, &[&str])| {
        names
            .iter()
            .any(|known| *known == name || (name.chars().count() == 3 && known.starts_with(&name)))
    };
    MONTHS
        .iter()
        .find(|entry| is_named(entry))
        .map(|(month, _)| *month)
}

const MONTHS: [(u32, &[&str]); 12] = [
    (1, &["january", "januar", "jänner"]),
    (2, &["february", "februar"]),
    (3, &["march", "märz", "mrz"]),
    (4, &["april"]),
    (5, &["may", "mai"]),
    (6, &["june", "juni"]),
    (7, &["july", "juli"]),
    (8, &["august"]),
    (9, &["september", "sept"]),
    (10, &["october", "oktober"]),
    (11, &["november"]),
    (12, &["december", "dezember"]),
];

#[cfg(test)]
mod tests;
