//! Which securities' lots a change touches, and from which day on.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{
        portfolio,
        transaction::{self, Column},
    },
    values::{LotMethod, SecurityId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::event::terms_of;
use crate::{Error, transactions};

/// What has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// These securities, from a day on.
    From(NaiveDate, BTreeSet<SecurityId>),
    /// How everything is booked.
    Rules,
}

/// What is booked in one go: securities between which lots are carried are in one.
pub(super) struct Scope {
    /// Lots as they were at the beginning of this day are left as they are; `None` if none are.
    pub since: Option<NaiveDate>,
    pub securities: BTreeSet<SecurityId>,
}

/// What is booked anew.
pub(super) struct Affected {
    pub scope: Scope,
    /// From that day on, in the order of booking.
    pub transactions: Vec<transaction::Model>,
}

/// So many transactions are booked in one go, if they are not all of one security.
const TRANSACTIONS_AT_ONCE: i64 = 10_000;

impl Change {
    pub(crate) fn nothing() -> Self {
        Self::From(NaiveDate::MAX, BTreeSet::new())
    }

    pub(crate) fn by<'a>(
        transactions: impl IntoIterator<Item = &'a transaction::Model>,
    ) -> Result<Self, Error> {
        let mut change = Self::nothing();
        for row in transactions {
            change.add(row)?;
        }
        Ok(change)
    }

    /// With one more transaction that comes or goes.
    pub(crate) fn add(&mut self, row: &transaction::Model) -> Result<(), Error> {
        if let (Self::From(since, securities), Some(security)) = (self, row.security_id) {
            *since = row.trade_date.min(*since);
            securities.insert(security);
            securities.extend(terms_of(row)?.into);
        }
        Ok(())
    }
}

/// All that is to be booked anew.
pub(super) async fn scopes(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    change: Change,
) -> Result<Vec<Scope>, Error> {
    let (since, changed) = match change {
        Change::From(_, securities) if securities.is_empty() => return Ok(Vec::new()),
        Change::From(since, securities) => (Some(since), Some(securities)),
        Change::Rules => (None, None),
    };
    // The cost of a pool is that of all that was ever put in.
    let since = since.filter(|_| portfolio.lot_method != LotMethod::Average);
    let groups = groups(links(ctx, db, portfolio, since).await?);
    let counts = counts(ctx, db, portfolio, since).await?;
    let mut left: BTreeSet<SecurityId> = match changed {
        Some(changed) => changed,
        None => counts
            .keys()
            .copied()
            .chain(groups.iter().flatten().copied())
            .collect(),
    };
    let mut scopes = Vec::new();
    let (mut securities, mut count) = (BTreeSet::new(), 0);
    while let Some(security) = left.pop_first() {
        let group = groups.iter().find(|group| group.contains(&security));
        let group = group.cloned().unwrap_or_else(|| BTreeSet::from([security]));
        count += group.iter().filter_map(|one| counts.get(one)).sum::<i64>();
        left.retain(|one| !group.contains(one));
        securities.extend(group);
        if count >= TRANSACTIONS_AT_ONCE || left.is_empty() {
            let securities = std::mem::take(&mut securities);
            scopes.push(Scope { since, securities });
            count = 0;
        }
    }
    Ok(scopes)
}

pub(super) async fn load(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    scope: Scope,
) -> Result<Affected, Error> {
    let transactions = live(ctx, portfolio, scope.since)
        .filter(Column::SecurityId.is_in(scope.securities.iter().copied()))
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    Ok(Affected {
        scope,
        transactions,
    })
}

/// What counts, from a day on, and has a security.
fn live(
    ctx: &Ctx,
    portfolio: &portfolio::Model,
    since: Option<NaiveDate>,
) -> Select<transaction::Entity> {
    let query = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio.id))
        .filter(Column::VoidedAt.is_null())
        .filter(Column::SecurityId.is_not_null());
    match since {
        Some(since) => query.filter(Column::TradeDate.gte(since)),
        None => query,
    }
}

async fn counts(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    since: Option<NaiveDate>,
) -> Result<HashMap<SecurityId, i64>, Error> {
    let rows: Vec<(SecurityId, i64)> = live(ctx, portfolio, since)
        .select_only()
        .column(Column::SecurityId)
        .column_as(Column::Id.count(), "transactions")
        .group_by(Column::SecurityId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// From where to where lots are carried.
async fn links(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    since: Option<NaiveDate>,
) -> Result<Vec<(SecurityId, SecurityId)>, Error> {
    let carrying = live(ctx, portfolio, since)
        .filter(Column::Kind.is_in([TransactionKind::SpinOff, TransactionKind::Merger]))
        .all(db)
        .await?;
    let mut links = Vec::new();
    for row in &carrying {
        links.extend(row.security_id.zip(terms_of(row)?.into));
    }
    Ok(links)
}

/// Securities that are linked with one another.
fn groups(links: Vec<(SecurityId, SecurityId)>) -> Vec<BTreeSet<SecurityId>> {
    let mut groups: Vec<BTreeSet<SecurityId>> = Vec::new();
    for (from, into) in links {
        let is_linked =
            |group: &mut BTreeSet<SecurityId>| group.contains(&from) || group.contains(&into);
        let mut joined: BTreeSet<SecurityId> = groups.extract_if(.., is_linked).flatten().collect();
        joined.extend([from, into]);
        groups.push(joined);
    }
    groups
}
