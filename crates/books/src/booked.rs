//! A portfolio's lots as a whole: what was opened, what was closed, what is open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use db::ConnectionTrait;
use entity::{
    books::{
        lot, lot_closure, portfolio, security,
        transaction::{self, Column},
    },
    values::{LotId, LotMethod, Money, Rate, SecurityId, TransactionId},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    Error, amounts,
    booking::{Book, Closing, LotKey, OpenLot, Opening, Rules},
    dates::bound,
    holdings::{AsOf, SecurityRef},
    record::event_of,
    rules, transactions,
};

/// The lots of a portfolio at one moment, by one method.
#[derive(Clone, Debug)]
pub struct BookedLots {
    pub method: LotMethod,
    /// The revision of the books that this was read from.
    pub books_revision: i64,
    pub openings: Vec<Opening>,
    pub closings: Vec<Closing>,
    /// In the order of [`BookedLots::place`].
    pub open: Vec<(SecurityId, OpenLot)>,
    pub securities: BTreeMap<SecurityId, SecurityRef>,
}

/// The key of an open lot: its symbol, the day of its acquisition, what opened it and which one of that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LotPlace(pub String, pub NaiveDate, pub TransactionId, pub u32);

/// Books what counts at `asof` by the portfolio's own method, or by another one, which changes nothing.
///
/// # Errors
/// [`Error::FollowsLedger`] if a portfolio is asked by a method whose lots a ledger has named;
/// [`Error::Unbookable`] if the other method cannot book it: `specific` wants lots to be named.
pub async fn booked_lots(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
    method: Option<LotMethod>,
) -> Result<BookedLots, Error> {
    let newest = portfolio.books_revision;
    let books_revision = asof.revision.map_or(newest, |known| known.min(newest));
    let asof = AsOf {
        revision: Some(books_revision),
        ..asof
    };
    let rules = rules::at(portfolio, asof.revision)?;
    let mut lots = BookedLots {
        method: method.unwrap_or(rules.method),
        books_revision,
        openings: Vec::new(),
        closings: Vec::new(),
        open: Vec::new(),
        securities: BTreeMap::new(),
    };
    let rows = counted(ctx, db, portfolio, asof).await?;
    if portfolio.is_recorded {
        lots.book(&rows, rules.allows_shorts)?;
    } else if method.is_none() {
        lots.method = LotMethod::Specific;
        lots.read(ctx, db, portfolio, asof, &rows).await?;
    } else {
        return Err(Error::FollowsLedger {
            portfolio: portfolio.name.clone(),
        });
    }
    lots.name(db).await?;
    Ok(lots)
}

/// The newest revision of the books that was there at an instant; 0 if none was.
pub async fn revision_at(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    instant: DateTime<Utc>,
) -> Result<i64, Error> {
    let recorded = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio.id))
        .filter(Column::RecordedAt.lte(instant))
        .order_by_desc(Column::BooksRevision)
        .one(db)
        .await?;
    let voided = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio.id))
        .filter(Column::VoidedAt.lte(instant))
        .order_by_desc(Column::VoidedRevision)
        .one(db)
        .await?;
    let recorded = recorded.map_or(0, |row| row.books_revision);
    let voided = voided.and_then(|row| row.voided_revision).unwrap_or(0);
    let ruled = rules::changed_at(portfolio, instant)?;
    Ok(recorded.max(voided).max(ruled))
}

async fn counted(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
) -> Result<Vec<transaction::Model>, Error> {
    let query = transaction::Entity::find()
        .filter(transactions::counts(ctx, portfolio.id, asof))
        .filter(Column::SecurityId.is_not_null())
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id);
    Ok(query.all(db).await?)
}

impl BookedLots {
    /// Where an open lot stands: by symbol, for one security by the day of its acquisition, and then by what
    /// opened it. It does not depend on the lots beside it.
    pub fn place(&self, security: SecurityId, lot: &OpenLot) -> LotPlace {
        LotPlace(
            self.symbol(security).to_owned(),
            lot.acquired_on,
            lot.key.opened_by,
            lot.key.ordinal,
        )
    }

    /// The symbol of a security that had lots.
    pub fn symbol(&self, security: SecurityId) -> &str {
        let known = self.securities.get(&security);
        known.map_or("", |known| known.symbol.as_str())
    }

    fn book(&mut self, rows: &[transaction::Model], allows_shorts: bool) -> Result<(), Error> {
        let mut book = Book::new(Rules {
            method: self.method,
            allows_shorts,
        });
        let mut securities = BTreeSet::new();
        for row in rows {
            if let Some(event) = event_of(row)? {
                securities.extend(event.movement.securities());
                book.book(&event).map_err(Error::Unbookable)?;
            }
        }
        let booked = book.take_booked();
        (self.openings, self.closings) = (booked.openings, booked.closings);
        for security in securities {
            let open = book.open_lots(security).map_err(Error::Unbookable)?;
            self.open
                .extend(open.into_iter().map(|lot| (security, lot)));
        }
        Ok(())
    }

