//! What a value must be so that both engines store the same.

use std::fmt;

use sea_orm::{DbErr, Value, prelude::Decimal};

use crate::Error;

/// Why a row cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it does not have one value for each column")]
    Width,
    #[error("a text holds the character U+0000, which PostgreSQL does not store")]
    Zero,
    #[error("a number is NaN, which SQLite stores as NULL")]
    NotANumber,
    #[error("a whole number is over 9223372036854775807, the largest that is stored")]
    TooLarge,
    #[error("a date lies outside the years 1 to 9999")]
    Year,
    #[error("a value is of a kind that cannot be loaded")]
    Kind,
}

impl From<fmt::Error> for Fault {
    fn from(_: fmt::Error) -> Self {
        Self::Kind
    }
}

impl Fault {
    pub fn in_row(self, number: u64) -> Error {
        let source = Box::new(DbErr::Type(self.to_string()).into());
        Error::Row { number, source }
    }
}

/// The value in the one form in which it is stored, or what is wrong with it.
pub fn exact(value: Value) -> Result<Value, Fault> {
    use chrono::SubsecRound;

    Ok(match value {
        Value::Decimal(number) => Value::Decimal(number.map(canonical)),
        Value::String(Some(text)) if text.contains('\0') => return Err(Fault::Zero),
        Value::Char(Some('\0')) => return Err(Fault::Zero),
        Value::Float(Some(number)) if number.is_nan() => return Err(Fault::NotANumber),
        Value::Double(Some(number)) if number.is_nan() => return Err(Fault::NotANumber),
        Value::BigUnsigned(Some(number)) if i64::try_from(number).is_err() => {
            return Err(Fault::TooLarge);
        }
        Value::ChronoDate(Some(day)) => {
            check_year(&day)?;
            Value::ChronoDate(Some(day))
        }
        Value::ChronoTime(time) => Value::ChronoTime(time.map(|time| time.trunc_subsecs(6))),
        Value::ChronoDateTime(Some(time)) => {
            check_year(&time)?;
            Value::ChronoDateTime(Some(time.trunc_subsecs(6)))
        }
        Value::ChronoDateTimeUtc(Some(instant)) => {
            check_year(&instant)?;
            Value::ChronoDateTimeUtc(Some(instant.trunc_subsecs(6)))
        }
        Value::ChronoDateTimeWithTimeZone(Some(instant)) => {
            check_year(&instant.to_utc())?;
            Value::ChronoDateTimeUtc(Some(instant.to_utc().trunc_subsecs(6)))
        }
        Value::ChronoDateTimeLocal(Some(instant)) => {
            check_year(&instant.to_utc())?;
            Value::ChronoDateTimeUtc(Some(instant.to_utc().trunc_subsecs(6)))
        }
        value => value,
    })
}

fn check_year(date: &impl chrono::Datelike) -> Result<(), Fault> {
    if (1..=9999).contains(&date.year()) {
        Ok(())
    } else {
        Err(Fault::Year)
    }
}

/// No zeros at the end of a fraction, no `-0`: what SQLite stores as text has one form.
fn canonical(number: Decimal) -> Decimal {
    let mut number = number.normalize();
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number
}
