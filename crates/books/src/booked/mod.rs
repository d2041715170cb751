//! A portfolio's lots as a whole: what was opened, what was closed, what is open.

mod ledger;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use db::ConnectionTrait;
use entity::{
    books::{
        portfolio, security,
        transaction::{self, Column},
    },
    values::{LotMethod, SecurityId, TransactionId},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use self::ledger::Named;
use crate::{
    Error,
    booking::{Book, Closing, Event, OpenLot, Opening, Rules},
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
/// [`Error::Unbookable`] if the other method cannot book it: `specific` wants lots to be named, which a ledger
/// does. [`Error::LedgerNamesLots`] if a ledger does not say what units brought but by the lots that it names.
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
        let events = rows.iter().filter_map(|row| event_of(row).transpose());
        lots.book(&events.collect::<Result<Vec<_>, _>>()?, rules.allows_shorts)?;
    } else {
        lots.method = method.unwrap_or(LotMethod::Specific);
        let named = Named::load(ctx, db, portfolio, asof, rows).await?;
        match lots.method {
            LotMethod::Specific => named.read(&mut lots)?,
            // A ledger may hold what is short.
            _ => lots.book(&named.events(&portfolio.name)?, true)?,
        }
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

    fn book(&mut self, events: &[Event], allows_shorts: bool) -> Result<(), Error> {
        let mut book = Book::new(Rules {
            method: self.method,
            allows_shorts,
        });
        let mut securities = BTreeSet::new();
        for event in events {
            securities.extend(event.movement.securities());
            book.book(event).map_err(Error::Unbookable)?;
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
