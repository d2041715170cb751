//! `/v1/portfolios/{id}/imports` and `/v1/imports/{id}`

mod statement;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use books::{
    import::{self, ImportReport, LedgerImport},
    statements::Format,
};
use chrono::{DateTime, Utc};
use db::Tx;
use entity::{
    books::import as import_row,
    values::{self, ImportId, PortfolioId},
};
use identity::Ctx;
use ledger::{Diagnostics, Ledger, PortfolioView};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    extract::{Call, TextBody, UrlPath, Words},
    idempotency,
    problem::Problem,
    reach::within_reach,
    schema::ImportStatus,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/portfolios/{id}/imports").post(import_ledger))
        .service(readable("/v1/imports/{id}", get_import));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportLedger {
    /// What the body is written in. Default: `beancount`.
    #[serde(default)]
    #[param(inline, required = false)]
    format: ImportFormat,
    /// Of a ledger, and needed there: the accounts that are the portfolio, with those below them; commas
    /// between them.
    #[param(value_type = Option<String>, pattern = r"^[^,\u0000]+(,[^,\u0000]+)*$", example = "Assets:US:ETrade")]
    accounts: Option<Words>,
    /// Of a table: what its columns and words mean, in TOML; see docs/import.md.
    mapping: Option<String>,
    /// Only say what an import would do.
    #[serde(default)]
    #[param(default = false)]
    dry_run: bool,
    /// What to call the body where its faults are named.
    #[param(default = "ledger.beancount")]
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportFormat {
    #[default]
    Beancount,
    Csv,
    Ghostfolio,
    GhostfolioCsv,
    PortfolioPerformance,
    Wealthfolio,
    InteractiveBrokersFlex,
}

impl ImportFormat {
    /// What a file of transactions is written in; `None` for a ledger.
    fn of_statement(self) -> Option<Format> {
        match self {
            Self::Beancount => None,
            Self::Csv => Some(Format::Csv),
            Self::Ghostfolio => Some(Format::GhostfolioJson),
            Self::GhostfolioCsv => Some(Format::GhostfolioCsv),
            Self::PortfolioPerformance => Some(Format::PortfolioPerformance),
            Self::Wealthfolio => Some(Format::Wealthfolio),
            Self::InteractiveBrokersFlex => Some(Format::InteractiveBrokersFlex),
        }
    }
}

const BODY_NAME: &str = "ledger.beancount";

/// What an import wrote, or would write.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReportOut {
    /// Null if there was nothing to write.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub import_id: Option<ImportId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub portfolio_id: Option<PortfolioId>,
    pub portfolio_name: String,
    pub base_currency: String,
    pub dry_run: bool,
    /// Rows that are new, here and below.
    pub transactions: usize,
    pub lots: usize,
    pub closures: usize,
    pub cash_flows: usize,
    pub securities: usize,
    /// Transactions that were imported before.
    pub already_present: usize,
    /// The portfolio's revision with this import.
    pub books_revision: i64,
    pub warnings: Vec<String>,
}

impl ImportReportOut {
    fn new(report: ImportReport, dry_run: bool) -> Self {
        Self {
            import_id: report.import_id,
            portfolio_id: report.portfolio_id,
            portfolio_name: report.portfolio_name,
            base_currency: report.base_currency,
            dry_run,
            transactions: report.transactions,
            lots: report.lots,
            closures: report.closures,
            cash_flows: report.cash_flows,
            securities: report.securities,
            already_present: report.already_present,
            books_revision: report.books_revision,
            warnings: report.warnings,
        }
    }
}

/// What was read into the books, when, and from what.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ImportId,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub portfolio_id: Option<PortfolioId>,
    #[schema(example = "beancount")]
    pub format: String,
    /// `sha256:` and lower-case hex of what was read.
    pub file_hash: String,
    #[schema(value_type = ImportStatus)]
    pub status: values::ImportStatus,
    /// New rows by kind.
    #[schema(value_type = Object)]
    pub counts: Value,
    #[schema(value_type = Vec<Object>)]
    pub errors: Value,
    pub created_at: DateTime<Utc>,
}

impl From<import_row::Model> for ImportOut {
    fn from(import: import_row::Model) -> Self {
        Self {
            id: import.id,
            portfolio_id: import.portfolio_id,
            format: import.format,
            file_hash: import.file_hash,
            status: import.status,
            counts: import.counts,
            errors: import.errors,
            created_at: import.created_at,
        }
    }
}

