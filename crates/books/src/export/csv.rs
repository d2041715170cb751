//! The table that `tallystick import --format csv` reads: a row for each transaction, in the order of booking.
//!
//! The column *Cash effect* says that a row means what it says and nothing else; see `docs/import.md`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{security, transaction},
    values::{Price, Rate, TransactionId, TransactionSource},
};
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::source::{Source, place_of};
use crate::{
    Error,
    record::{Terms, UnitRatio, received_of, terms_of},
    statements::{isin, marked::cell_of},
};

const HEADER: [&str; 25] = [
    "Trade date",
    "Type",
    "Symbol",
    "ISIN",
    "Security name",
    "Security type",
    "Security currency",
    "Quantity",
    "Price",
    "Cash effect",
    "Currency",
    "Fee",
    "Tax",
    "FX rate to base",
    "Split ratio",
    "Into symbol",
    "Basis share",
    "In lieu",
    "Lots",
    "Acquired on",
    "Settle date",
    "Ex-date",
    "Pay date",
    "Transaction ID",
    "Note",
];

pub(super) async fn write<C: ConnectionTrait, W: Write + Send>(
    source: &Source<'_, C>,
    out: &mut W,
) -> Result<u64, Error> {
    let names = RowNames::load(source).await?;
    let mut page = csv::Writer::from_writer(Vec::new());
    page.write_record(HEADER).map_err(not_written)?;
    let (mut written, mut after) = (0, None);
    loop {
        let rows = source.page(after).await?;
        let lots = names.of_lots(source, &rows).await?;
        for row in &rows {
            for part in parts(row)? {
                let record = record(source, row, &part, &names, &lots)?;
                page.write_record(record).map_err(not_written)?;
            }
        }
        let bytes = page
            .into_inner()
            .map_err(|error| not_written(error.into_error()))?;
        out.write_all(&bytes).map_err(Error::NotWritten)?;
        written += rows.len() as u64;
        let Some(last) = rows.last() else {
            return Ok(written);
        };
        after = Some(place_of(last));
        page = csv::Writer::from_writer(Vec::new());
    }
}

fn not_written(error: impl Into<csv::Error>) -> Error {
    Error::NotWritten(std::io::Error::other(error.into()))
}

/// What rows are called: by the id that others gave them, else by their own.
struct RowNames {
    /// External ids that several transactions have, each from another source.
    ambiguous: BTreeSet<String>,
}

impl RowNames {
    async fn load<C: ConnectionTrait>(source: &Source<'_, C>) -> Result<Self, Error> {
        use transaction::Column;

        let given: Vec<Option<String>> = transaction::Entity::find()
            .filter(source.counted())
            .filter(Column::ExternalId.is_not_null())
            .select_only()
            .column(Column::ExternalId)
            .group_by(Column::ExternalId)
            .having(Column::Id.count().gt(1))
            .into_tuple()
            .all(source.db)
            .await?;
        Ok(Self {
            ambiguous: given.into_iter().flatten().collect(),
        })
    }

    fn of(&self, row: &transaction::Model) -> String {
        let given = row
            .external_id
            .as_ref()
            .filter(|id| row.source != TransactionSource::Manual || !self.ambiguous.contains(*id));
        given.map_or_else(|| row.id.to_string(), Clone::clone)
    }

    /// The names of what opened the lots that some rows take.
    async fn of_lots<C: ConnectionTrait>(
        &self,
        source: &Source<'_, C>,
        rows: &[transaction::Model],
    ) -> Result<BTreeMap<TransactionId, String>, Error> {
        let mut ids = BTreeSet::new();
        for row in rows {
            let lots = terms_of(row)?.lots;
            ids.extend(lots.into_iter().map(|lot| lot.transaction_id));
        }
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let openers = transaction::Entity::find()
            .filter(source.counted())
            .filter(transaction::Column::Id.is_in(ids))
            .all(source.db)
            .await?;
        Ok(openers.iter().map(|row| (row.id, self.of(row))).collect())
    }
}

/// What a record of a transaction has for itself.
struct Part {
    /// From 0.
    number: usize,
    units: Decimal,
    price: Option<Decimal>,
    currency: String,
    acquired_on: Option<NaiveDate>,
}

