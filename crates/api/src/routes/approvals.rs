//! `/v1/jobs/{id}/approvals` and `/v1/approvals`

mod types;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::TimeDelta;
use db::{Tx, page::Page};
use entity::values::{self, ApprovalId, JobId, ThreadId};
use identity::{Ctx, approvers};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use workflow::{
    approvals::{self, Filter, NewApproval, NewVote},
    jobs::Lease,
};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath},
    idempotency,
    problem::Problem,
    reach::where_asked,
    schema::ApprovalStatus,
};
use types::{ApprovalDetailOut, ApprovalIn, ApprovalOut, AskedOut, ConsumeIn, VoteIn, VoteOut};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/jobs/{id}/approvals").post(propose_action))
        .service(readable("/v1/approvals", list_approvals))
        .service(readable("/v1/approvals/{id}", get_approval))
        .service(web::resource("/v1/approvals/{id}/votes").post(vote_on_approval))
        .service(web::resource("/v1/approvals/{id}/consume").post(consume_approval))
        .service(web::resource("/v1/approvals/{id}/cancel").post(cancel_approval))
        .service(readable("/v1/shared-approvals", list_shared_approvals));
}

/// Asks people to approve what a job wants to do.
///
/// The worker shows the lease under which it runs the job. Unless `park` is false the job then waits, without the
/// lease, and goes on (`queued`) or fails by what is decided.
#[utoipa::path(
    post, path = "/v1/jobs/{id}/approvals", tag = "Approvals", request_body = ApprovalIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Proposed", body = ApprovalOut, headers(("Location" = String))),
        (status = 404, description = "`job_not_found`"),
        (status = 409, description = "`lease_lost`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn propose_action(
    call: Call,
    UrlPath(job): UrlPath<JobId>,
    body: Body<ApprovalIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let lease = Lease {
        job,
        token: value.lease_token,
        attempt: value.attempt,
    };
    let expires_in = TimeDelta::try_seconds(value.expires_in_seconds).unwrap_or(TimeDelta::MAX);
    let new = NewApproval {
        proposal_text: value.proposal_text,
        action: Value::Object(value.action),
        on_refusal: value.on_refusal,
        quorum: value.quorum,
        expires_in,
        approvers: value.approvers,
        allows_self_vote: value.allows_self_vote,
        parks: value.park,
    };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let proposed = approvals::propose(ctx, tx, &lease, new.clone()).await?;
        let location = format!("/v1/approvals/{}", proposed.id);
        Answer::created(location, &ApprovalOut::from(proposed))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListApprovals {
    #[param(value_type = Option<ApprovalStatus>)]
    status: Option<values::ApprovalStatus>,
    #[param(value_type = Option<uuid::Uuid>)]
    thread: Option<ThreadId>,
    #[param(value_type = Option<uuid::Uuid>)]
    job: Option<JobId>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The caller's approvals, in the order of their making.
///
/// Those of others that the caller is asked about: `/v1/shared-approvals`.
#[utoipa::path(
    get, path = "/v1/approvals", tag = "Approvals", params(ListApprovals),
    responses((status = 200, description = "A page", body = ListOut<ApprovalOut>)),
)]
pub async fn list_approvals(call: Call<ListApprovals>) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        status: query.status,
        thread: query.thread,
        job: query.job,
    };
    let page = Page { after, limit };
    let found = approvals::list(&call.ctx, call.ctx.database.reader(), filter, &page).await?;
    let list = ListOut::new(found, |last| last.id, ApprovalOut::from);
    Ok(Answer::ok(&list)?.into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListShared {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The approvals of others that the caller is or was asked about, in the order of their making.
#[utoipa::path(
    get, path = "/v1/shared-approvals", tag = "Approvals", params(ListShared),
    responses((status = 200, description = "A page", body = ListOut<AskedOut>)),
)]
pub async fn list_shared_approvals(call: Call<ListShared>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = approvers::asking_me(&call.ctx, &call.ctx.shared(), &page).await?;
    let list = ListOut::new(found, |last| last.approval_id, AskedOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One approval, with who is asked and what they said.
#[utoipa::path(
    get, path = "/v1/approvals/{id}", tag = "Approvals", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The approval", body = ApprovalDetailOut),
        (status = 404, description = "`approval_not_found`"),
    ),
)]
pub async fn get_approval(
    call: Call,
    UrlPath(id): UrlPath<ApprovalId>,
) -> Result<HttpResponse, Problem> {
    where_asked(call, id, async |call: &Call| {
        let snapshot = async |tx: Tx| -> Result<ApprovalDetailOut, Problem> {
            let approval = approvals::find(&call.ctx, &tx, id).await?;
            let votes = approvals::votes_on(&call.ctx, &tx, id).await?;
            Ok(ApprovalDetailOut {
                approval: approval.into(),
                approvers: approvers::of_approval(&call.ctx, &tx, id).await?,
                votes: votes.into_iter().map(VoteOut::from).collect(),
            })
        };
        let detail = call.ctx.database.read(snapshot).await?;
        Ok(Answer::ok(&detail)?.into())
    })
    .await
}

