//! Transfers between two portfolios of one owner.
//!
//! A transfer out that names another portfolio has its arrival there, which holds the very lots that have left, with
//! their dates and costs. So a change in one portfolio may change others: what leaves a portfolio otherwise than before
//! arrives otherwise too, and the arrival is corrected.

use chrono::NaiveDate;
use db::Tx;
use entity::{
    books::{portfolio, transaction},
    values::{PortfolioId, TransactionId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{
    Change, Rebooked, arrivals,
    rebook::rebook_telling,
    received::received_of,
    recording::{insert, next_revision, sequence},
    update_portfolio, void,
};
use crate::{Error, portfolios, transactions};

/// More bookings of portfolios than one change can ask for: each goes on from a later transfer than the one before.
const MOST_BOOKINGS: usize = 10_000;

/// A change of one portfolio, and what it changes in others through transfers.
pub(crate) struct Ripple<'a> {
    ctx: &'a Ctx,
    tx: &'a Tx,
    /// The first is the one in which it began.
    portfolios: Vec<Touched>,
    links: Vec<(TransactionId, TransactionId)>,
}

/// A portfolio that gets a new revision.
struct Touched {
    before: portfolio::Model,
    next: portfolio::Model,
    /// What is still to be booked.
    change: Option<Change>,
    arrivals: usize,
}

impl<'a> Ripple<'a> {
    /// Of a change that makes `next` of the portfolio `before`, which is locked.
    pub fn begin(
        ctx: &'a Ctx,
        tx: &'a Tx,
        before: portfolio::Model,
        next: portfolio::Model,
        change: Change,
    ) -> Self {
        Self {
            ctx,
            tx,
            portfolios: vec![Touched::new(before, next, change)],
            links: Vec::new(),
        }
    }

    /// Voids the other sides of transfers that have been voided. Where the other portfolio is gone, there is none.
    pub async fn void_other_sides(&mut self, voided: &[transaction::Model]) -> Result<(), Error> {
        for row in voided {
            let other = row.counter_portfolio_id.zip(row.counter_transaction_id);
            let Some((portfolio, transaction)) = other else {
                continue;
            };
            if self.find(portfolio).await?.is_some() {
                let at = self.touch(portfolio).await?;
                self.void_in(at, transaction).await?;
            }
        }
        Ok(())
    }

    /// Books the lots of all portfolios that change; the answer counts the rows of the first. Tells how many of its
    /// securities are booked.
    pub async fn settle(
        &mut self,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Rebooked, Error> {
        let mut own = Rebooked::default();
        for _ in 0..MOST_BOOKINGS {
            let pending = self.portfolios.iter().position(|one| one.change.is_some());
            let Some(at) = pending else {
                return Ok(own);
            };
            let next = self.portfolios[at].next.clone();
            let Some(change) = self.portfolios[at].change.take() else {
                continue;
            };
            let since = change.since();
            let (ctx, tx) = (self.ctx, self.tx);
            if at == 0 {
                let booked = rebook_telling(ctx, tx, &next, change, progress).await?;
                own.lots += booked.lots;
                own.closures += booked.closures;
            } else {
                let booked = rebook_telling(ctx, tx, &next, change, &|_, _| {}).await;
                booked.map_err(|error| error.in_portfolio(&next.name))?;
            }
            for departure in departures(ctx, tx, &next, since).await? {
                self.deliver(&next, &departure).await?;
            }
        }
        Err(Error::Inconsistent)
    }

    /// Writes the new revisions of the other portfolios, and says which these are.
    pub async fn write_others(&self) -> Result<Vec<PortfolioId>, Error> {
        let mut others = Vec::new();
        for touched in self.portfolios.iter().skip(1) {
            update_portfolio(self.tx, &touched.before, &touched.next).await?;
            others.push(touched.next.id);
        }
        Ok(others)
    }

    /// The transfers out that have a new arrival, each with it.
    pub fn links(&self) -> &[(TransactionId, TransactionId)] {
        &self.links
    }

    /// Makes the arrival of a transfer, or corrects it if other lots have left than have arrived.
    async fn deliver(
        &mut self,
        source: &portfolio::Model,
        departure: &transaction::Model,
    ) -> Result<(), Error> {
        let Some(id) = departure.counter_portfolio_id else {
            return Ok(());
        };
        let (ctx, tx) = (self.ctx, self.tx);
        let known = match departure.counter_transaction_id {
            Some(id) => transactions::by_id(ctx, tx, id).await?,
            None => None,
        };
        let Some(destination) = self.find(id).await? else {
            return Ok(());
        };
        let lots = arrivals::leaving(ctx, tx, departure, source, &destination).await?;
        if let Some(known) = &known
            && received_of(known)? == lots
        {
            return Ok(());
        }
        let at = self.touch(id).await?;
        let revision = self.portfolios[at].next.books_revision;
        if let Some(known) = known.as_ref().filter(|row| row.books_revision == revision) {
            arrivals::rewrite(ctx, tx, known, lots.as_deref()).await?;
            return self.portfolios[at].add(known);
        }
        if let Some(known) = &known {
            self.void_in(at, known.id).await?;
        }
        let before = match known {
            Some(known) => Some(known),
            None => arrivals::before_correction(ctx, tx, departure).await?,
        };
        let before = before.filter(|row| row.portfolio_id == id);
        let row = self.portfolios[at].arrival(ctx, source, departure, lots, before.as_ref())?;
        insert(ctx, tx, std::slice::from_ref(&row)).await?;
        arrivals::link(ctx, tx, departure.id, row.id).await?;
        self.links.push((departure.id, row.id));
        self.portfolios[at].add(&row)
    }

    async fn void_in(&mut self, at: usize, id: TransactionId) -> Result<(), Error> {
        let next = self.portfolios[at].next.clone();
        let voided = void::void_all(self.ctx, self.tx, &next, &[id]).await?;
        for row in voided.values() {
            self.portfolios[at].add(row)?;
        }
        Ok(())
    }

    /// A portfolio as it will be; `None` if it is not there any more.
    async fn find(&self, id: PortfolioId) -> Result<Option<portfolio::Model>, Error> {
        if let Some(touched) = self.portfolios.iter().find(|one| one.next.id == id) {
            return Ok(Some(touched.next.clone()));
        }
        let row = portfolio::Entity::find_by_id((self.ctx.scope, id));
        Ok(row.one(self.tx).await?)
    }

    /// The place of a portfolio that changes along; only its owner may let it.
    async fn touch(&mut self, id: PortfolioId) -> Result<usize, Error> {
        if let Some(at) = self.portfolios.iter().position(|one| one.next.id == id) {
            return Ok(at);
        }
        if !is_owner(self.ctx) {
            let portfolio = self.portfolios.first();
            return Err(Error::ReachesOther {
                portfolio: portfolio
                    .map(|one| one.next.name.clone())
                    .unwrap_or_default(),
            });
        }
        let before = portfolios::lock_recorded(self.ctx, self.tx, id).await?;
        let next = next_revision(self.ctx, &before);
        let touched = Touched::new(before, next, Change::nothing());
        self.portfolios.push(touched);
        Ok(self.portfolios.len() - 1)
    }
}

/// Whether it is their own books that somebody changes, and not what another has shared with them.
pub(super) fn is_owner(ctx: &Ctx) -> bool {
    ctx.actor.user_id.is_none_or(|actor| actor == ctx.scope)
}

impl Touched {
    fn new(before: portfolio::Model, next: portfolio::Model, change: Change) -> Self {
        Self {
            before,
            next,
            change: Some(change),
            arrivals: 0,
        }
    }

    fn add(&mut self, row: &transaction::Model) -> Result<(), Error> {
        self.change.get_or_insert_with(Change::nothing).add(row)
    }

    /// The other side of a transfer out. It takes the place of what it corrects, on the same date also in the
    /// order of booking.
    fn arrival(
        &mut self,
        ctx: &Ctx,
        source: &portfolio::Model,
        departure: &transaction::Model,
        lots: Option<Vec<super::ReceivedLot>>,
        before: Option<&transaction::Model>,
    ) -> Result<transaction::Model, Error> {
        let place = before.filter(|row| row.trade_date == departure.trade_date);
        let order = place.map(|row| row.sequence);
        let order = order.unwrap_or_else(|| sequence(self.next.books_revision, self.arrivals));
        self.arrivals += 1;
        Ok(transaction::Model {
            sequence: order,
            voids_id: before.map(|row| row.id),
            books_revision: self.next.books_revision,
            ..arrivals::row(ctx, source, &self.next, departure, lots)?
        })
    }
}

/// The transfers to other portfolios from a day on, and those that have not arrived yet, in the order of booking.
async fn departures(
    ctx: &Ctx,
    tx: &Tx,
    portfolio: &portfolio::Model,
    since: Option<NaiveDate>,
) -> Result<Vec<transaction::Model>, Error> {
    use transaction::Column;

    let changed = match since {
        Some(since) => Condition::any()
            .add(Column::TradeDate.gte(since))
            .add(Column::CounterTransactionId.is_null()),
        None => Condition::all(),
    };
    let rows = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio.id))
        .filter(Column::Kind.eq(TransactionKind::TransferOut))
        .filter(Column::CounterPortfolioId.is_not_null())
        .filter(Column::VoidedAt.is_null())
        .filter(changed)
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .all(tx)
        .await?;
    Ok(rows)
}
