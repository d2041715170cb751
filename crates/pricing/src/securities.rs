//! The securities that prices may be of.

use std::collections::HashMap;

use entity::{books::security, values::SecurityId};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect};

use crate::Error;

/// What a price needs to know of its security.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub id: SecurityId,
    /// The currency of its prices, ISO 4217.
    pub currency: String,
}

/// Every security by its symbol, in one query.
pub(crate) async fn by_symbol(db: &impl ConnectionTrait) -> Result<HashMap<String, Known>, Error> {
    let columns = [
        security::Column::Symbol,
        security::Column::Id,
        security::Column::Currency,
    ];
    let rows: Vec<(String, SecurityId, String)> = security::Entity::find()
        .select_only()
        .columns(columns)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(symbol, id, currency)| (symbol, Known { id, currency }))
        .collect())
}
