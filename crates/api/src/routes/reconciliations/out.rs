use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    performance::reconciliation,
    values::{PortfolioId, Ratio, ReconciliationId, TransactionId},
};
use performance::reconciliation::{
    BooksTransaction, Difference, FirstDifference, LedgerTransaction, Moved,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{routes::positions::ProvenanceOut, schema::Decimal};

/// What came of holding a portfolio's books against the ledger.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ReconciliationId,
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    /// The pack's day, to which both sides were compared.
    pub asof_date: NaiveDate,
    /// Whether nothing differs.
    pub passed: bool,
    /// The largest error of a value in basis points, rounded up: 1 is 0.01 %. Null where a value could not
    /// be measured.
    #[schema(value_type = Option<Decimal>)]
    pub error_bps: Option<Ratio>,
    /// How many differences there are; `differences` has the first 100.
    pub difference_count: i64,
    pub differences: Vec<DifferenceOut>,
    /// Null where no transaction differs.
    pub first_difference: Option<FirstDifferenceOut>,
    /// Securities and currencies that neither side can value; they are in neither total.
    #[schema(value_type = Vec<String>)]
    pub left_out: Value,
    /// The ledger's accounts that are the portfolio.
    #[schema(value_type = Vec<String>)]
    pub accounts: Value,
    /// `sha256:` and lower-case hex of the ledger's text.
    pub ledger_hash: String,
    /// Whether the pack says so too.
    pub is_in_pack: bool,
    pub provenance: ProvenanceOut,
    pub created_at: DateTime<Utc>,
}

/// A reconciliation without what differed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationSummaryOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ReconciliationId,
    #[schema(value_type = uuid::Uuid)]
    pub portfolio_id: PortfolioId,
    pub asof_date: NaiveDate,
    pub passed: bool,
    #[schema(value_type = Option<Decimal>)]
    pub error_bps: Option<Ratio>,
    pub difference_count: i64,
    pub ledger_hash: String,
    pub is_in_pack: bool,
    pub provenance: ProvenanceOut,
    pub created_at: DateTime<Utc>,
}

/// One difference. Figures are those of the books, `ours`, and of the ledger; of a `value` with no
/// security, the rates of the currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceOut {
    /// `only_in_books`, `only_in_ledger`, `quantity`, `unit_cost`, `cash`, `no_price_in_pack`,
    /// `no_price_in_ledger`, `value`, `total_value` or `nothing_valued`.
    #[schema(example = "quantity")]
    pub kind: &'static str,
    /// The symbol.
    pub security: Option<String>,
    /// Of the cost or the cash; the base currency of a value.
    pub currency: Option<String>,
    #[schema(value_type = Option<Decimal>)]
    pub ours: Option<String>,
    #[schema(value_type = Option<Decimal>)]
    pub ledger: Option<String>,
    /// Of a value, where it could be measured.
    #[schema(value_type = Option<Decimal>)]
    pub error_bps: Option<Ratio>,
}

/// The first day on which what had moved until then differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstDifferenceOut {
    pub date: NaiveDate,
    /// `quantity`, `cash` or `unit_cost`.
    #[schema(example = "quantity")]
    pub kind: &'static str,
    pub security: Option<String>,
    pub currency: Option<String>,
    /// The books' transaction; null where they have none for it.
    pub ours: Option<BooksTransactionOut>,
    /// The ledger's; null where it has none for it.
    pub ledger: Option<LedgerTransactionOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BooksTransactionOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: TransactionId,
    /// The commit of the ledger from which it was imported, where that is known.
    pub ledger_commit_hash: Option<String>,
    pub security: Option<String>,
    #[schema(value_type = Decimal)]
    pub quantity: String,
    #[schema(value_type = Decimal)]
    pub amount: String,
    pub currency: String,
    pub narration: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LedgerTransactionOut {
    pub file: String,
    /// The first is 1.
    pub line: u32,
    pub security: Option<String>,
    #[schema(value_type = Decimal)]
    pub quantity: String,
    #[schema(value_type = Decimal)]
    pub amount: String,
    pub currency: String,
    pub narration: Option<String>,
}

impl ReconciliationOut {
    /// What a row says. An error is one of the database: it holds something else than was written.
    pub fn new(row: reconciliation::Model) -> Result<Self, serde_json::Error> {
        let differences: Vec<Difference> = serde_json::from_value(row.differences.clone())?;
        let first = row.first_difference.clone();
        let first: Option<FirstDifference> = first.map(serde_json::from_value).transpose()?;
        Ok(Self {
            id: row.id,
            portfolio_id: row.portfolio_id,
            asof_date: row.asof_date,
            passed: row.passed,
            error_bps: row.error_bps,
            difference_count: row.difference_count,
            differences: differences.into_iter().map(DifferenceOut::from).collect(),
            first_difference: first.map(FirstDifferenceOut::from),
            left_out: row.left_out.clone(),
            accounts: row.accounts.clone(),
            ledger_hash: row.ledger_hash.clone(),
            is_in_pack: row.is_in_pack,
            created_at: row.created_at,
            provenance: provenance(row),
        })
    }
}

impl From<reconciliation::Model> for ReconciliationSummaryOut {
    fn from(row: reconciliation::Model) -> Self {
        Self {
            id: row.id,
            portfolio_id: row.portfolio_id,
            asof_date: row.asof_date,
            passed: row.passed,
            error_bps: row.error_bps,
            difference_count: row.difference_count,
            ledger_hash: row.ledger_hash.clone(),
            is_in_pack: row.is_in_pack,
            created_at: row.created_at,
            provenance: provenance(row),
        }
    }
}

fn provenance(row: reconciliation::Model) -> ProvenanceOut {
    ProvenanceOut {
        pricing_pack_id: Some(row.pack_id),
        pack_hash: Some(row.pack_hash),
        ledger_commit_hash: row.ledger_commit_hash,
        books_revision: row.books_revision,
        engine_version: row.engine_version,
    }
}

impl From<Difference> for DifferenceOut {
    fn from(difference: Difference) -> Self {
        Self {
            kind: difference.kind.as_str(),
            security: difference.security,
            currency: difference.currency,
            ours: difference.ours,
            ledger: difference.ledger,
            error_bps: difference.error_bps,
        }
    }
}

impl From<FirstDifference> for FirstDifferenceOut {
    fn from(first: FirstDifference) -> Self {
        Self {
            date: first.date,
            kind: first.kind.as_str(),
            security: first.security,
            currency: first.currency,
            ours: first.ours.map(BooksTransactionOut::from),
            ledger: first.ledger.map(LedgerTransactionOut::from),
        }
    }
}

impl From<BooksTransaction> for BooksTransactionOut {
    fn from(transaction: BooksTransaction) -> Self {
        let Moved {
            security,
            quantity,
            amount,
            currency,
            narration,
        } = transaction.moved;
        Self {
            id: transaction.id,
            ledger_commit_hash: transaction.ledger_commit_hash,
            security,
            quantity,
            amount,
            currency,
            narration,
        }
    }
}

impl From<LedgerTransaction> for LedgerTransactionOut {
    fn from(transaction: LedgerTransaction) -> Self {
        let Moved {
            security,
            quantity,
            amount,
            currency,
            narration,
        } = transaction.moved;
        Self {
            file: transaction.file,
            line: transaction.line,
            security,
            quantity,
            amount,
            currency,
            narration,
        }
    }
}
