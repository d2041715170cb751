//! A ledger's entries into the books of a portfolio.
//!
//! The ledger stays the source: an import adds what it does not find in the books, and refuses a
//! ledger that no longer holds what was imported before.

pub mod base_currency;
mod check;
mod compare;
mod pieces;
mod present;
mod report;
mod rows;
pub mod statement;

use db::{ConnectionTrait, Tx, query::execute_many};
use entity::{
    books::{import, lot, portfolio},
    values::{ImportId, ImportStatus, LotId, LotMethod, PortfolioId},
};
use identity::Ctx;
use ledger::{Entry, Ledger, PortfolioView};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use self::{
    compare::{Comparison, compare},
    pieces::{Piece, lot_pieces},
    present::Present,
    rows::Rows,
};
use crate::{
    Error,
    portfolios::{self, NewPortfolio},
    securities,
};

/// What to import a ledger as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerImport {
    /// The portfolio is made where there is none of this name.
    pub portfolio_name: String,
    /// `None` for the portfolio's own; for a new one the ledger's first operating currency, else the
    /// currency that most of its entries move.
    pub base_currency: Option<String>,
    /// `sha256:` and lower-case hex of the ledger's text.
    pub file_hash: String,
    /// The commit of the ledger's repository, if it lies in one.
    pub ledger_commit_hash: Option<String>,
}

/// What an import wrote, or would write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// `None` if there was nothing to write, and for a preview.
    pub import_id: Option<ImportId>,
    /// `None` for the preview of a portfolio that is still to be made.
    pub portfolio_id: Option<PortfolioId>,
    pub portfolio_name: String,
    pub base_currency: String,
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

/// What [`import_ledger`] would do; writes nothing.
pub async fn preview_ledger(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    ledger: &Ledger,
    view: &PortfolioView,
    request: &LedgerImport,
) -> Result<ImportReport, Error> {
    portfolios::check_name(&request.portfolio_name)?;
    let portfolio = portfolios::named(ctx, db, &request.portfolio_name).await?;
    check_follows_ledger(portfolio.as_ref())?;
    let plan = Plan::make(ctx, db, ledger, view, request, portfolio).await?;
    Ok(report::report(&plan, None))
}

/// Writes what is new in `view`, a part of `ledger`, into the books: whole within the caller's
/// transaction, under one new revision.
///
/// Entries are known by their external ids. An identical ledger changes nothing; one in which an
/// imported entry is gone, has other figures or takes from other lots is refused.
pub async fn import_ledger(
    ctx: &Ctx,
    db: &Tx,
    ledger: &Ledger,
    view: &PortfolioView,
    request: LedgerImport,
) -> Result<ImportReport, Error> {
    let portfolio = portfolios::named_and_locked(ctx, db, &request.portfolio_name).await?;
    check_follows_ledger(portfolio.as_ref())?;
    let plan = Plan::make(ctx, db, ledger, view, &request, portfolio).await?;
    if plan.changes_nothing() {
        return Ok(report::report(&plan, None));
    }
    let portfolio = plan.write_portfolio(ctx, db).await?;
    let securities = securities::register(ctx, db, &view.securities).await?;
    let rows = Rows::new(ctx, &plan, &portfolio, &securities, &request);
    execute_many(db, rows.transactions()?).await?;
    execute_many(db, rows.lots()?).await?;
    execute_many(db, rows.closures()?).await?;
    execute_many(db, rows.cash_flows()).await?;
    plan.update_lots(ctx, db).await?;
    let import_id = ImportId::new();
    let report = ImportReport {
        portfolio_id: Some(portfolio.id),
        ..report::report(&plan, Some(import_id))
    };
    let row = import::Model {
        user_id: ctx.scope,
        id: import_id,
        portfolio_id: Some(portfolio.id),
        format: "beancount".to_owned(),
        file_hash: request.file_hash,
        status: ImportStatus::Committed,
        counts: report::counts(&report),
        errors: serde_json::json!([]),
        created_at: ctx.now(),
    };
    execute_many(db, [row.into_active_model().reset_all()]).await?;
    Ok(report)
}

fn check_follows_ledger(portfolio: Option<&portfolio::Model>) -> Result<(), Error> {
    match portfolio.filter(|portfolio| portfolio.is_recorded) {
        Some(portfolio) => Err(Error::IsRecorded {
            portfolio: portfolio.name.clone(),
        }),
        None => Ok(()),
    }
}

/// A stored import.
pub async fn find(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    id: ImportId,
) -> Result<import::Model, Error> {
    import::Entity::find_by_id((ctx.scope, id))
        .one(db)
        .await?
        .ok_or(Error::ImportNotFound { id })
}

