//! Recording: every transaction comes into the books, and leaves them, through here.
//!
//! What is recorded is kept for good; a correction takes a transaction's place. The lots are booked anew
//! from the first day that changes, and rows that come out otherwise are superseded, never changed: what was
//! known at an earlier revision can still be asked.

mod affected;
mod check;
mod event;
mod flows;
mod restore;
mod terms;
mod void;
mod write;

use std::collections::BTreeSet;

use chrono::NaiveDate;
use db::{Tx, query::execute_many};
use entity::{
    books::{portfolio, transaction},
    values::{
        Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId, TransactionKind,
        TransactionSource,
    },
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

pub(crate) use affected::Change;
pub(crate) use event::{event_of, terms_of};
pub(crate) use restore::rules_of;
pub use terms::{LotChoice, Terms, UnitRatio};
pub use void::void;

use crate::{Error, portfolios, securities};

/// The most transactions that are recorded at once.
pub const MOST_AT_ONCE: usize = 1_000_000;

/// A transaction to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransaction {
    pub kind: TransactionKind,
    pub security_id: Option<SecurityId>,
    /// When it counts; a dividend on the day on which it is paid.
    pub trade_date: NaiveDate,
    pub settle_date: Option<NaiveDate>,
    pub pay_date: Option<NaiveDate>,
    pub ex_date: Option<NaiveDate>,
    /// Units, not negative: the kind says whether they come or go.
    pub quantity: Quantity,
    pub price: Option<Price>,
    /// The effect on the portfolio's cash, signed, fee and tax included; if it is left out, it follows
    /// from quantity, price, fee and tax.
    pub amount: Option<Money>,
    /// ISO 4217.
    pub currency: String,
    pub fee: Money,
    pub tax: Money,
    /// Units of the portfolio's base currency for one of `currency`.
    pub fx_rate: Option<Rate>,
    pub narration: Option<String>,
    /// Unique per portfolio and source.
    pub external_id: Option<String>,
    pub terms: Terms,
    /// The transaction whose place it takes, which is voided.
    pub corrects: Option<TransactionId>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// In the order in which they were given.
    pub transactions: Vec<transaction::Model>,
    /// The revision that brought them.
    pub books_revision: i64,
    pub rebooked: Rebooked,
    /// New rows.
    pub cash_flows: usize,
}

/// The rows that a booking brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebooked {
    pub lots: usize,
    pub closures: usize,
}

/// Records transactions, all or none, under one new revision of the books.
///
/// # Errors
/// [`Error::InvalidTransaction`] says what is wrong with one by itself, [`Error::Unbookable`] which
/// transaction the lots do not allow: this may be a later one that was there before.
/// [`Error::FollowsLedger`] for a portfolio that was imported from a ledger.
pub async fn record(
    ctx: &Ctx,
    tx: &Tx,
    portfolio_id: PortfolioId,
    source: TransactionSource,
    new: &[NewTransaction],
) -> Result<Recorded, Error> {
    let portfolio = portfolios::lock_recorded(ctx, tx, portfolio_id).await?;
    check::check_count(new.len())?;
    let known: BTreeSet<SecurityId> = securities::which_exist(tx, securities_of(new)).await?;
    let next = next_revision(ctx, &portfolio);
    let mut rows = Vec::with_capacity(new.len());
    for (at, one) in new.iter().enumerate() {
        check::check(at, one, &portfolio, &known)?;
        rows.push(new_row(ctx, &next, source, at, one)?);
    }
    let corrected = void::void_corrected(ctx, tx, &next, new, &mut rows).await?;
    if rows.is_empty() {
        let books_revision = portfolio.books_revision;
        return Ok(Recorded {
            transactions: rows,
            books_revision,
            rebooked: Rebooked::default(),
            cash_flows: 0,
        });
    }
    insert(tx, &rows).await?;
    let cash_flows = insert_flows(ctx, tx, &rows).await?;
    let change = Change::by(corrected.iter().chain(&rows));
    let rebooked = rebook(ctx, tx, &next, change).await;
    let rebooked = rebooked.map_err(|error| placed(error, &rows))?;
    update_portfolio(tx, &portfolio, &next).await?;
    Ok(Recorded {
        transactions: rows,
        books_revision: next.books_revision,
        rebooked,
        cash_flows,
    })
}

