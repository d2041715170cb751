//! `/v1/audit`

use actix_web::{HttpResponse, web::ServiceConfig};
use db::page::Page;
use entity::{
    identity::audit_entry,
    values::{self, UserId},
};
use identity::audit::{self, Fault, Filter, Head, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Call, Date, Limit},
    problem::{Problem, kinds},
    schema::{ActorKind, AuditOutcome, CalendarDate},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/audit", list_audit_entries))
        .service(readable("/v1/audit/verify", verify_audit_log));
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAuditEntries {
    #[param(value_type = Option<uuid::Uuid>)]
    actor_user_id: Option<UserId>,
    /// Such as `portfolio.create`.
    action: Option<String>,
    resource_type: Option<String>,
    resource_id: Option<String>,
    #[param(value_type = Option<AuditOutcome>)]
    outcome: Option<values::AuditOutcome>,
    /// The first day, in UTC.
    #[param(value_type = Option<CalendarDate>)]
    from: Option<Date>,
    /// The last day, in UTC.
    #[param(value_type = Option<CalendarDate>)]
    to: Option<Date>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// One row of the audit log, with all that its hash is made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntryOut {
    /// From 1, without holes.
    pub seq: i64,
    /// With six digits after the second, as it goes into the hash.
    #[schema(format = DateTime)]
    pub at: String,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub actor_user_id: Option<UserId>,
    #[schema(value_type = ActorKind)]
    pub actor_kind: values::ActorKind,
    #[schema(example = "portfolio.create")]
    pub action: String,
    pub resource_type: String,
    pub resource_id: Option<String>,
    #[schema(value_type = Object)]
    pub details: Value,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: String,
    #[schema(value_type = AuditOutcome)]
    pub outcome: values::AuditOutcome,
    /// The hash of the row before; 64 zeros in the first.
    pub prev_hash: String,
    /// SHA-256 in lower-case hex, as docs/audit.md says.
    pub hash: String,
}

impl From<audit_entry::Model> for AuditEntryOut {
    fn from(row: audit_entry::Model) -> Self {
        Self {
            seq: row.seq,
            at: audit::instant(row.at),
            actor_user_id: row.actor_user_id,
            actor_kind: row.actor_kind,
            action: row.action,
            resource_type: row.resource_type,
            resource_id: row.resource_id,
            details: row.details,
            ip: row.ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
            outcome: row.outcome,
            prev_hash: row.prev_hash,
            hash: row.hash,
        }
    }
}

/// Who did what, or was refused it, the newest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "Audit", params(ListAuditEntries),
    responses((status = 200, description = "A page", body = ListOut<AuditEntryOut>)),
)]
pub async fn list_audit_entries(call: Call<ListAuditEntries>) -> Result<HttpResponse, Problem> {
    let Call { ctx, query, .. } = call;
    let (after, limit) = page(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        actor_user_id: query.actor_user_id,
        action: query.action,
        resource_type: query.resource_type,
        resource_id: query.resource_id,
        outcome: query.outcome,
        from: query.from.map(|date| date.0),
        to: query.to.map(|date| date.0),
    };
    let found = audit::list(&ctx.shared(), &filter, &Page { after, limit }).await?;
    let list = ListOut::new(found, |last| last.seq, AuditEntryOut::from);
    Ok(Answer::ok(&list)?.into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerifyAuditLog {
    /// The number of a row whose hash the caller has kept.
    #[param(value_type = Option<i64>, minimum = 0)]
    seq: Option<i64>,
    /// The hash of that row.
    #[param(pattern = "^[0-9a-f]{64}$")]
    hash: Option<String>,
}

/// What came of reading the audit log from its beginning.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditVerdictOut {
    pub is_intact: bool,
    /// The last row that is as it was written; kept with `hash`, it shows a log that is cut off later.
    pub seq: i64,
    pub hash: String,
    pub fault: Option<AuditFaultOut>,
}

/// The first place where the log is not as it was written.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditFaultOut {
    /// `edited`, `deleted`, `reordered`, `inserted`, `detached`, `truncated`, `rewritten` or
    /// `head_differs`.
    pub kind: &'static str,
    pub seq: i64,
    pub detail: String,
}

impl From<Verdict> for AuditVerdictOut {
    fn from(verdict: Verdict) -> Self {
        Self {
            is_intact: verdict.fault.is_none(),
            seq: verdict.good.seq,
            hash: verdict.good.hash,
            fault: verdict.fault.as_ref().map(AuditFaultOut::from),
        }
    }
}

impl From<&Fault> for AuditFaultOut {
    fn from(fault: &Fault) -> Self {
        Self {
            kind: fault.kind(),
            seq: fault.seq(),
            detail: fault.to_string(),
        }
    }
}

/// Compares every row of the audit log with its hash, and the log with a row that the caller names.
#[utoipa::path(
    get, path = "/v1/audit/verify", tag = "Audit", params(VerifyAuditLog),
    responses(
        (status = 200, description = "Whether it is intact", body = AuditVerdictOut),
        (status = 422, description = "`validation_failed`: one of `seq` and `hash` without the other"),
    ),
)]
pub async fn verify_audit_log(call: Call<VerifyAuditLog>) -> Result<HttpResponse, Problem> {
    let known = known_head(call.query)?;
    let verdict = audit::verify(&call.ctx.database, known.as_ref(), &|_| ()).await?;
    Ok(Answer::ok(&AuditVerdictOut::from(verdict))?.into())
}

fn known_head(query: VerifyAuditLog) -> Result<Option<Head>, Problem> {
    let is_hash = |text: &str| {
        text.len() == 64
            && text
                .bytes()
                .all(|digit| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit))
    };
    match (query.seq, query.hash) {
        (None, None) => Ok(None),
        (Some(seq), _) if seq < 0 => Err(Problem::parameter("seq", "is below 0")),
        (_, Some(hash)) if !is_hash(&hash) => {
            let detail = "must be 64 hexadecimal digits in lower case";
            Err(Problem::parameter("hash", detail))
        }
        (Some(seq), Some(hash)) => Ok(Some(Head { seq, hash })),
        (Some(_), None) => Err(missing("hash", "seq")),
        (None, Some(_)) => Err(missing("seq", "hash")),
    }
}

fn missing(name: &str, with: &str) -> Problem {
    let detail = format!("{name} belongs with {with}: give both, or neither");
    Problem::new(kinds::VALIDATION_FAILED, detail.clone()).at_parameter(name, detail)
}
