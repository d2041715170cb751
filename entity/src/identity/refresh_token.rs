//! Table `refresh_tokens`: what a session is prolonged with, each once, as its hash.

use sea_orm::entity::prelude::*;

use crate::values::{RefreshTokenId, SessionId, UserId};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefreshTokenId,
    pub owner_user_id: UserId,
    /// The session: all tokens that follow from one login.
    pub family_id: SessionId,
    /// Lower-case hex of the token's SHA-256.
    pub token_hash: String,
    /// The user's when the session began.
    pub session_version: i64,
    pub expires_at: DateTimeUtc,
    /// The token that took this one's place.
    pub rotated_to: Option<RefreshTokenId>,
    pub revoked_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Shows no hash.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("id", &self.id)
            .field("owner_user_id", &self.owner_user_id)
            .field("family_id", &self.family_id)
            .field("expires_at", &self.expires_at)
            .field("rotated_to", &self.rotated_to)
            .field("revoked_at", &self.revoked_at)
            .finish_non_exhaustive()
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
