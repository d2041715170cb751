//! Table `prices`: one security's price in one pack.

use sea_orm::entity::prelude::*;

use crate::values::{Price, PriceAdjustment, Quantity, SecurityId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "prices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub security_id: SecurityId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub pack_id: String,
    pub close: Price,
    pub currency: String,
    pub open: Option<Price>,
    pub high: Option<Price>,
    pub low: Option<Price>,
    pub volume: Option<Quantity>,
    pub source: String,
    pub adjustment: PriceAdjustment,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