/// Reads a ledger's text, or a file of transactions, into a portfolio, whole or not at all.
///
/// What was imported before is known again, so that a file that has grown may be imported again.
/// A ledger's text is all there is: an `include` is refused.
#[utoipa::path(
    post, path = "/v1/portfolios/{id}/imports", tag = "Portfolios",
    params(
        ("id" = uuid::Uuid, Path), ImportLedger, ("Idempotency-Key" = Option<String>, Header),
    ),
    request_body(content = String, content_type = "text/plain",
        description = "A ledger in Beancount's language, or the file"),
    responses(
        (status = 200, description = "A dry run, or nothing new", body = ImportReportOut),
        (status = 201, description = "Imported", body = ImportReportOut,
            headers(("Location" = String))),
        (status = 404, description = "`portfolio_not_found`"),
        (status = 409, description = "`ledger_changed`: it contradicts what was imported; \
            `portfolio_follows_ledger`, `portfolio_is_recorded`: the other kind of file is wanted"),
        (status = 422, description = "`ledger_invalid`, with file, line and message of each fault; \
            `rows_invalid` by line; `not_bookable`, `number_too_large`, `validation_failed`"),
    ),
)]
pub async fn import_ledger(
    call: Call<ImportLedger>,
    UrlPath(id): UrlPath<PortfolioId>,
    body: TextBody,
) -> Result<HttpResponse, Problem> {
    let text = Arc::new(body.text);
    let import = async |call: &Call<ImportLedger>| match call.query.format.of_statement() {
        Some(format) => statement::import(call, id, format, &text).await,
        None => import(call, id, &text).await,
    };
    within_reach(call, id, import).await
}

async fn import(
    call: &Call<ImportLedger>,
    id: PortfolioId,
    text: &Arc<String>,
) -> Result<HttpResponse, Problem> {
    books::portfolios::find(&call.ctx, call.ctx.database.reader(), id).await?;
    let hash = Sha256::digest(text.as_str()).to_vec();
    let file_hash = format!("sha256:{}", hex::encode(&hash));
    let Some(accounts) = &call.query.accounts else {
        let advice = "name the accounts of the ledger that are the portfolio";
        return Err(Problem::unfit_parameter("accounts", advice));
    };
    let read = read_ledger(&call.query, accounts, Arc::clone(text));
    if call.query.dry_run {
        return preview(call, id, read.await?, file_hash).await;
    }
    idempotency::prepare_and_create(
        call,
        hash,
        read,
        async |(ledger, view): &(Ledger, PortfolioView), ctx: &Ctx, tx: &Tx| {
            let portfolio = books::portfolios::find(ctx, tx, id).await?;
            let request = request(portfolio.name, file_hash.clone());
            let report = import::import_ledger(ctx, tx, ledger, view, request).await?;
            let location = report.import_id.map(|id| format!("/v1/imports/{id}"));
            let out = ImportReportOut::new(report, false);
            let answer = match location {
                Some(location) => Answer::created(location, &out),
                None => Answer::ok(&out),
            };
            Ok(answer?
                .noting("portfolio_id", id.to_string())
                .noting("file_hash", file_hash.clone()))
        },
    )
    .await
}

async fn preview(
    call: &Call<ImportLedger>,
    id: PortfolioId,
    (ledger, view): (Ledger, PortfolioView),
    file_hash: String,
) -> Result<HttpResponse, Problem> {
    let ctx = &call.ctx;
    let report = ctx
        .database
        .read(async |tx: Tx| -> Result<_, Problem> {
            let portfolio = books::portfolios::find(ctx, &tx, id).await?;
            let request = request(portfolio.name, file_hash.clone());
            Ok(import::preview_ledger(ctx, &tx, &ledger, &view, &request).await?)
        })
        .await?;
    Ok(Answer::ok(&ImportReportOut::new(report, true))?.into())
}

/// No commit: nothing says that the text lies in the repository of the configured ledger.
fn request(portfolio_name: String, file_hash: String) -> LedgerImport {
    LedgerImport {
        portfolio_name,
        base_currency: None,
        file_hash,
        ledger_commit_hash: None,
    }
}

/// Reads the text on a thread for such work: a long ledger would keep other requests waiting.
fn read_ledger(
    query: &ImportLedger,
    accounts: &Words,
    text: Arc<String>,
) -> impl Future<Output = Result<(Ledger, PortfolioView), Problem>> + use<> {
    let name = query.name.clone().unwrap_or_else(|| BODY_NAME.to_owned());
    let accounts = accounts.0.clone();
    let read = move || -> Result<_, Diagnostics> {
        let ledger = ledger::parse(&name, &text)?;
        let prefixes: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let view = ledger.portfolio(&prefixes, None)?;
        Ok((ledger, view))
    };
    async {
        let read = web::block(read).await.map_err(Problem::internal)?;
        read.map_err(|faults| Problem::from(&faults))
    }
}

/// One import.
#[utoipa::path(
    get, path = "/v1/imports/{id}", tag = "Portfolios", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The import", body = ImportOut),
        (status = 404, description = "`import_not_found`"),
    ),
)]
pub async fn get_import(
    call: Call,
    UrlPath(id): UrlPath<ImportId>,
) -> Result<HttpResponse, Problem> {
    let found = import::find(&call.ctx, call.ctx.database.reader(), id).await?;
    Ok(Answer::ok(&ImportOut::from(found))?.into())
}
