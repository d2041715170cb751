//! What approvals look like in requests and answers.

use chrono::{DateTime, Utc};
use entity::{
    identity::approval_approver,
    values::{self, ApprovalId, JobId, ThreadId, UserId},
    workflow::{approval, approval_vote},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::extract::whole;
use crate::schema::{ActorKind, ApprovalStatus, OnRefusal, VoteKind};

/// What a worker shows for the job that it runs, and what the job wants to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApprovalIn {
    /// As the claim of the job gave it.
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    /// What is proposed, for those who decide.
    #[schema(min_length = 1, max_length = 4000, pattern = r"^[^\u0000]*$")]
    pub proposal_text: String,
    /// What is proposed, for the program that does it; up to 64 KiB, without whole numbers beyond 2^53.
    #[schema(value_type = Object)]
    pub action: Map<String, Value>,
    /// How many must approve; one who rejects is enough.
    #[serde(default = "one")]
    #[schema(value_type = Option<i64>, nullable = false, default = 1, minimum = 1, maximum = 21)]
    #[serde(deserialize_with = "whole")]
    pub quorum: i64,
    /// Emails of users who are asked besides the owner.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false, max_items = 20)]
    pub approvers: Vec<String>,
    /// From now on; after that it can be neither voted on nor consumed.
    #[serde(default = "an_hour")]
    #[schema(value_type = Option<i64>, nullable = false, default = 3600, minimum = 1, maximum = 2_592_000)]
    #[serde(deserialize_with = "whole")]
    pub expires_in_seconds: i64,
    /// Whether the job waits, without its lease, until this is decided.
    #[serde(default = "yes")]
    #[schema(value_type = Option<bool>, nullable = false, default = true)]
    pub park: bool,
    /// What becomes of the waiting job if this is rejected, canceled, or expires.
    #[serde(default = "fail")]
    #[schema(value_type = Option<OnRefusal>, nullable = false, default = "fail")]
    pub on_refusal: values::OnRefusal,
    /// Whether who proposes may vote; only a person in a session may allow it.
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false, default = false)]
    pub allows_self_vote: bool,
}

fn one() -> i64 {
    1
}

fn an_hour() -> i64 {
    3_600
}

fn yes() -> bool {
    true
}

fn fail() -> values::OnRefusal {
    values::OnRefusal::Fail
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteIn {
    #[schema(value_type = VoteKind)]
    pub vote: values::VoteKind,
    /// Required to reject.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000, pattern = r"^[^\u0000]*$")]
    pub reason: Option<String>,
}

/// What a worker shows to do an approved action.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsumeIn {
    pub lease_token: Uuid,
    #[schema(minimum = 1)]
    #[serde(deserialize_with = "whole")]
    pub attempt: i64,
    /// Of the action that the worker is about to do.
    #[schema(min_length = 71, max_length = 71, pattern = "^sha256:[0-9a-f]{64}$")]
    pub action_hash: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ApprovalId,
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    #[schema(value_type = uuid::Uuid)]
    pub job_id: JobId,
    pub proposal_text: String,
    #[schema(value_type = Object)]
    pub action: Value,
    /// `sha256:` and the SHA-256 of the action's canonical JSON (RFC 8785).
    pub action_hash: String,
    #[schema(value_type = ApprovalStatus)]
    pub status: values::ApprovalStatus,
    #[schema(value_type = OnRefusal)]
    pub on_refusal: values::OnRefusal,
    /// Who proposed, or on whose behalf a program did.
    #[schema(value_type = uuid::Uuid)]
    pub requested_by: UserId,
    #[schema(value_type = ActorKind)]
    pub requested_by_kind: values::ActorKind,
    pub allows_self_vote: bool,
    pub quorum: i64,
    pub expires_at: DateTime<Utc>,
    #[schema(required)]
    pub resolved_at: Option<DateTime<Utc>>,
    #[schema(required)]
    pub consumed_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<approval::Model> for ApprovalOut {
    fn from(approval: approval::Model) -> Self {
        Self {
            id: approval.id,
            thread_id: approval.thread_id,
            job_id: approval.job_id,
            proposal_text: approval.proposal_text,
            action: approval.action,
            action_hash: approval.action_hash,
            status: approval.status,
            on_refusal: approval.on_refusal,
            requested_by: approval.requested_by,
            requested_by_kind: approval.requested_by_kind,
            allows_self_vote: approval.allows_self_vote,
            quorum: approval.quorum,
            expires_at: approval.expires_at,
            resolved_at: approval.resolved_at,
            consumed_at: approval.consumed_at,
            created_at: approval.created_at,
            updated_at: approval.updated_at,
        }
    }
}

/// An approval with who is asked and what they said.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApprovalDetailOut {
    #[serde(flatten)]
    pub approval: ApprovalOut,
    /// Users who are asked besides the owner.
    #[schema(value_type = Vec<uuid::Uuid>)]
    pub approvers: Vec<UserId>,
    pub votes: Vec<VoteOut>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VoteOut {
    #[schema(value_type = uuid::Uuid)]
    pub voter_user_id: UserId,
    /// Whether the voter was there in person or sent a program.
    #[schema(value_type = ActorKind)]
    pub voter_kind: values::ActorKind,
    #[schema(value_type = VoteKind)]
    pub vote: values::VoteKind,
    #[schema(required)]
    pub reason: Option<String>,
    pub at: DateTime<Utc>,
}

impl From<approval_vote::Model> for VoteOut {
    fn from(vote: approval_vote::Model) -> Self {
        Self {
            voter_user_id: vote.voter_user_id,
            voter_kind: vote.voter_kind,
            vote: vote.vote,
            reason: vote.reason,
            at: vote.at,
        }
    }
}

/// An approval of another user's that the caller is asked about.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedOut {
    #[schema(value_type = uuid::Uuid)]
    pub approval_id: ApprovalId,
    #[schema(value_type = uuid::Uuid)]
    pub owner_user_id: UserId,
    pub created_at: DateTime<Utc>,
}

impl From<approval_approver::Model> for AskedOut {
    fn from(asked: approval_approver::Model) -> Self {
        Self {
            approval_id: asked.approval_id,
            owner_user_id: asked.owner_user_id,
            created_at: asked.created_at,
        }
    }
}
