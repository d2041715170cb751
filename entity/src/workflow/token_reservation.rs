//! Table `token_reservations`: what is set aside of budgets for calls of models that are under way.

use sea_orm::entity::prelude::*;

use crate::values::{
    Money, ReservationStatus, TokenReservationId, TokenScope, TokenUsageId, UserId,
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_reservations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TokenReservationId,
    pub scope: TokenScope,
    pub estimated_tokens: i64,
    pub estimated_cost: Option<Money>,
    pub cost_currency: Option<String>,
    /// One that is open holds nothing any more after [`Model::expires_at`].
    pub status: ReservationStatus,
    /// What was used in the end; of one that is settled.
    pub usage_id: Option<TokenUsageId>,
    pub expires_at: DateTimeUtc,
    /// When it was settled or released.
    pub closed_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
