//! Table `securities`: what can be held and priced, shared by all owners.

use sea_orm::entity::prelude::*;

use crate::values::{SecurityId, SecurityKind};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "securities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecurityId,
    /// Unique.
    pub symbol: String,
    pub name: String,
    pub kind: SecurityKind,
    /// The currency of its prices, ISO 4217.
    pub currency: String,
    pub exchange: Option<String>,
    pub isin: Option<String>,
    pub figi: Option<String>,
    pub sector: Option<String>,
    pub country: Option<String>,
    pub is_active: bool,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
