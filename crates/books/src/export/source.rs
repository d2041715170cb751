//! What is exported, as it is read: the securities whole, the transactions a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{
        portfolio, security,
        transaction::{self, Column},
    },
    values::{SecurityId, TransactionId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{Error, holdings::AsOf, record::terms_of, securities, transactions};

/// Transactions that are in memory at once.
const PAGE: u64 = 500;

/// The books of one portfolio at one moment.
pub(super) struct Source<'a, C> {
    pub ctx: &'a Ctx,
    pub db: &'a C,
    pub portfolio: &'a portfolio::Model,
    pub asof: AsOf,
    pub revision: i64,
    /// All that the transactions name.
    pub securities: BTreeMap<SecurityId, security::Model>,
    /// The currencies of amounts, in their order.
    pub currencies: Vec<String>,
}

/// Where a page ends, in the order of booking.
pub(super) type Place = (NaiveDate, i64, TransactionId);

impl<'a, C: ConnectionTrait> Source<'a, C> {
    pub(super) async fn open(
        ctx: &'a Ctx,
        db: &'a C,
        portfolio: &'a portfolio::Model,
        asof: AsOf,
    ) -> Result<Self, Error> {
        let newest = portfolio.books_revision;
        let revision = asof
            .revision
            .map_or(newest, |known| std::cmp::min(known, newest));
        let asof = AsOf {
            revision: Some(revision),
            ..asof
        };
        let mut source = Self {
            ctx,
            db,
            portfolio,
            asof,
            revision,
            securities: BTreeMap::new(),
            currencies: Vec::new(),
        };
        source.securities = source.named_securities().await?;
        source.currencies = source.named_currencies().await?;
        Ok(source)
    }

    /// The transactions after a place, in the order of booking; none at the end.
    pub(super) async fn page(
        &self,
        after: Option<Place>,
    ) -> Result<Vec<transaction::Model>, Error> {
        let rows = transaction::Entity::find()
            .filter(self.counted())
            .filter(Condition::all().add_option(after.map(is_after)))
            .order_by_asc(Column::TradeDate)
            .order_by_asc(Column::Sequence)
            .order_by_asc(Column::Id)
            .limit(PAGE)
            .all(self.db)
            .await?;
        Ok(rows)
    }

    pub(super) fn security(&self, id: SecurityId) -> Result<&security::Model, Error> {
        self.securities
            .get(&id)
            .ok_or_else(|| Error::SecurityNotFound {
                security: id.to_string(),
            })
    }

    pub(super) fn counted(&self) -> Condition {
        transactions::counts(self.ctx, self.portfolio.id, self.asof)
    }

    async fn named_securities(&self) -> Result<BTreeMap<SecurityId, security::Model>, Error> {
        let named: Vec<Option<SecurityId>> = transaction::Entity::find()
            .filter(self.counted())
            .select_only()
            .column(Column::SecurityId)
            .distinct()
            .into_tuple()
            .all(self.db)
            .await?;
        let carrying = transaction::Entity::find()
            .filter(self.counted())
            .filter(Column::Kind.is_in([TransactionKind::SpinOff, TransactionKind::Merger]))
            .all(self.db)
            .await?;
        let mut ids: BTreeSet<SecurityId> = named.into_iter().flatten().collect();
        for row in &carrying {
            ids.extend(terms_of(row)?.into);
        }
        securities::by_ids(self.db, &ids).await
    }

    async fn named_currencies(&self) -> Result<Vec<String>, Error> {
        let mut currencies: Vec<String> = transaction::Entity::find()
            .filter(self.counted())
            .select_only()
            .column(Column::Currency)
            .distinct()
            .into_tuple()
            .all(self.db)
            .await?;
        currencies.sort_unstable();
        Ok(currencies)
    }
}

pub(super) fn place_of(row: &transaction::Model) -> Place {
    (row.trade_date, row.sequence, row.id)
}

fn is_after((date, sequence, id): Place) -> sea_orm::sea_query::SimpleExpr {
    let later = Column::Sequence
        .gt(sequence)
        .or(Column::Sequence.eq(sequence).and(Column::Id.gt(id)));
    Column::TradeDate
        .gt(date)
        .or(Column::TradeDate.eq(date).and(later))
}