/// The ledger beside the books, before anything is written.
struct Plan<'a> {
    ledger: &'a Ledger,
    view: &'a PortfolioView,
    name: &'a str,
    /// `None` if the portfolio is to be made.
    portfolio: Option<portfolio::Model>,
    base_currency: String,
    pieces: Vec<Piece<'a>>,
    compared: Comparison,
    new_securities: usize,
}

impl<'a> Plan<'a> {
    async fn make(
        ctx: &Ctx,
        db: &impl ConnectionTrait,
        ledger: &'a Ledger,
        view: &'a PortfolioView,
        request: &'a LedgerImport,
        portfolio: Option<portfolio::Model>,
    ) -> Result<Self, Error> {
        check::check_storable(view)?;
        let wanted = request.base_currency.as_deref();
        let base_currency = base_currency::choose(ledger, view, wanted, portfolio.as_ref())?;
        let symbols = view
            .securities
            .iter()
            .map(|security| security.symbol.as_str());
        let known = securities::by_symbol(db, symbols).await?;
        for security in &view.securities {
            if !known.contains_key(&security.symbol) {
                securities::check_registrable(security)?;
            }
        }
        let present = match &portfolio {
            Some(portfolio) => Present::load(ctx, db, portfolio.id).await?,
            None => Present::default(),
        };
        let name = request.portfolio_name.as_str();
        let pieces = lot_pieces(view)?;
        let compared = compare(view, &pieces, &known, present)
            .map_err(|difference| difference.in_portfolio(name))?;
        let new_securities = view.securities.len().saturating_sub(known.len());
        Ok(Self {
            ledger,
            view,
            name,
            portfolio,
            base_currency,
            pieces,
            compared,
            new_securities,
        })
    }

    fn changes_nothing(&self) -> bool {
        self.portfolio.is_some() && self.compared.new_transactions() == 0
    }

    /// The revision of the books with what is new.
    fn revision(&self) -> i64 {
        let current = self
            .portfolio
            .as_ref()
            .map_or(0, |portfolio| portfolio.books_revision);
        current + i64::from(self.compared.new_transactions() > 0)
    }

    fn new_entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        let entries = self.view.entries.iter().enumerate();
        entries.filter(|(at, _)| self.compared.is_new(*at))
    }

    fn new_pieces(&self) -> impl Iterator<Item = (&Piece<'a>, LotId)> {
        let pieces = self.pieces.iter().zip(&self.compared.lots);
        pieces
            .filter(|(_, slot)| slot.is_new)
            .map(|(piece, slot)| (piece, slot.id))
    }

    async fn write_portfolio(
        &self,
        ctx: &Ctx,
        db: &impl ConnectionTrait,
    ) -> Result<portfolio::Model, Error> {
        let Some(current) = &self.portfolio else {
            return self.make_portfolio(ctx, db).await;
        };
        let grown = portfolio::Model {
            books_revision: self.revision(),
            updated_at: portfolios::touched(ctx, current),
            ..current.clone()
        };
        let row = portfolio::ActiveModel {
            books_revision: Set(grown.books_revision),
            updated_at: Set(grown.updated_at),
            ..current.clone().into_active_model()
        };
        portfolio::Entity::update(row).exec(db).await?;
        Ok(grown)
    }

    async fn make_portfolio(
        &self,
        ctx: &Ctx,
        db: &impl ConnectionTrait,
    ) -> Result<portfolio::Model, Error> {
        let new = NewPortfolio {
            name: self.name.to_owned(),
            base_currency: self.base_currency.clone(),
            lot_method: LotMethod::Specific,
            allows_shorts: true,
            benchmark_security_id: None,
        };
        let made = portfolio::Model {
            books_revision: self.revision(),
            ..portfolios::new_row(ctx, new)
        };
        portfolios::insert(db, made)
            .await
            .map_err(|error| match error {
                // It was not there a moment ago: another import has just made it.
                Error::NameTaken { .. } => Error::Changed,
                other => other,
            })
    }

    /// Brings the lots that new closures took from up to date.
    async fn update_lots(&self, ctx: &Ctx, db: &impl ConnectionTrait) -> Result<(), Error> {
        for (piece, lot_id) in self.compared.reduced(&self.pieces) {
            let row = lot::ActiveModel {
                quantity_open: Set(piece.quantity_open()?),
                closed_on: Set(piece.closed_on()?),
                updated_at: Set(ctx.now()),
                ..Default::default()
            };
            lot::Entity::update_many()
                .set(row)
                .filter(lot::Column::UserId.eq(ctx.scope))
                .filter(lot::Column::Id.eq(lot_id))
                .exec(db)
                .await?;
        }
        Ok(())
    }
}
