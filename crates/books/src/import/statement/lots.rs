//! The lots that a row names, by the rows that opened them.

use std::collections::HashMap;

use db::ConnectionTrait;
use entity::{
    books::transaction::{self, Column},
    values::{PortfolioId, Quantity, TransactionId, TransactionSource},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::fault;
use crate::{Error, record::LotChoice, statements::Row, transactions};

/// What a row names must be in the books already: a row before it, or one of an earlier import.
pub(super) async fn chosen(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    row: &Row,
) -> Result<Vec<LotChoice>, Error> {
    if row.terms.lots.is_empty() {
        return Ok(Vec::new());
    }
    let named = row.terms.lots.iter().map(|(id, _)| id.as_str());
    let known: Vec<(Option<String>, TransactionId)> = transaction::Entity::find()
        .filter(transactions::of_portfolio(ctx, portfolio_id))
        .filter(Column::Source.eq(TransactionSource::Import))
        .filter(Column::VoidedAt.is_null())
        .filter(Column::ExternalId.is_in(named))
        .select_only()
        .columns([Column::ExternalId, Column::Id])
        .into_tuple()
        .all(db)
        .await?;
    let known: HashMap<String, TransactionId> = known
        .into_iter()
        .filter_map(|(name, id)| Some((name?, id)))
        .collect();
    let choice = |(name, units): &(String, _)| {
        let id = known.get(name).ok_or_else(|| unknown(row, name))?;
        Ok(LotChoice {
            transaction_id: *id,
            quantity: Quantity::new(*units),
        })
    };
    row.terms.lots.iter().map(choice).collect()
}

fn unknown(row: &Row, name: &str) -> Error {
    let detail = format!(
        "it takes units of the lot that `{name}` opened, which is no row before it and was not imported \
         earlier"
    );
    Error::StatementRows(vec![fault(row.line, detail)])
}