/// One; of units from another portfolio one for each lot, since a row has one cost and one day.
fn parts(row: &transaction::Model) -> Result<Vec<Part>, Error> {
    let Some(lots) = received_of(row)? else {
        return Ok(vec![Part {
            number: 0,
            units: row.quantity.decimal().abs(),
            price: row.price.map(Price::decimal),
            currency: row.currency.clone(),
            acquired_on: terms_of(row)?.acquired_on,
        }]);
    };
    let parts = lots.into_iter().enumerate().map(|(number, lot)| {
        let units = lot.quantity.decimal();
        if units.is_sign_negative() {
            return Err(Error::Invalid {
                field: "/format",
                detail: format!(
                    "the transfer {} brought units that are short, which a table cannot say; export the \
                     books as beancount or json",
                    row.id
                ),
            });
        }
        let price = lot.cost_basis.decimal().checked_div(units);
        Ok(Part {
            number,
            units,
            price: Some(price.ok_or(Error::Overflow)?),
            currency: lot.currency,
            acquired_on: Some(lot.acquired_on),
        })
    });
    parts.collect()
}

fn record<C: ConnectionTrait>(
    source: &Source<'_, C>,
    row: &transaction::Model,
    part: &Part,
    names: &RowNames,
    lots: &BTreeMap<TransactionId, String>,
) -> Result<Vec<String>, Error> {
    let security = row.security_id.map(|id| source.security(id)).transpose()?;
    let terms = terms_of(row)?;
    let into = terms.into.map(|id| source.security(id)).transpose()?;
    let of = |text: fn(&security::Model) -> String| security.map(text).unwrap_or_default();
    let some = |amount: Decimal| {
        if amount.is_zero() {
            String::new()
        } else {
            number(amount)
        }
    };
    let date = |date: Option<NaiveDate>| date.map_or_else(String::new, |d| d.to_string());
    let is_base = part.currency == source.portfolio.base_currency;
    // Cash moves with the first alone.
    let once = |amount: Decimal| {
        if part.number == 0 {
            amount
        } else {
            Decimal::ZERO
        }
    };
    let id = match part.number {
        0 => names.of(row),
        number => format!("{}/{number}", names.of(row)),
    };
    Ok(vec![
        row.trade_date.to_string(),
        row.kind.to_string(),
        of(|security| cell_of(&security.symbol)),
        of(known_isin),
        of(|security| cell_of(&security.name)),
        of(|security| security.kind.to_string()),
        of(|security| security.currency.clone()),
        some(part.units),
        part.price.map_or_else(String::new, number),
        number(once(row.amount.decimal())),
        part.currency.clone(),
        some(once(row.fee.decimal())),
        some(once(row.tax.decimal())),
        row.fx_rate
            .filter(|_| !is_base)
            .map(Rate::decimal)
            .map_or_else(String::new, number),
        terms.ratio.map_or_else(String::new, ratio),
        into.map_or_else(String::new, |into| cell_of(&into.symbol)),
        terms
            .basis_share
            .map_or_else(String::new, |share| number(share.decimal())),
        terms
            .in_lieu
            .map_or_else(String::new, |cash| number(cash.decimal())),
        chosen(&terms, lots),
        date(part.acquired_on),
        date(row.settle_date),
        date(row.ex_date),
        date(row.pay_date),
        cell_of(&id),
        row.narration.as_deref().map_or_else(String::new, cell_of),
    ])
}

/// What is no ISIN would not be read.
fn known_isin(security: &security::Model) -> String {
    let isin = security.isin.as_deref();
    isin.and_then(isin::read).unwrap_or_default()
}

fn ratio(UnitRatio { new, old }: UnitRatio) -> String {
    format!("{new}:{old}")
}

fn chosen(terms: &Terms, names: &BTreeMap<TransactionId, String>) -> String {
    if terms.lots.is_empty() {
        return String::new();
    }
    let lots = terms.lots.iter().map(|lot| {
        let id = names.get(&lot.transaction_id).cloned();
        let id = id.unwrap_or_else(|| lot.transaction_id.to_string());
        json!({"id": id, "quantity": lot.quantity})
    });
    lots.collect::<serde_json::Value>().to_string()
}

/// Digits with a point that cannot be taken for one between thousands, as in `1.234`.
fn number(number: Decimal) -> String {
    const GROUP: u32 = 3;
    let mut number = number.normalize();
    if number.scale() == GROUP {
        number.rescale(GROUP + 1);
    }
    number.to_string()
}
