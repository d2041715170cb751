//! Whatever notation a file has, its values are the same.

use books::statements::Format;
use chrono::NaiveDate;
use proptest::{collection::vec, prelude::*};
use rust_decimal::Decimal;

use super::rows;

#[derive(Clone, Copy, Debug)]
enum Dates {
    Iso,
    Basic,
    Points,
    DaySlashes,
    MonthSlashes,
    DayHyphens,
    Named,
    IsoTime,
    DayTime,
}

const DATES: [Dates; 9] = [
    Dates::Iso,
    Dates::Basic,
    Dates::Points,
    Dates::DaySlashes,
    Dates::MonthSlashes,
    Dates::DayHyphens,
    Dates::Named,
    Dates::IsoTime,
    Dates::DayTime,
];

impl Dates {
    fn write(self, date: NaiveDate) -> String {
        let format = match self {
            Self::Iso => "%Y-%m-%d",
            Self::Basic => "%Y%m%d",
            Self::Points => "%d.%m.%Y",
            Self::DaySlashes => "%d/%m/%Y",
            Self::MonthSlashes => "%m/%d/%Y",
            Self::DayHyphens => "%d-%m-%Y",
            Self::Named => "%d-%b-%Y",
            Self::IsoTime => "%Y-%m-%dT23:59:59.000Z",
            Self::DayTime => "%d/%m/%Y 23:59",
        };
        date.format(format).to_string()
    }
}

/// A decimal mark, what separates thousands, and how a negative number is marked.
#[derive(Clone, Copy, Debug)]
struct Numbers {
    mark: char,
    separator: Option<char>,
    negative: (&'static str, &'static str),
    currency: (&'static str, &'static str),
}

impl Numbers {
    fn write(self, number: Decimal) -> String {
        let plain = number.abs().to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let mut grouped = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.extend(self.separator);
            }
            grouped.push(digit);
        }
        if !fraction.is_empty() {
            grouped = format!("{grouped}{}{fraction}", self.mark);
        }
        let (before, after) = self.currency;
        let (minus, end) = if number < Decimal::ZERO {
            self.negative
        } else {
            ("", "")
        };
        format!("{minus}{before}{grouped}{after}{end}")
    }
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let marks = prop_oneof![
        Just(('.', None)),
        Just((',', None)),
        Just(('.', Some(','))),
        Just((',', Some('.'))),
        Just((',', Some(' '))),
        Just((',', Some('\u{a0}'))),
        Just(('.', Some('\''))),
        Just(('.', Some('’'))),
    ];
    let negatives = prop_oneof![
        Just(("-", "")),
        Just(("(", ")")),
        Just(("", "-")),
        Just(("\u{2212}", ""))
    ];
    let currencies = prop_oneof![
        3 => Just(("", "")), 1 => Just(("$", "")), 1 => Just(("", " €")), 1 => Just(("CHF ", "")), 1 => Just(("", " kr")),
    ];
    (marks, negatives, currencies).prop_map(|((mark, separator), negative, currency)| Numbers {
        mark,
        separator,
        negative,
        currency,
    })
}

/// A column of numbers is unambiguous once one has a number of decimals that no thousands have.
fn amount() -> impl Strategy<Value = Decimal> {
    let size = prop_oneof![-999_i64..1000, -999_999_999_999_i64..1_000_000_000_000];
    (size, 0_u32..7).prop_map(|(digits, decimals)| Decimal::new(digits, decimals))
}

fn written_date() -> impl Strategy<Value = NaiveDate> {
    (1950_i32..2100, 1_u32..367).prop_filter_map("a day of the year", |(year, day)| {
        NaiveDate::from_yo_opt(year, day)
    })
}

proptest! {
    #[test]
    fn what_is_written_in_a_notation_is_read_in_it(
        values in vec((written_date(), amount()), 1..12),
        dates in prop::sample::select(&DATES[..]),
        numbers in numbers(),
        delimiter in prop::sample::select(&[',', ';', '\t', '|'][..]),
        ends in prop::sample::select(&["\n", "\r\n"][..]),
        mark in any::<bool>(),
    ) {
        let decisive = (NaiveDate::from_ymd_opt(2024, 3, 31).unwrap(), Decimal::new(-123_456, 2));
        let all: Vec<_> = values.into_iter().chain([decisive]).collect();
        let mut file = if mark { "\u{feff}".to_owned() } else { String::new() };
        file.push_str(&["Date", "Type", "Amount", "Currency"].join(&delimiter.to_string()));
        file.push_str(ends);
        for (date, amount) in &all {
            let cells = [dates.write(*date), "Interest".into(), numbers.write(*amount), "EUR".into()];
            let cells = cells.map(|cell| format!("\"{cell}\""));
            file.push_str(&cells.join(&delimiter.to_string()));
            file.push_str(ends);
        }
        let read: Vec<_> = rows(Format::Csv, &file)
            .into_iter()
            .map(|row| (row.trade_date, row.amount.unwrap()))
            .collect();
        prop_assert_eq!(read, all, "{}", file);
    }
}
