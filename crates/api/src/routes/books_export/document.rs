//! What the contract says of a document: the books write it themselves.

use chrono::NaiveDate;
use utoipa::ToSchema;

use crate::{
    routes::transactions::TransactionOut,
    schema::{Decimal, LotMethod, SecurityKind},
};

#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the form of what is written elsewhere")]
pub struct BooksDocument {
    /// `tallystick-books`
    format: String,
    version: u32,
    portfolio: ExportedPortfolio,
    provenance: ExportProvenance,
    securities: Vec<ExportedSecurity>,
    transactions: Vec<TransactionOut>,
    /// Those that are open.
    lots: Vec<BookedLotOut>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct ExportedPortfolio {
    id: uuid::Uuid,
    name: String,
    base_currency: String,
    lot_method: LotMethod,
    allows_shorts: bool,
    is_recorded: bool,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct ExportProvenance {
    books_revision: i64,
    /// The last day that counts; null for all days.
    asof_date: Option<NaiveDate>,
    engine_version: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct ExportedSecurity {
    id: uuid::Uuid,
    symbol: String,
    name: String,
    kind: SecurityKind,
    currency: String,
    exchange: Option<String>,
    isin: Option<String>,
    figi: Option<String>,
    sector: Option<String>,
    country: Option<String>,
}

/// Units of one security that were acquired together and are still held, without their value.
#[derive(ToSchema)]
#[expect(dead_code, reason = "as above")]
pub struct BookedLotOut {
    security_id: uuid::Uuid,
    symbol: String,
    opened_by_transaction_id: uuid::Uuid,
    acquired_on: NaiveDate,
    /// Negative for a short.
    quantity: Decimal,
    /// Of these units.
    cost_basis: Decimal,
    cost_currency: String,
    /// The same in the portfolio's base currency, at the rate of the acquisition; null if that is not known.
    cost_basis_base: Option<Decimal>,
}
