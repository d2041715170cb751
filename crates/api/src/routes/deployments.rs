//! `/v1/deployments`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    deployment,
    values::{self, DeploymentId},
};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use workflow::deployments::{self, Filter, NewDeployment};

use super::readable;
use crate::{
    answer::{Answer, show},
    change::change,
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Limit, UrlPath, given},
    idempotency,
    problem::Problem,
    schema::DeploymentStatus,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/deployments", list_deployments).post(create_deployment))
        .service(readable("/v1/deployments/latest", get_latest_deployment))
        .service(
            readable("/v1/deployments/{id}", get_deployment)
                .route(web::patch().to(update_deployment)),
        );
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentIn {
    /// The commit, in lower case.
    #[schema(min_length = 7, max_length = 64, pattern = "^[0-9a-f]{7,64}$")]
    pub git_sha: String,
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$",
        example = "main"
    )]
    pub branch: String,
    /// What set it off.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$",
        example = "push"
    )]
    pub trigger: String,
    /// A person, or a program.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$"
    )]
    pub deployed_by: String,
    #[serde(default)]
    #[schema(max_length = 100_000, pattern = r"^[^\u0000]*$")]
    pub report_text: Option<String>,
}

/// What to change; a field left out keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentPatch {
    /// `building`, `testing`, `deploying`, `healthy` follow each other; `deploying` may become `rolled_back`, and
    /// whatever is not finished `failed`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DeploymentStatus>, nullable = false)]
    pub status: Option<values::DeploymentStatus>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, max_length = 100_000, pattern = r"^[^\u0000]*$")]
    pub report_text: Option<String>,
    /// Needed for `rolled_back`, and for no other.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 2000, pattern = r"^[^\u0000]*$")]
    pub rollback_reason: Option<String>,
}

/// A version of a program on its way to where it runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeploymentOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: DeploymentId,
    pub git_sha: String,
    pub branch: String,
    #[schema(value_type = DeploymentStatus)]
    pub status: values::DeploymentStatus,
    pub trigger: String,
    pub deployed_by: String,
    pub report_text: Option<String>,
    pub rollback_reason: Option<String>,
    pub started_at: DateTime<Utc>,
    /// When it became `healthy`, `rolled_back` or `failed`.
    pub finished_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<deployment::Model> for DeploymentOut {
    fn from(deployment: deployment::Model) -> Self {
        Self {
            id: deployment.id,
            git_sha: deployment.git_sha,
            branch: deployment.branch,
            status: deployment.status,
            trigger: deployment.trigger,
            deployed_by: deployment.deployed_by,
            report_text: deployment.report_text,
            rollback_reason: deployment.rollback_reason,
            started_at: deployment.started_at,
            finished_at: deployment.finished_at,
            created_at: deployment.created_at,
            updated_at: deployment.updated_at,
        }
    }
}

fn etag_of(deployment: &deployment::Model) -> Etag {
    Etag::of_row(deployment.id, deployment.updated_at)
}

/// Begins a deployment, which is `building`.
#[utoipa::path(
    post, path = "/v1/deployments", tag = "Deployments", request_body = DeploymentIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Begun", body = DeploymentOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_deployment(
    call: Call,
    body: Body<DeploymentIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewDeployment {
        git_sha: value.git_sha,
        branch: value.branch,
        trigger: value.trigger,
        deployed_by: value.deployed_by,
        report_text: value.report_text,
    };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = deployments::create(ctx, tx, new.clone()).await?;
        let (location, etag) = (format!("/v1/deployments/{}", made.id), etag_of(&made));
        let (sha, branch) = (made.git_sha.clone(), made.branch.clone());
        Ok(Answer::created(location, &DeploymentOut::from(made))?
            .with_etag(etag)
            .noting("git_sha", sha)
            .noting("branch", branch))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListDeployments {
    branch: Option<String>,
    #[param(value_type = Option<DeploymentStatus>)]
    status: Option<values::DeploymentStatus>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The deployments; the one that began last comes first.
#[utoipa::path(
    get, path = "/v1/deployments", tag = "Deployments", params(ListDeployments),
    responses((status = 200, description = "A page", body = ListOut<DeploymentOut>)),
)]
pub async fn list_deployments(call: Call<ListDeployments>) -> Result<HttpResponse, Problem> {
    let query = &call.query;
    let (after, limit) = page::<DeploymentId>(query.limit, query.cursor.as_deref())?;
    let filter = Filter {
        branch: query.branch.clone(),
        status: query.status,
    };
    let page = Page { after, limit };
    let found = deployments::list(&call.ctx.shared(), &filter, &page).await?;
    let list = ListOut::new(found, |last| last.id, DeploymentOut::from);
    Ok(Answer::ok(&list)?.into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LatestDeployment {
    branch: Option<String>,
    #[param(value_type = Option<DeploymentStatus>)]
    status: Option<values::DeploymentStatus>,
}

/// The deployment that began last: of all, of a branch, or of those with a status.
#[utoipa::path(
    get, path = "/v1/deployments/latest", tag = "Deployments",
    params(LatestDeployment, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The deployment", body = DeploymentOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`deployment_not_found`: there is none like that"),
    ),
)]
pub async fn get_latest_deployment(call: Call<LatestDeployment>) -> Result<HttpResponse, Problem> {
    let filter = Filter {
        branch: call.query.branch.clone(),
        status: call.query.status,
    };
    let found = deployments::latest(&call.ctx.shared(), &filter).await?;
    show(&call, etag_of(&found), || DeploymentOut::from(found))
}

/// One deployment.
#[utoipa::path(
    get, path = "/v1/deployments/{id}", tag = "Deployments",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The deployment", body = DeploymentOut,
            headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`deployment_not_found`"),
    ),
)]
pub async fn get_deployment(
    call: Call,
    UrlPath(id): UrlPath<DeploymentId>,
) -> Result<HttpResponse, Problem> {
    let found = deployments::find(&call.ctx.shared(), id).await?;
    show(&call, etag_of(&found), || DeploymentOut::from(found))
}

/// Takes a deployment a step further, or adds to it; with `If-Match`, only if it still is as the caller saw
/// it.
#[utoipa::path(
    patch, path = "/v1/deployments/{id}", tag = "Deployments", request_body = DeploymentPatch,
    params(("id" = uuid::Uuid, Path), ("If-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "Changed", body = DeploymentOut, headers(("ETag" = String))),
        (status = 404, description = "`deployment_not_found`"),
        (status = 409, description = "`deployment_path`: the status may not follow"),
        (status = 412, description = "`precondition_failed`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn update_deployment(
    call: Call,
    UrlPath(id): UrlPath<DeploymentId>,
    body: Body<DeploymentPatch>,
) -> Result<HttpResponse, Problem> {
    let patch = deployments::DeploymentPatch {
        status: body.value.status,
        report_text: body.value.report_text,
        rollback_reason: body.value.rollback_reason,
    };
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let current = deployments::find(tx, id).await?;
        call.preconditions.require(&etag_of(&current))?;
        let is_asked = call.preconditions.are_given();
        let expected = is_asked.then_some(current.updated_at);
        let updated = deployments::update(ctx, tx, id, patch.clone(), expected).await?;
        let (etag, status) = (etag_of(&updated), updated.status);
        Ok(Answer::ok(&DeploymentOut::from(updated))?
            .with_etag(etag)
            .noting("status", status.as_str()))
    })
    .await
}
