//! Table `approvals`: actions that somebody must agree to before a job does them.

use sea_orm::entity::prelude::*;

use crate::values::{ActorKind, ApprovalId, ApprovalStatus, JobId, OnRefusal, ThreadId, UserId};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApprovalId,
    pub thread_id: ThreadId,
    pub job_id: JobId,
    /// What is proposed, for those who decide.
    pub proposal_text: String,
    /// What is proposed, for the program that does it.
    #[sea_orm(column_type = "JsonBinary")]
    pub action: Json,
    /// `sha256:` and the hash of the action's canonical JSON (RFC 8785).
    pub action_hash: String,
    pub status: ApprovalStatus,
    /// What becomes of the waiting job if the action is not approved.
    pub on_refusal: OnRefusal,
    /// The user who proposed, or on whose behalf a program did.
    pub requested_by: UserId,
    pub requested_by_kind: ActorKind,
    /// Whether who proposed may vote.
    pub allows_self_vote: bool,
    /// How many must approve; one who rejects is enough.
    pub quorum: i64,
    /// From then on it can be neither voted on nor consumed.
    pub expires_at: DateTimeUtc,
    pub resolved_at: Option<DateTimeUtc>,
    pub consumed_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