    /// As a ledger has named them.
    async fn read(
        &mut self,
        ctx: &Ctx,
        db: &impl ConnectionTrait,
        portfolio: &portfolio::Model,
        asof: AsOf,
        rows: &[transaction::Model],
    ) -> Result<(), Error> {
        let rows: HashMap<TransactionId, &transaction::Model> =
            rows.iter().map(|row| (row.id, row)).collect();
        let lots = lot::Entity::find()
            .filter(lot::Column::UserId.eq(ctx.scope))
            .filter(lot::Column::PortfolioId.eq(portfolio.id))
            .order_by_asc(lot::Column::AcquiredOn)
            .order_by_asc(lot::Column::Id)
            .all(db)
            .await?;
        let closures = lot_closure::Entity::find()
            .filter(lot_closure::Column::UserId.eq(ctx.scope))
            .filter(lot_closure::Column::PortfolioId.eq(portfolio.id))
            .filter(lot_closure::Column::ClosedOn.lte(bound(asof.date)))
            .order_by_asc(lot_closure::Column::ClosedOn)
            .order_by_asc(lot_closure::Column::Id)
            .all(db)
            .await?;
        let mut open: Vec<(LotId, SecurityId, OpenLot)> = Vec::new();
        for lot in &lots {
            let Some(opener) = rows.get(&lot.opened_by_transaction_id) else {
                continue;
            };
            let opening = opening_of(lot, opener)?;
            open.push((lot.id, lot.security_id, OpenLot::from(&opening)));
            self.openings.push(opening);
        }
        let places: HashMap<LotId, usize> = open
            .iter()
            .enumerate()
            .map(|(at, (id, ..))| (*id, at))
            .collect();
        for closure in &closures {
            let closed_by = rows.get(&closure.transaction_id);
            let lot = places.get(&closure.lot_id).map(|at| &mut open[*at]);
            if let (Some(row), Some((_, security, lot))) = (closed_by, lot) {
                self.closings.push(take(closure, row, *security, lot)?);
            }
        }
        let open = open
            .into_iter()
            .filter(|(_, _, lot)| !lot.quantity.is_zero());
        self.open = open.map(|(_, security, lot)| (security, lot)).collect();
        Ok(())
    }

    async fn name(&mut self, db: &impl ConnectionTrait) -> Result<(), Error> {
        let ids: BTreeSet<SecurityId> = self.openings.iter().map(|lot| lot.security).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let rows = security::Entity::find()
            .filter(security::Column::Id.is_in(ids))
            .all(db)
            .await?;
        self.securities = rows.into_iter().map(|row| (row.id, row.into())).collect();
        let mut open = std::mem::take(&mut self.open);
        open.sort_by_cached_key(|(security, lot)| self.place(*security, lot));
        self.open = open;
        Ok(())
    }
}

fn opening_of(lot: &lot::Model, opener: &transaction::Model) -> Result<Opening, Error> {
    let cost_basis = lot.cost_basis.decimal();
    let rate = lot.fx_rate.map(Rate::decimal);
    Ok(Opening {
        lot: LotKey {
            opened_by: lot.opened_by_transaction_id,
            ordinal: 0,
        },
        security: lot.security_id,
        opened_on: opener.trade_date,
        acquired_on: lot.acquired_on,
        quantity: lot.quantity_original.decimal(),
        cost_basis,
        cost_basis_base: rate
            .map(|rate| amounts::product(cost_basis, rate))
            .transpose()?,
        currency: lot.cost_currency.clone(),
    })
}

/// Takes a closure's units from its lot. A ledger's gains in base currency follow from the rates of both
/// days.
fn take(
    closure: &lot_closure::Model,
    row: &transaction::Model,
    security: SecurityId,
    lot: &mut OpenLot,
) -> Result<Closing, Error> {
    let (quantity, cost) = (closure.quantity.decimal(), closure.cost_basis.decimal());
    let gain = closure.realized_gain.decimal();
    let rate = row
        .fx_rate
        .filter(|_| row.currency == lot.currency)
        .map(Rate::decimal);
    let in_base = |amount| rate.map(|rate| amounts::product(amount, rate)).transpose();
    let proceeds = closure.proceeds.decimal();
    let fx_gain = closure.fx_gain.map(Money::decimal);
    let gain_base = in_base(gain)?.zip(fx_gain);
    let left = |whole, taken| amounts::subtract(whole, taken);
    let then = in_base(cost)?
        .zip(fx_gain)
        .map(|(now, gain)| left(now, gain));
    let cost_basis_base = then.transpose()?;
    lot.quantity = left(lot.quantity, quantity)?;
    lot.cost = left(lot.cost, cost)?;
    let base = lot.cost_base.zip(cost_basis_base);
    lot.cost_base = base.map(|(all, taken)| left(all, taken)).transpose()?;
    Ok(Closing {
        lot: lot.key,
        transaction: row.id,
        security,
        closed_on: closure.closed_on,
        acquired_on: lot.acquired_on,
        quantity,
        proceeds,
        proceeds_base: in_base(proceeds)?,
        cost_basis: cost,
        cost_basis_base,
        carried_basis: closure.carried_basis.decimal(),
        realized_gain: gain,
        realized_gain_base: gain_base
            .map(|(own, fx)| amounts::add(own, fx))
            .transpose()?,
        fx_gain,
        currency: lot.currency.clone(),
    })
}

impl From<&Opening> for OpenLot {
    fn from(opening: &Opening) -> Self {
        Self {
            key: opening.lot,
            acquired_on: opening.acquired_on,
            quantity: opening.quantity,
            cost: opening.cost_basis,
            cost_base: opening.cost_basis_base,
            currency: opening.currency.clone(),
        }
    }
}
