//! What the document holds, as it is called over REST.

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    books::{portfolio, security, transaction},
    values::{
        LotMethod, Money, PortfolioId, Price, Quantity, Rate, SecurityId, SecurityKind,
        TransactionId, TransactionKind, TransactionSource,
    },
};
use serde::Serialize;

use crate::{booking::OpenLot, dates::bound};

#[derive(Serialize)]
pub(super) struct PortfolioOut<'a> {
    id: PortfolioId,
    name: &'a str,
    base_currency: &'a str,
    lot_method: LotMethod,
    allows_shorts: bool,
    is_recorded: bool,
}

impl<'a> From<&'a portfolio::Model> for PortfolioOut<'a> {
    fn from(row: &'a portfolio::Model) -> Self {
        Self {
            id: row.id,
            name: &row.name,
            base_currency: &row.base_currency,
            lot_method: row.lot_method,
            allows_shorts: row.allows_shorts,
            is_recorded: row.is_recorded,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ProvenanceOut {
    books_revision: i64,
    /// `None` for all days.
    asof_date: Option<NaiveDate>,
    engine_version: &'static str,
}

impl ProvenanceOut {
    pub fn new(books_revision: i64, asof: NaiveDate) -> Self {
        let is_all = bound(asof) == bound(NaiveDate::MAX);
        Self {
            books_revision,
            asof_date: (!is_all).then_some(asof),
            engine_version: env!("CARGO_PKG_VERSION"),
        }
    }
}

#[derive(Serialize)]
pub(super) struct SecurityOut<'a> {
    id: SecurityId,
    symbol: &'a str,
    name: &'a str,
    kind: SecurityKind,
    currency: &'a str,
    exchange: Option<&'a str>,
    isin: Option<&'a str>,
    figi: Option<&'a str>,
    sector: Option<&'a str>,
    country: Option<&'a str>,
}

impl<'a> From<&'a security::Model> for SecurityOut<'a> {
    fn from(row: &'a security::Model) -> Self {
        Self {
            id: row.id,
            symbol: &row.symbol,
            name: &row.name,
            kind: row.kind,
            currency: &row.currency,
            exchange: row.exchange.as_deref(),
            isin: row.isin.as_deref(),
            figi: row.figi.as_deref(),
            sector: row.sector.as_deref(),
            country: row.country.as_deref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct TransactionOut<'a> {
    id: TransactionId,
    portfolio_id: PortfolioId,
    security_id: Option<SecurityId>,
    kind: TransactionKind,
    trade_date: NaiveDate,
    settle_date: Option<NaiveDate>,
    pay_date: Option<NaiveDate>,
    ex_date: Option<NaiveDate>,
    quantity: Quantity,
    price: Option<Price>,
    amount: Money,
    currency: &'a str,
    fee: Money,
    tax: Money,
    fx_rate: Option<Rate>,
    narration: Option<&'a str>,
    source: TransactionSource,
    external_id: Option<&'a str>,
    terms: Option<&'a serde_json::Value>,
    ledger_commit_hash: Option<&'a str>,
    books_revision: i64,
    recorded_at: DateTime<Utc>,
    voided_at: Option<DateTime<Utc>>,
    voided_revision: Option<i64>,
    corrects: Option<TransactionId>,
    counter_portfolio_id: Option<PortfolioId>,
    counter_transaction_id: Option<TransactionId>,
    received_lots: Option<&'a serde_json::Value>,
}

impl<'a> From<&'a transaction::Model> for TransactionOut<'a> {
    fn from(row: &'a transaction::Model) -> Self {
        Self {
            id: row.id,
            portfolio_id: row.portfolio_id,
            security_id: row.security_id,
            kind: row.kind,
            trade_date: row.trade_date,
            settle_date: row.settle_date,
            pay_date: row.pay_date,
            ex_date: row.ex_date,
            quantity: row.quantity,
            price: row.price,
            amount: row.amount,
            currency: &row.currency,
            fee: row.fee,
            tax: row.tax,
            fx_rate: row.fx_rate,
            narration: row.narration.as_deref(),
            source: row.source,
            external_id: row.external_id.as_deref(),
            terms: row.terms.as_ref(),
            ledger_commit_hash: row.ledger_commit_hash.as_deref(),
            books_revision: row.books_revision,
            recorded_at: row.recorded_at,
            voided_at: row.voided_at,
            voided_revision: row.voided_revision,
            corrects: row.voids_id,
            counter_portfolio_id: row.counter_portfolio_id,
            counter_transaction_id: row.counter_transaction_id,
            received_lots: row.received_lots.as_ref(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct LotOut<'a> {
    security_id: SecurityId,
    symbol: &'a str,
    opened_by_transaction_id: TransactionId,
    acquired_on: NaiveDate,
    quantity: Quantity,
    cost_basis: Money,
    cost_currency: &'a str,
    cost_basis_base: Option<Money>,
}

impl<'a> LotOut<'a> {
    pub fn new(security: SecurityId, symbol: &'a str, lot: &'a OpenLot) -> Self {
        Self {
            security_id: security,
            symbol,
            opened_by_transaction_id: lot.key.opened_by,
            acquired_on: lot.acquired_on,
            quantity: Quantity::new(lot.quantity),
            cost_basis: Money::new(lot.cost),
            cost_currency: &lot.currency,
            cost_basis_base: lot.cost_base.map(Money::new),
        }
    }
}
