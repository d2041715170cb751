//! By what a row is known again.

use std::collections::{HashMap, HashSet};

use db::ConnectionTrait;
use entity::{
    books::transaction::{self, Column},
    values::{Money, PortfolioId, Price, Quantity, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};

use super::Statement;
use crate::{Error, statements::Row, transactions};

/// Rows with the ids by which they are known.
pub(super) struct Named<'a> {
    pub rows: Vec<(&'a Row, String)>,
}

impl<'a> Named<'a> {
    /// Of rows that mean the same, each has a number of its own: a file may hold two equal purchases.
    pub(super) fn of(statement: &'a Statement) -> Self {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let rows = statement.rows.iter().map(|row| {
            let id = row
                .external_id
                .clone()
                .unwrap_or_else(|| hash_of_meaning(row));
            let times = seen.entry(id.clone()).or_default();
            *times += 1;
            let id = if *times > 1 {
                format!("{id}#{times}")
            } else {
                id
            };
            (row, id)
        });
        Self {
            rows: rows.collect(),
        }
    }
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

/// The ids of what was imported into the portfolio before.
pub(super) async fn present(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
) -> Result<HashSet<String>, Error> {
    let ids: Vec<Option<String>> = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio_id))
        .filter(Column::Source.eq(TransactionSource::Import))
        .select_only()
        .column(Column::ExternalId)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}
