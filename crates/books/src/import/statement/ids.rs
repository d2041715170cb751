//! By what a row is known again.

use std::collections::{HashMap, HashSet};

use db::ConnectionTrait;
use entity::{
    books::transaction::{self, Column},
    values::{Money, PortfolioId, Price, Quantity, TransactionId, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sha2::{Digest, Sha256};

use crate::{Error, statements::Row, transactions};

/// An id in little memory.
type Key = [u8; 16];

/// Which ids stand more than once in a file: of rows that mean the same each has a number of its own, since a
/// file may hold two equal purchases.
#[derive(Debug, Default)]
pub(super) struct Repeated(HashMap<Key, usize>);

impl Repeated {
    pub fn count(&mut self, row: &Row) {
        *self.0.entry(key_of(&id_of(row))).or_default() += 1;
    }

    /// After the last row.
    pub fn settle(&mut self) {
        self.0.retain(|_, times| *times > 1);
        self.0.shrink_to_fit();
    }

    /// Gives the rows their ids, one after the other; the numbers grow from the oldest on.
    pub fn names(&self, newest_first: bool) -> Names<'_> {
        Names {
            repeated: self,
            newest_first,
            seen: HashMap::new(),
        }
    }
}

pub(super) struct Names<'a> {
    repeated: &'a Repeated,
    newest_first: bool,
    seen: HashMap<Key, usize>,
}

impl Names<'_> {
    pub fn of(&mut self, row: &Row) -> String {
        let id = id_of(row);
        let key = key_of(&id);
        let Some(times) = self.repeated.0.get(&key) else {
            return id;
        };
        let seen = self.seen.entry(key).or_default();
        *seen += 1;
        let number = if self.newest_first {
            (times + 1).saturating_sub(*seen)
        } else {
            *seen
        };
        if number > 1 {
            format!("{id}#{number}")
        } else {
            id
        }
    }
}

fn id_of(row: &Row) -> String {
    row.external_id
        .clone()
        .unwrap_or_else(|| hash_of_meaning(row))
}

fn key_of(id: &str) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&Sha256::digest(id)[..16]);
    key
}

fn hash_of_meaning(row: &Row) -> String {
    let symbol = row
        .security
        .as_ref()
        .map(|security| security.symbol.as_str());
    let meaning = serde_json::json!([
        row.kind,
        row.trade_date,
        symbol,
        Quantity::new(row.quantity),
        row.price.map(Price::new),
        row.amount.map(Money::new),
        row.currency,
        Money::new(row.fee),
        Money::new(row.tax),
        row.ratio
            .map(|(new, old)| (Quantity::new(new), Quantity::new(old))),
    ]);
    format!(
        "sha256:{}",
        hex::encode(Sha256::digest(meaning.to_string()))
    )
}

const ROWS_AT_ONCE: u64 = 10_000;

/// What was imported into a portfolio before.
pub(super) struct Present(HashSet<Key>);

impl Present {
    /// All ids in pages of the primary key: a list of ids to look for would be looked for in all rows of the
    /// portfolio, as long as the server has no statistics of what was just written.
    pub async fn load(
        ctx: &Ctx,
        db: &impl ConnectionTrait,
        portfolio_id: PortfolioId,
    ) -> Result<Self, Error> {
        let mut present = HashSet::new();
        let mut after: Option<TransactionId> = None;
        loop {
            let mut query = transaction::Entity::find()
                .filter(transactions::of_portfolio(ctx, portfolio_id))
                .filter(Column::Source.eq(TransactionSource::Import))
                .select_only()
                .columns([Column::Id, Column::ExternalId])
                .order_by_asc(Column::Id)
                .limit(ROWS_AT_ONCE);
            if let Some(last) = after {
                query = query.filter(Column::Id.gt(last));
            }
            let rows: Vec<(TransactionId, Option<String>)> = query.into_tuple().all(db).await?;
            let Some((last, _)) = rows.last() else {
                return Ok(Self(present));
            };
            after = Some(*last);
            present.extend(rows.iter().filter_map(|(_, id)| id.as_deref().map(key_of)));
        }
    }

    pub fn has(&self, id: &str) -> bool {
        self.0.contains(&key_of(id))
    }
}