/// Approves or rejects what a job wants to do.
///
/// One who rejects decides; to approve it takes as many as the `quorum`. Each person has one vote. Who proposed in
/// person does not vote unless that was allowed; what a program proposed its owner decides in person, and not by
/// a program's token again.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/votes", tag = "Approvals", request_body = VoteIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Counted: how the approval stands now", body = ApprovalOut),
        (status = 403, description = "`own_proposal`: somebody else has to decide"),
        (status = 404, description = "`approval_not_found`"),
        (status = 409, description = "`approval_resolved`, `approval_expired`, `already_voted`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn vote_on_approval(
    call: Call,
    UrlPath(id): UrlPath<ApprovalId>,
    body: Body<VoteIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewVote {
        vote: value.vote,
        reason: value.reason,
    };
    where_asked(call, id, async |call: &Call| {
        idempotency::create(call, bytes.clone(), async |ctx: &Ctx, tx: &Tx| {
            let approval = approvals::vote(ctx, tx, id, new.clone()).await?;
            let (vote, status) = (new.vote.as_str(), approval.status.as_str());
            Ok(Answer::ok(&ApprovalOut::from(approval))?
                .noting("vote", vote)
                .noting("status", status))
        })
        .await
    })
    .await
}

/// Uses an approval up, right before the action is done.
///
/// Only the job that asked, only while it runs, only once, and only for the action that was approved: whoever gets
/// 200 may do it. Send an `Idempotency-Key`, so that an answer that got lost can be asked for again.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/consume", tag = "Approvals", request_body = ConsumeIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Consumed: the action may be done", body = ApprovalOut),
        (status = 404, description = "`approval_not_found`"),
        (status = 409, description = "`lease_lost`, `approval_pending`, `approval_consumed`, \
            `approval_resolved`, `approval_expired`, `action_changed`"),
    ),
)]
pub async fn consume_approval(
    call: Call,
    UrlPath(id): UrlPath<ApprovalId>,
    body: Body<ConsumeIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let lease = (value.lease_token, value.attempt);
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let consumed = approvals::consume(ctx, tx, id, lease, &value.action_hash).await?;
        Answer::ok(&ApprovalOut::from(consumed))
    })
    .await
}

/// Takes back what nobody has decided yet; the job that waits for it fails, unless it wants to go on.
#[utoipa::path(
    post, path = "/v1/approvals/{id}/cancel", tag = "Approvals",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Canceled", body = ApprovalOut),
        (status = 404, description = "`approval_not_found`"),
        (status = 409, description = "`approval_resolved`"),
    ),
)]
pub async fn cancel_approval(
    call: Call,
    UrlPath(id): UrlPath<ApprovalId>,
) -> Result<HttpResponse, Problem> {
    idempotency::create(&call, [], async |ctx: &Ctx, tx: &Tx| {
        let canceled = approvals::cancel(ctx, tx, id).await?;
        Answer::ok(&ApprovalOut::from(canceled))
    })
    .await
}
