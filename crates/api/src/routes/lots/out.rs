//! Lots as they are answered.

use std::collections::BTreeMap;

use books::booked::{BookedLots, LotPlace};
use chrono::NaiveDate;
use db::page::Page;
use entity::{
    books::portfolio,
    values::{self, Money, Price, Quantity, SecurityId, TransactionId},
};
use performance::{
    LotsReport,
    lots::{LotSums, LotTotals, ValuedLot},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    cursor::ListOut,
    routes::{
        positions::{ProvenanceOut, WarningOut},
        realized_gains::GainTotalOut,
    },
    schema::{Decimal, LotMethod},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct LotsOut {
    /// By which the lots were booked.
    #[schema(value_type = LotMethod)]
    pub method: values::LotMethod,
    /// The revision of the books.
    pub books_revision: i64,
    pub base_currency: String,
    /// To which day holding is counted.
    pub asof_date: NaiveDate,
    pub items: Vec<LotOut>,
    /// Pass it as `cursor` to get what follows; null at the end.
    #[schema(required)]
    pub next_cursor: Option<String>,
    pub totals: LotTotalsOut,
    /// What the totals leave out, and why.
    pub warnings: Vec<WarningOut>,
    pub provenance: ProvenanceOut,
}

/// Units of one security that were acquired together. A figure that lacks a price, a rate or a cost is null.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotOut {
    #[schema(value_type = uuid::Uuid)]
    pub security_id: SecurityId,
    pub symbol: String,
    #[schema(value_type = uuid::Uuid)]
    pub opened_by_transaction_id: TransactionId,
    pub acquired_on: NaiveDate,
    /// From the acquisition to `asof_date`; 0 for what is acquired later.
    pub holding_days: i64,
    /// Held for more than a year on `asof_date`.
    pub is_long_term: bool,
    /// Negative for a short.
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
    /// Of these units.
    #[schema(value_type = Decimal)]
    pub cost_basis: Money,
    pub cost_currency: String,
    /// The same in the portfolio's base currency, at the rate of the acquisition; null if that is not known.
    #[schema(value_type = Option<Decimal>)]
    pub cost_basis_base: Option<Money>,
    /// In `price_currency`, for one unit.
    #[schema(value_type = Option<Decimal>)]
    pub price: Option<Price>,
    pub price_currency: Option<String>,
    /// In `cost_currency`, as the next.
    #[schema(value_type = Option<Decimal>)]
    pub market_value: Option<Money>,
    #[schema(value_type = Option<Decimal>)]
    pub unrealized_gain: Option<Money>,
    /// In base currency, as the next.
    #[schema(value_type = Option<Decimal>)]
    pub market_value_base: Option<Money>,
    #[schema(value_type = Option<Decimal>)]
    pub unrealized_gain_base: Option<Money>,
}

/// Sums over all lots, on whatever page they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotTotalsOut {
    /// By the currency in which the lots were paid.
    pub currencies: BTreeMap<String, LotSumsOut>,
    /// In the portfolio's base currency.
    pub base: LotSumsOut,
}

/// Sums over the lots for which each figure is known; what is left out has a warning.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotSumsOut {
    #[schema(value_type = Decimal)]
    pub cost_basis: Money,
    #[schema(value_type = Decimal)]
    pub market_value: Money,
    pub unrealized_gain: GainTotalOut,
}

impl LotsOut {
    pub fn new(
        portfolio: &portfolio::Model,
        booked: &BookedLots,
        report: LotsReport,
        asof_date: NaiveDate,
        page: &Page<LotPlace>,
    ) -> Self {
        let LotsReport { lots, provenance } = report;
        let place = |lot: &ValuedLot| booked.place(lot.security, &lot.lot);
        let list = ListOut::new(
            page.of(lots.items, place),
            |last| {
                let LotPlace(symbol, date, opened_by, ordinal) = place(last);
                (symbol, date, opened_by, ordinal)
            },
            |lot| LotOut::new(lot, booked),
        );
        Self {
            method: booked.method,
            books_revision: booked.books_revision,
            base_currency: portfolio.base_currency.clone(),
            asof_date,
            items: list.items,
            next_cursor: list.next_cursor,
            totals: lots.totals.into(),
            warnings: lots.warnings.iter().map(WarningOut::from).collect(),
            provenance: provenance.into(),
        }
    }
}

impl LotOut {
    fn new(valued: ValuedLot, booked: &BookedLots) -> Self {
        let ValuedLot { lot, security, .. } = valued;
        Self {
            security_id: security,
            symbol: booked.symbol(security).to_owned(),
            opened_by_transaction_id: lot.key.opened_by,
            acquired_on: lot.acquired_on,
            holding_days: valued.holding_days,
            is_long_term: valued.is_long_term,
            quantity: Quantity::new(lot.quantity),
            cost_basis: Money::new(lot.cost),
            cost_currency: lot.currency,
            cost_basis_base: valued.value_base.cost_basis,
            price: valued.price,
            price_currency: valued.price_currency,
            market_value: valued.value.market_value,
            unrealized_gain: valued.value.unrealized_gain,
            market_value_base: valued.value_base.market_value,
            unrealized_gain_base: valued.value_base.unrealized_gain,
        }
    }
}

impl From<LotTotals> for LotTotalsOut {
    fn from(totals: LotTotals) -> Self {
        let currencies = totals.currencies.into_iter();
        Self {
            currencies: currencies.map(|(code, sums)| (code, sums.into())).collect(),
            base: totals.base.into(),
        }
    }
}

impl From<LotSums> for LotSumsOut {
    fn from(sums: LotSums) -> Self {
        Self {
            cost_basis: sums.cost_basis,
            market_value: sums.market_value,
            unrealized_gain: sums.unrealized_gain.into(),
        }
    }
}
