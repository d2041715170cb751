//! Which securities' lots a change touches, and from which day on.

use std::collections::BTreeSet;

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
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

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

/// What is booked anew.
pub(super) struct Affected {
    /// Lots as they were at the beginning of this day are left as they are; `None` if none are.
    pub since: Option<NaiveDate>,
    pub securities: BTreeSet<SecurityId>,
    /// From that day on, in the order of booking.
    pub transactions: Vec<transaction::Model>,
}

impl Change {
    pub(crate) fn by<'a>(transactions: impl Iterator<Item = &'a transaction::Model>) -> Self {
        let mut since = NaiveDate::MAX;
        let mut securities = BTreeSet::new();
        for row in transactions {
            if let Some(security) = row.security_id {
                since = since.min(row.trade_date);
                securities.insert(security);
                securities.extend(terms_of(row).ok().and_then(|terms| terms.into));
            }
        }
        Self::From(since, securities)
    }
}

/// `None` if no lots are.
pub(super) async fn load(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    change: Change,
) -> Result<Option<Affected>, Error> {
    let (since, securities) = match change {
        Change::From(since, securities) => (Some(since), Some(securities)),
        Change::Rules => (None, None),
    };
    if securities.as_ref().is_some_and(BTreeSet::is_empty) {
        return Ok(None);
    }
    // The cost of a pool is that of all that was ever put in.
    let since = since.filter(|_| portfolio.lot_method != LotMethod::Average);
    let live = || {
        let query = transaction::Entity::find()
            .filter(transactions::of_portfolio(ctx, portfolio.id))
            .filter(Column::VoidedAt.is_null())
            .filter(Column::SecurityId.is_not_null());
        match since {
            Some(since) => query.filter(Column::TradeDate.gte(since)),
            None => query,
        }
    };
    let securities = match securities {
        Some(changed) => {
            let carrying = live()
                .filter(Column::Kind.is_in([TransactionKind::SpinOff, TransactionKind::Merger]))
                .all(db)
                .await?;
            Some(with_linked(changed, &carrying)?)
        }
        None => None,
    };
    let mut query = live();
    if let Some(securities) = &securities {
        query = query.filter(Column::SecurityId.is_in(securities.iter().copied()));
    }
    let transactions = query
        .order_by_asc(Column::TradeDate)
        .order_by_asc(Column::Sequence)
        .order_by_asc(Column::Id)
        .all(db)
        .await?;
    let securities = match securities {
        Some(securities) => securities,
        None => named_in(&transactions)?,
    };
    Ok(Some(Affected {
        since,
        securities,
        transactions,
    }))
}

/// With the securities that lots are carried to, or come from.
fn with_linked(
    mut securities: BTreeSet<SecurityId>,
    carrying: &[transaction::Model],
) -> Result<BTreeSet<SecurityId>, Error> {
    let mut links = Vec::new();
    for row in carrying {
        if let (Some(from), Some(into)) = (row.security_id, terms_of(row)?.into) {
            links.push((from, into));
        }
    }
    loop {
        let before = securities.len();
        for (from, into) in &links {
            if securities.contains(from) || securities.contains(into) {
                securities.extend([*from, *into]);
            }
        }
        if securities.len() == before {
            return Ok(securities);
        }
    }
}

fn named_in(transactions: &[transaction::Model]) -> Result<BTreeSet<SecurityId>, Error> {
    let mut securities = BTreeSet::new();
    for row in transactions {
        securities.extend(row.security_id);
        securities.extend(terms_of(row)?.into);
    }
    Ok(securities)
}
