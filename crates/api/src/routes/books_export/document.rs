//! What the contract says of a document: the books write it themselves.

use chrono::NaiveDate;
use utoipa::ToSchema;

use crate::{
    routes::{lots::LotOut, transactions::TransactionOut},
    schema::{LotMethod, SecurityKind},
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
    lots: Vec<LotOut>,
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
