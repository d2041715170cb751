//! Recording part by part, so that what is recorded need not be in memory as a whole.

use std::collections::BTreeSet;

use db::{Tx, query::execute_many};
use entity::{
    books::{portfolio, transaction},
    values::{PortfolioId, Rate, SecurityId, TransactionId, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use super::{
    Change, MOST_AT_ONCE, NewTransaction, Rebooked, check, flows, rebook::rebook_telling,
    update_portfolio, void,
};
use crate::{Error, portfolios, securities};

/// Transactions that come into one portfolio under one new revision of its books.
///
/// Nothing counts before [`Recording::finish`]: whoever gives up rolls back.
pub(crate) struct Recording<'a> {
    ctx: &'a Ctx,
    tx: &'a Tx,
    before: portfolio::Model,
    next: portfolio::Model,
    source: TransactionSource,
    order: Order,
    count: usize,
    cash_flows: usize,
    change: Change,
}

/// How transactions come. They are booked, and listed, from the oldest on.
pub(crate) enum Order {
    OldestFirst,
    /// `left` are the ids of the others, which are all older, of `all`.
    NewestFirst {
        left: Vec<TransactionId>,
        all: usize,
    },
}

impl Order {
    /// Of no more than `all`.
    pub fn newest_first(all: usize) -> Self {
        let left = (0..all).map(|_| TransactionId::new()).collect();
        Self::NewestFirst { left, all }
    }

    /// An id, and the place among all: both grow in the order of booking.
    fn next(&mut self, at: usize) -> Result<(TransactionId, usize), Error> {
        match self {
            Self::OldestFirst => Ok((TransactionId::new(), at)),
            Self::NewestFirst { left, .. } => {
                let id = left.pop().ok_or(Error::Inconsistent)?;
                Ok((id, left.len()))
            }
        }
    }

    /// Which one came to a place.
    fn at(&self, place: usize) -> Option<usize> {
        match self {
            Self::OldestFirst => Some(place),
            Self::NewestFirst { all, .. } => all.checked_sub(place + 1),
        }
    }
}

pub(crate) struct Outcome {
    /// The revision that brought them; that of before if there were none.
    pub books_revision: i64,
    pub rebooked: Rebooked,
    /// New rows.
    pub cash_flows: usize,
}

impl<'a> Recording<'a> {
    /// Locks the portfolio.
    pub async fn begin(
        ctx: &'a Ctx,
        tx: &'a Tx,
        portfolio_id: PortfolioId,
        source: TransactionSource,
        order: Order,
    ) -> Result<Self, Error> {
        let before = portfolios::lock_recorded(ctx, tx, portfolio_id).await?;
        Ok(Self {
            ctx,
            tx,
            next: next_revision(ctx, &before),
            before,
            source,
            order,
            count: 0,
            cash_flows: 0,
            change: Change::nothing(),
        })
    }

    pub fn portfolio(&self) -> &portfolio::Model {
        &self.before
    }

    /// Writes some of them; their places in errors count on from those before.
    pub async fn add(&mut self, new: &[NewTransaction]) -> Result<Vec<transaction::Model>, Error> {
        let (ctx, tx) = (self.ctx, self.tx);
        check::check_count(self.count + new.len())?;
        let known = securities::which_exist(tx, securities_of(new)).await?;
        let mut rows = Vec::with_capacity(new.len());
        for (at, one) in (self.count..).zip(new) {
            check::check(at, one, &self.before, &known)?;
            let (id, place) = self.order.next(at)?;
            rows.push(self.row(id, place, one)?);
        }
        let corrected = void::void_corrected(ctx, tx, &self.next, new, &mut rows).await?;
        self.count += new.len();
        self.cash_flows += insert(ctx, tx, &rows).await?;
        for row in corrected.iter().chain(&rows) {
            self.change.add(row)?;
        }
        Ok(rows)
    }

    /// Books the lots, and tells how many securities of all are booked.
    pub async fn finish(
        &mut self,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Outcome, Error> {
        let (ctx, tx) = (self.ctx, self.tx);
        if self.count == 0 {
            return Ok(Outcome {
                books_revision: self.before.books_revision,
                rebooked: Rebooked::default(),
                cash_flows: 0,
            });
        }
        let change = std::mem::replace(&mut self.change, Change::nothing());
        let rebooked = rebook_telling(ctx, tx, &self.next, change, progress).await?;
        update_portfolio(tx, &self.before, &self.next).await?;
        Ok(Outcome {
            books_revision: self.next.books_revision,
            rebooked,
            cash_flows: self.cash_flows,
        })
    }

    /// Which one a transaction is of those that were added, from 0. `None` for another, and for one that took
    /// the place of what it corrects.
    pub async fn place_of(&self, id: TransactionId) -> Result<Option<usize>, Error> {
        let row = transaction::Entity::find_by_id((self.ctx.scope, id))
            .one(self.tx)
            .await?;
        let first = sequence(self.next.books_revision, 0);
        let place = row.and_then(|row| usize::try_from(row.sequence - first).ok());
        Ok(place.and_then(|place| self.order.at(place)))
    }

    fn row(
        &self,
        id: TransactionId,
        place: usize,
        new: &NewTransaction,
    ) -> Result<transaction::Model, Error> {
        let now = self.ctx.now();
        let is_base = new.currency == self.next.base_currency;
        let terms = (!new.terms.is_empty()).then(|| serde_json::to_value(&new.terms));
        Ok(transaction::Model {
            user_id: self.ctx.scope,
            id,
            portfolio_id: self.next.id,
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
            source: self.source,
            external_id: new.external_id.clone(),
            ledger_commit_hash: None,
            books_revision: self.next.books_revision,
            sequence: sequence(self.next.books_revision, place),
            terms: terms.transpose().map_err(Error::Terms)?,
            recorded_at: now,
            voided_at: None,
            voided_revision: None,
            voids_id: new.corrects,
            created_at: now,
        })
    }
}

/// Grows with the revision, and within one with the place in it.
fn sequence(revision: i64, place: usize) -> i64 {
    let most = i64::try_from(MOST_AT_ONCE).unwrap_or(i64::MAX);
    revision.saturating_mul(most) + i64::try_from(place).unwrap_or(most)
}

pub(crate) fn next_revision(ctx: &Ctx, portfolio: &portfolio::Model) -> portfolio::Model {
    portfolio::Model {
        is_recorded: true,
        books_revision: portfolio.books_revision + 1,
        updated_at: portfolios::touched(ctx, portfolio),
        ..portfolio.clone()
    }
}

fn securities_of(new: &[NewTransaction]) -> BTreeSet<SecurityId> {
    new.iter()
        .flat_map(|one| [one.security_id, one.terms.into])
        .flatten()
        .collect()
}

/// With their cash flows; answers how many of these there are.
async fn insert(ctx: &Ctx, tx: &Tx, rows: &[transaction::Model]) -> Result<usize, Error> {
    let models: Vec<_> = rows
        .iter()
        .map(|row| row.clone().into_active_model().reset_all())
        .collect();
    match execute_many(tx, models).await {
        Ok(_) => {}
        Err(db::Error::Duplicate(_)) => return Err(Error::ExternalIdTaken),
        Err(error) => return Err(error.into()),
    }
    let flows: Vec<_> = rows
        .iter()
        .flat_map(|row| flows::of(ctx, row))
        .map(|flow| flow.into_active_model().reset_all())
        .collect();
    let count = flows.len();
    execute_many(tx, flows).await?;
    Ok(count)
}
