//! Recording: every transaction comes into the books, and leaves them, through here.
//!
//! What is recorded is kept for good; a correction takes a transaction's place. The lots are booked anew
//! from the first day that changes, and rows that come out otherwise are superseded, never changed: what was
//! known at an earlier revision can still be asked.

mod affected;
mod check;
mod event;
mod flows;
mod rebook;
mod recording;
mod restore;
mod terms;
mod void;
mod write;

use chrono::NaiveDate;
use db::Tx;
use entity::{
    books::{portfolio, transaction},
    values::{
        Money, PortfolioId, Price, Quantity, Rate, SecurityId, TransactionId, TransactionKind,
        TransactionSource,
    },
};
use identity::Ctx;
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};

pub(crate) use affected::Change;
pub(crate) use event::event_of;
pub(crate) use rebook::rebook;
pub(crate) use recording::{Order, Recording, next_revision};
pub(crate) use restore::rules_of;
pub use terms::{LotChoice, Terms, UnitRatio};
pub use void::void;

use crate::Error;

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
    let mut recording = Recording::begin(ctx, tx, portfolio_id, source, Order::OldestFirst).await?;
    let transactions = recording.add(new).await?;
    let outcome = recording.finish(&|_, _| {}).await;
    let outcome = outcome.map_err(|error| placed(error, &transactions))?;
    Ok(Recorded {
        transactions,
        books_revision: outcome.books_revision,
        rebooked: outcome.rebooked,
        cash_flows: outcome.cash_flows,
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
