//! Gains as they are answered.

use std::collections::BTreeMap;

use books::{
    Error,
    booked::BookedLots,
    gains::{self, GainPlace, GainSums, GainTotal, GainTotals, RealizedGain},
};
use chrono::NaiveDate;
use db::page::Page;
use entity::{
    books::portfolio,
    values::{self, Money, Quantity, SecurityId, TransactionId},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    cursor::ListOut,
    schema::{Decimal, LotMethod},
};

#[derive(Debug, Serialize, ToSchema)]
pub struct RealizedGainsOut {
    #[schema(value_type = LotMethod)]
    pub method: values::LotMethod,
    /// The revision of the books.
    pub books_revision: i64,
    pub base_currency: String,
    pub items: Vec<RealizedGainOut>,
    /// Pass it as `cursor` to get what follows; null at the end.
    #[schema(required)]
    pub next_cursor: Option<String>,
    pub totals: GainTotalsOut,
}

/// Sums over all gains, on whatever page they are: together, by year and by security.
#[derive(Debug, Serialize, ToSchema)]
pub struct GainTotalsOut {
    #[serde(flatten)]
    pub all: GainSumsOut,
    /// By the calendar year of the closing.
    pub years: Vec<YearGainsOut>,
    /// By symbol.
    pub securities: Vec<SecurityGainsOut>,
}

/// Sums in each currency in which lots were paid, and in base currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct GainSumsOut {
    pub currencies: BTreeMap<String, GainTotalOut>,
    /// In the portfolio's base currency; null if a rate is not known.
    #[schema(required)]
    pub base: Option<GainTotalOut>,
}

/// The gains of a calendar year.
#[derive(Debug, Serialize, ToSchema)]
pub struct YearGainsOut {
    pub year: i32,
    #[serde(flatten)]
    pub sums: GainSumsOut,
}

/// The gains on one security.
#[derive(Debug, Serialize, ToSchema)]
pub struct SecurityGainsOut {
    #[schema(value_type = uuid::Uuid)]
    pub security_id: SecurityId,
    pub symbol: String,
    #[serde(flatten)]
    pub sums: GainSumsOut,
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
    pub fn new(
        portfolio: &portfolio::Model,
        lots: &BookedLots,
        gains: Vec<RealizedGain>,
        page: &Page<GainPlace>,
    ) -> Result<Self, Error> {
        let totals = gains::totals(&gains)?;
        let list = ListOut::new(
            page.of(gains, RealizedGain::place),
            |last| {
                let GainPlace(date, closed_by, number) = last.place();
                (date, closed_by, number)
            },
            |gain| RealizedGainOut::new(gain, lots),
        );
        Ok(Self {
            method: lots.method,
            books_revision: lots.books_revision,
            base_currency: portfolio.base_currency.clone(),
            items: list.items,
            next_cursor: list.next_cursor,
            totals: GainTotalsOut::new(totals, lots),
        })
    }
}

impl GainTotalsOut {
    fn new(totals: GainTotals, lots: &BookedLots) -> Self {
        let years = totals.years.into_iter();
        let securities = totals.securities.into_iter();
        let mut securities: Vec<SecurityGainsOut> = securities
            .map(|(security_id, sums)| SecurityGainsOut {
                security_id,
                symbol: lots.symbol(security_id).to_owned(),
                sums: sums.into(),
            })
            .collect();
        securities.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        Self {
            all: totals.all.into(),
            years: years
                .map(|(year, sums)| YearGainsOut {
                    year,
                    sums: sums.into(),
                })
                .collect(),
            securities,
        }
    }
}

impl From<GainSums> for GainSumsOut {
    fn from(sums: GainSums) -> Self {
        let currencies = sums.currencies.into_iter();
        Self {
            currencies: currencies
                .map(|(code, total)| (code, total.into()))
                .collect(),
            base: sums.base.map(GainTotalOut::from),
        }
    }
}

impl RealizedGainOut {
    fn new(gain: RealizedGain, lots: &BookedLots) -> Self {
        let closing = gain.closing;
        Self {
            security_id: closing.security,
            symbol: lots.symbol(closing.security).to_owned(),
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
