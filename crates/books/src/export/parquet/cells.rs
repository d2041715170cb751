//! A transaction as cells, in the order of the columns.

use chrono::NaiveDate;
use entity::{
    books::{security, transaction},
    values::{Price, Rate},
};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::{Error, export::source::Source};

/// Decimals of every number.
const SCALE: u32 = 18;

/// A number that DECIMAL(38, 18) holds is less than this.
const LIMIT: i128 = 10_i128.pow(38);

pub(super) enum Cell {
    Text(Option<String>),
    /// Days since 1970.
    Day(Option<i32>),
    Whole(i64),
    /// In units of 10^-18.
    Number(Option<i128>),
}

pub(super) fn of<C>(source: &Source<'_, C>, row: &transaction::Model) -> Result<Vec<Cell>, Error>
where
    C: db::ConnectionTrait,
{
    let security = row.security_id.map(|id| source.security(id)).transpose()?;
    let about = |text: fn(&security::Model) -> Option<String>| Cell::Text(security.and_then(text));
    let terms = row.terms.as_ref().map(serde_json::to_string).transpose();
    let mut unfit = Unfit(Map::new());
    Ok(vec![
        text(&row.id),
        text(&row.kind),
        day(Some(row.trade_date)),
        day(row.settle_date),
        day(row.pay_date),
        day(row.ex_date),
        Cell::Text(row.security_id.map(|id| id.to_string())),
        about(|security| Some(security.symbol.clone())),
        about(|security| security.isin.clone()),
        about(|security| Some(security.name.clone())),
        about(|security| Some(security.kind.to_string())),
        unfit.number("quantity", Some(row.quantity.decimal())),
        unfit.number("price", row.price.map(Price::decimal)),
        unfit.number("amount", Some(row.amount.decimal())),
        text(&row.currency),
        unfit.number("fee", Some(row.fee.decimal())),
        unfit.number("tax", Some(row.tax.decimal())),
        unfit.number("fx_rate", row.fx_rate.map(Rate::decimal)),
        Cell::Text(row.narration.clone()),
        text(&row.source),
        Cell::Text(row.external_id.clone()),
        Cell::Text(terms.map_err(Error::Terms)?),
        Cell::Text(row.ledger_commit_hash.clone()),
        Cell::Whole(row.books_revision),
        Cell::Whole(row.recorded_at.timestamp_micros()),
        Cell::Text(row.voids_id.map(|id| id.to_string())),
        unfit.cell(),
    ])
}

fn text(value: &impl ToString) -> Cell {
    Cell::Text(Some(value.to_string()))
}

fn day(date: Option<NaiveDate>) -> Cell {
    let epoch = NaiveDate::default();
    let days = date.map(|date| (date - epoch).num_days());
    Cell::Day(days.and_then(|days| i32::try_from(days).ok()))
}

/// The numbers of a row that do not fit.
struct Unfit(Map<String, Value>);

impl Unfit {
    fn number(&mut self, name: &str, number: Option<Decimal>) -> Cell {
        let Some(number) = number else {
            return Cell::Number(None);
        };
        let fit = scaled(number);
        if fit.is_none() {
            let exact = number.normalize().to_string();
            self.0.insert(name.to_owned(), exact.into());
        }
        Cell::Number(fit)
    }

    fn cell(self) -> Cell {
        Cell::Text((!self.0.is_empty()).then(|| Value::Object(self.0).to_string()))
    }
}

/// In units of 10^-18; `None` if it does not fit without loss.
fn scaled(number: Decimal) -> Option<i128> {
    let number = number.normalize();
    let more = SCALE.checked_sub(number.scale())?;
    let scaled = number.mantissa().checked_mul(10_i128.pow(more))?;
    (scaled.abs() < LIMIT).then_some(scaled)
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn what_would_lose_a_digit_does_not_fit() {
        let number = |text: &str| text.parse().unwrap();
        assert_eq!(scaled(number("-1.50")), Some(-1_500_000_000_000_000_000));
        assert_eq!(scaled(number("0.000000000000000001")), Some(1));
        assert_eq!(scaled(number("0.0000000000000000001")), None);
        let most = "99999999999999999999";
        assert!(scaled(number(most)).is_some());
        assert_eq!(scaled(number("100000000000000000000")), None);
    }
}
