//! Exact decimal numbers: 28 significant digits, never a float.
//!
//! On PostgreSQL a value is NUMERIC; on SQLite it is its canonical text, because SQLite has no
//! exact type. So SQL never computes, compares or orders these columns: the program does.

use std::{fmt, str::FromStr};

use rust_decimal::Decimal;
use sea_orm::{
    ColIdx, DbErr, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The one text of a number: no exponent, no `+`, no zeros at the end of a fraction, no `-0`.
pub fn canonical(number: Decimal) -> String {
    normalized(number).to_string()
}

fn normalized(number: Decimal) -> Decimal {
    let mut number = number.normalize();
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number
}

/// Text that is not a plain decimal number of at most 28 digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal number of at most 28 digits")]
pub struct InvalidDecimal(pub String);

/// The result of an operation is larger than a number can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the result is larger than a number can be, which is about 7.9 * 10^28")]
pub struct ArithmeticOverflow;

/// Reads digits with an optional sign and point. An exponent, a thousands separator, or a digit
/// that could not be kept is refused rather than rounded.
fn parse_exact(text: &str) -> Result<Decimal, InvalidDecimal> {
    let refuse = || InvalidDecimal(text.chars().take(64).collect());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().next().is_some_and(|b| b.is_ascii_digit())
        && digits
            .bytes()
            .next_back()
            .is_some_and(|b| b.is_ascii_digit());
    if !plain {
        return Err(refuse());
    }
    Decimal::from_str_exact(text)
        .map(normalized)
        .map_err(|_| refuse())
}

fn read_column<I: ColIdx>(row: &QueryResult, column: I) -> Result<Decimal, TryGetError> {
    if row.try_as_sqlite_row().is_none() {
        return Decimal::try_get_by(row, column).map(normalized);
    }
    let text = String::try_get_by(row, column)?;
    parse_exact(&text).map_err(|error| TryGetError::DbErr(DbErr::Type(error.to_string())))
}

macro_rules! exact_number {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            pub const ZERO: Self = Self(Decimal::ZERO);
            pub const ONE: Self = Self(Decimal::ONE);

            pub fn new(number: Decimal) -> Self {
                Self(normalized(number))
            }

            pub fn decimal(self) -> Decimal {
                self.0
            }

            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            pub fn is_positive(self) -> bool {
                self.0 > Decimal::ZERO
            }

            /// The sum, exact if 28 digits can hold it; else the last of its decimals are rounded away.
            pub fn checked_add(self, other: Self) -> Result<Self, ArithmeticOverflow> {
                self.0.checked_add(other.0).map(Self::new).ok_or(ArithmeticOverflow)
            }

            /// The difference, with as many digits as a sum.
            pub fn checked_sub(self, other: Self) -> Result<Self, ArithmeticOverflow> {
                self.0.checked_sub(other.0).map(Self::new).ok_or(ArithmeticOverflow)
            }
        }

        impl From<Decimal> for $name {
            fn from(number: Decimal) -> Self {
                Self::new(number)
            }
        }

        impl FromStr for $name {
            type Err = InvalidDecimal;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_exact(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }

        impl From<$name> for Value {
            fn from(number: $name) -> Self {
                Value::Decimal(Some(number.0))
            }
        }

        impl Nullable for $name {
            fn null() -> Value {
                Value::Decimal(None)
            }
        }

        impl sea_orm::IntoActiveValue<$name> for $name {
            fn into_active_value(self) -> sea_orm::ActiveValue<$name> {
                sea_orm::ActiveValue::Set(self)
            }
        }

        impl sea_orm::sea_query::postgres_array::NotU8 for $name {}

        impl TryGetable for $name {
            fn try_get_by<I: ColIdx>(row: &QueryResult, column: I) -> Result<Self, TryGetError> {
                read_column(row, column).map(Self)
            }
        }

        impl ValueType for $name {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                <Decimal as ValueType>::try_from(value).map(Self::new)
            }

            fn type_name() -> String {
                stringify!($name).to_owned()
            }

            fn array_type() -> ArrayType {
                ArrayType::Decimal
            }

            fn column_type() -> ColumnType {
                ColumnType::Decimal(None)
            }
        }
    )+};
}

exact_number! {
    /// An amount in some currency, signed; the currency stands beside it.
    Money,
    /// What one unit costs, in some currency.
    Price,
    /// Units of a security, negative for a short.
    Quantity,
    /// Units of the quote currency for one unit of the base currency.
    Rate,
    /// A plain fraction: 0.05 is 5 %.
    Ratio,
    /// So much of what stands beside it: tokens, or money in a currency.
    Amount,
}