/// Says which of the new transactions it is that the lots do not allow.
fn placed(error: Error, rows: &[transaction::Model]) -> Error {
    let Error::Unbookable(mut unbookable) = error else {
        return error;
    };
    let id = unbookable.event.map(|(id, _)| id);
    unbookable.at = rows.iter().position(|row| Some(row.id) == id);
    Error::Unbookable(unbookable)
}

fn securities_of(new: &[NewTransaction]) -> BTreeSet<SecurityId> {
    new.iter()
        .flat_map(|one| [one.security_id, one.terms.into])
        .flatten()
        .collect()
}

pub(crate) fn next_revision(ctx: &Ctx, portfolio: &portfolio::Model) -> portfolio::Model {
    portfolio::Model {
        is_recorded: true,
        books_revision: portfolio.books_revision + 1,
        updated_at: portfolios::touched(ctx, portfolio),
        ..portfolio.clone()
    }
}

fn new_row(
    ctx: &Ctx,
    portfolio: &portfolio::Model,
    source: TransactionSource,
    at: usize,
    new: &NewTransaction,
) -> Result<transaction::Model, Error> {
    let now = ctx.now();
    let is_base = new.currency == portfolio.base_currency;
    let terms = (!new.terms.is_empty()).then(|| serde_json::to_value(&new.terms));
    Ok(transaction::Model {
        user_id: ctx.scope,
        id: TransactionId::new(),
        portfolio_id: portfolio.id,
        security_id: new.security_id,
        kind: new.kind,
        trade_date: new.trade_date,
        settle_date: new.settle_date,
        quantity: check::signed_quantity(new),
        price: new.price,
        amount: check::amount(new)?,
        currency: new.currency.clone(),
        fee: new.fee,
        tax: new.tax,
        fx_rate: if is_base {
            Some(Rate::ONE)
        } else {
            new.fx_rate
        },
        pay_date: new.pay_date,
        ex_date: new.ex_date,
        narration: new.narration.clone(),
        source,
        external_id: new.external_id.clone(),
        ledger_commit_hash: None,
        books_revision: portfolio.books_revision,
        sequence: sequence(portfolio.books_revision, at),
        terms: terms.transpose().map_err(Error::Terms)?,
        recorded_at: now,
        voided_at: None,
        voided_revision: None,
        voids_id: new.corrects,
        created_at: now,
    })
}

/// Grows with the revision, and within one with the place in it.
fn sequence(revision: i64, at: usize) -> i64 {
    let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
    revision.saturating_mul(most) + i64::try_from(at).unwrap_or(most)
}

async fn insert(tx: &Tx, rows: &[transaction::Model]) -> Result<(), Error> {
    let models: Vec<_> = rows
        .iter()
        .map(|row| row.clone().into_active_model().reset_all())
        .collect();
    match execute_many(tx, models).await {
        Ok(_) => Ok(()),
        Err(db::Error::Duplicate(_)) => Err(Error::ExternalIdTaken),
        Err(error) => Err(error.into()),
    }
}

async fn insert_flows(ctx: &Ctx, tx: &Tx, rows: &[transaction::Model]) -> Result<usize, Error> {
    let models: Vec<_> = rows
        .iter()
        .flat_map(|row| flows::of(ctx, row))
        .map(|flow| flow.into_active_model().reset_all())
        .collect();
    let count = models.len();
    execute_many(tx, models).await?;
    Ok(count)
}

/// Books the lots of a portfolio anew from where they change.
pub(crate) async fn rebook(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    change: Change,
) -> Result<Rebooked, Error> {
    let Some(affected) = affected::load(ctx, tx, portfolio, change).await? else {
        return Ok(Rebooked::default());
    };
    let mut restored = restore::restore(ctx, tx, portfolio, &affected).await?;
    for row in &affected.transactions {
        if let Some(event) = event_of(row)? {
            restored.book.book(&event).map_err(Error::Unbookable)?;
        }
    }
    write::write(ctx, tx, portfolio, &affected, restored).await
}

pub(crate) async fn update_portfolio(
    tx: &Tx,
    before: &portfolio::Model,
    after: &portfolio::Model,
) -> Result<(), Error> {
    let row = portfolio::ActiveModel {
        is_recorded: Set(after.is_recorded),
        books_revision: Set(after.books_revision),
        updated_at: Set(after.updated_at),
        ..before.clone().into_active_model()
    };
    portfolio::Entity::update(row).exec(tx).await?;
    Ok(())
}
