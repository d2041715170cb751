//! Dates that both engines compare alike.

use chrono::NaiveDate;

/// SQLite compares dates as text, which is the order of time for years of four digits alone. Nothing
/// in the books lies outside these, so a bound further away says the same as the last of them.
pub(crate) fn bound(date: NaiveDate) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
    let first = NaiveDate::from_ymd_opt(0, 1, 1).unwrap_or(NaiveDate::MIN);
    date.clamp(first, last)
}
