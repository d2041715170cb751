//! Transactions as they are answered.

use books::record::Recorded;
use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    books::transaction,
    values::{self, Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Terms;
use crate::schema::{Decimal, TransactionKind, TransactionSource};

/// A transaction as it was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: TransactionId,
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub security_id: Option<SecurityId>,
    #[schema(value_type = TransactionKind)]
    pub kind: values::TransactionKind,
    pub trade_date: NaiveDate,
    pub settle_date: Option<NaiveDate>,
    pub pay_date: Option<NaiveDate>,
    pub ex_date: Option<NaiveDate>,
    /// Units into (+) or out of (-) the portfolio; 0 for a corporate action, whose units follow from the
    /// lots.
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
    #[schema(value_type = Option<Decimal>)]
    pub price: Option<Price>,
    #[schema(value_type = Decimal)]
    pub amount: Money,
    pub currency: String,
    #[schema(value_type = Decimal)]
    pub fee: Money,
    #[schema(value_type = Decimal)]
    pub tax: Money,
    #[schema(value_type = Option<Decimal>)]
    pub fx_rate: Option<Rate>,
    pub narration: Option<String>,
    #[schema(value_type = TransactionSource)]
    pub source: values::TransactionSource,
    pub external_id: Option<String>,
    #[schema(value_type = Option<Terms>)]
    pub terms: Option<serde_json::Value>,
    pub ledger_commit_hash: Option<String>,
    /// The revision of the books that brought it.
    pub books_revision: i64,
    pub recorded_at: DateTime<Utc>,
    pub voided_at: Option<DateTime<Utc>>,
    /// The revision in which it counts no more.
    pub voided_revision: Option<i64>,
    /// What it has corrected.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub corrects: Option<TransactionId>,
    /// Of a transfer between two portfolios of one owner: the other one.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub counter_portfolio_id: Option<PortfolioId>,
    /// The other side of it.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub counter_transaction_id: Option<TransactionId>,
    /// The lots that arrived with it.
    #[schema(value_type = Option<Vec<ReceivedLot>>)]
    pub received_lots: Option<serde_json::Value>,
}

/// Units that came from another portfolio, with the date and the cost that they had there.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivedLot {
    pub acquired_on: NaiveDate,
    /// Negative for a short.
    #[schema(value_type = Decimal)]
    pub quantity: Quantity,
    /// Of these units, in `currency`.
    #[schema(value_type = Decimal)]
    pub cost_basis: Money,
    /// The same in the base currency of the portfolio that received them; null if that is not known.
    #[schema(value_type = Option<Decimal>)]
    pub cost_basis_base: Option<Money>,
    pub currency: String,
}

impl From<transaction::Model> for TransactionOut {
    fn from(row: transaction::Model) -> Self {
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
            currency: row.currency,
            fee: row.fee,
            tax: row.tax,
            fx_rate: row.fx_rate,
            narration: row.narration,
            source: row.source,
            external_id: row.external_id,
            terms: row.terms,
            ledger_commit_hash: row.ledger_commit_hash,
            books_revision: row.books_revision,
            recorded_at: row.recorded_at,
            voided_at: row.voided_at,
            voided_revision: row.voided_revision,
            corrects: row.voids_id,
            counter_portfolio_id: row.counter_portfolio_id,
            counter_transaction_id: row.counter_transaction_id,
            received_lots: row.received_lots,
        }
    }
}

/// What was recorded, in the order in which it was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedOut {
    pub transactions: Vec<TransactionOut>,
    /// The revision of the books that brought them.
    pub books_revision: i64,
}

impl From<Recorded> for RecordedOut {
    fn from(recorded: Recorded) -> Self {
        let transactions = recorded.transactions.into_iter();
        Self {
            transactions: transactions.map(TransactionOut::from).collect(),
            books_revision: recorded.books_revision,
        }
    }
}
