//! Lots and gains as they are answered.

use std::collections::BTreeMap;

use books::{
    Error,
    booked::BookedLots,
    booking::OpenLot,
    gains::{self, GainTotal, RealizedGain},
    holdings::SecurityRef,
};
use chrono::NaiveDate;
use entity::values::{self, Money, Quantity, SecurityId, TransactionId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::{Decimal, LotMethod};

#[derive(Debug, Serialize, ToSchema)]
pub struct LotsOut {
    /// By which the lots were booked.
    #[schema(value_type = LotMethod)]
    pub method: values::LotMethod,
    /// The revision of the books.
    pub books_revision: i64,
    pub items: Vec<LotOut>,
}

/// Units of one security that were acquired together.
#[derive(Debug, Serialize, ToSchema)]
pub struct LotOut {
    #[schema(value_type = uuid::Uuid)]
    pub security_id: SecurityId,
    pub symbol: String,
    #[schema(value_type = uuid::Uuid)]
    pub opened_by_transaction_id: TransactionId,
    pub acquired_on: NaiveDate,
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
}

impl From<BookedLots> for LotsOut {
    fn from(lots: BookedLots) -> Self {
        let items = lots.open.iter();
        Self {
            method: lots.method,
            books_revision: lots.books_revision,
            items: items
                .map(|(security, lot)| LotOut::new(*security, lot, &lots.securities))
                .collect(),
        }
    }
}

impl LotOut {
    fn new(security: SecurityId, lot: &OpenLot, known: &BTreeMap<SecurityId, SecurityRef>) -> Self {
        Self {
            security_id: security,
            symbol: symbol(security, known),
            opened_by_transaction_id: lot.key.opened_by,
            acquired_on: lot.acquired_on,
            quantity: Quantity::new(lot.quantity),
            cost_basis: Money::new(lot.cost),
            cost_currency: lot.currency.clone(),
            cost_basis_base: lot.cost_base.map(Money::new),
        }
    }
}

fn symbol(security: SecurityId, known: &BTreeMap<SecurityId, SecurityRef>) -> String {
    known
        .get(&security)
        .map(|known| known.symbol.clone())
        .unwrap_or_default()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RealizedGainsOut {
    #[schema(value_type = LotMethod)]
    pub method: values::LotMethod,
    /// The revision of the books.
    pub books_revision: i64,
    pub items: Vec<RealizedGainOut>,
    /// By the currency in which the lots were paid.
    pub totals: BTreeMap<String, GainTotalOut>,
    /// In the portfolio's base currency; null if a rate is not known.
    #[schema(required)]
    pub base_total: Option<GainTotalOut>,
}

/// Sums, held for at most a year and for longer.
#[derive(Debug, Serialize, ToSchema)]
pub struct GainTotalOut {
    #[schema(value_type = Decimal)]
    pub short_term: Money,
    #[schema(value_type = Decimal)]
    pub long_term: Money,
}

/// What one closing of one lot has realized.
#[derive(Debug, Serialize, ToSchema)]
pub struct RealizedGainOut {
    #[schema(value_type = uuid::Uuid)]
    pub security_id: SecurityId,
    pub symbol: String,
    #[schema(value_type = uuid::Uuid)]
    pub transaction_id: TransactionId,
    #[schema(value_type = uuid::Uuid)]
    pub opened_by_transaction_id: TransactionId,
    pub acquired_on: NaiveDate,
    pub closed_on: NaiveDate,
    pub holding_days: i64,
    /// Held for more than a year.
    pub is_long_term: bool,
    /// A loss, beside a purchase of the same security within 30 days. As information: nothing is taken away.
    pub is_wash_sale: bool,
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
    #[schema(value_type = Decimal)]
    pub proceeds: Money,
    #[schema(value_type = Decimal)]
    pub cost_basis: Money,
    /// What of the cost went on into other lots, and is not in the gain.
    #[schema(value_type = Decimal)]
    pub carried_basis: Money,
    #[schema(value_type = Decimal)]
    pub realized_gain: Money,
    pub currency: String,
    /// In the portfolio's base currency; null if a rate is not known, as the next.
    #[schema(value_type = Option<Decimal>)]
    pub realized_gain_base: Option<Money>,
    /// The part of it that came from the exchange rate.
    #[schema(value_type = Option<Decimal>)]
    pub fx_gain: Option<Money>,
}

impl RealizedGainsOut {
    pub fn new(lots: &BookedLots, gains: Vec<RealizedGain>) -> Result<Self, Error> {
        let (totals, base) = gains::totals(&gains)?;
        let items = gains.into_iter();
        Ok(Self {
            method: lots.method,
            books_revision: lots.books_revision,
            items: items
                .map(|gain| RealizedGainOut::new(gain, &lots.securities))
                .collect(),
            totals: totals
                .into_iter()
                .map(|(code, total)| (code, total.into()))
                .collect(),
            base_total: base.map(GainTotalOut::from),
        })
    }
}

impl RealizedGainOut {
    fn new(gain: RealizedGain, known: &BTreeMap<SecurityId, SecurityRef>) -> Self {
        let closing = gain.closing;
        Self {
            security_id: closing.security,
            symbol: symbol(closing.security, known),
            transaction_id: closing.transaction,
            opened_by_transaction_id: closing.lot.opened_by,
            acquired_on: closing.acquired_on,
            closed_on: closing.closed_on,
            holding_days: (closing.closed_on - closing.acquired_on).num_days(),
            is_long_term: gain.is_long_term,
            is_wash_sale: gain.is_wash_sale,
            quantity: Quantity::new(closing.quantity),
            proceeds: Money::new(closing.proceeds),
            cost_basis: Money::new(closing.cost_basis),
            carried_basis: Money::new(closing.carried_basis),
            realized_gain: Money::new(closing.realized_gain),
            currency: closing.currency,
            realized_gain_base: closing.realized_gain_base.map(Money::new),
            fx_gain: closing.fx_gain.map(Money::new),
        }
    }
}

impl From<GainTotal> for GainTotalOut {
    fn from(total: GainTotal) -> Self {
        Self {
            short_term: total.short_term,
            long_term: total.long_term,
        }
    }
}
