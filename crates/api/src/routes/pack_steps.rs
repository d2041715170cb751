//! `/v1/packs/{id}/steps`

use actix_web::{HttpResponse, web::ServiceConfig};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{pricing::pack_build_step, values};
use pricing::{builds, packs};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Call, Limit, UrlPath},
    problem::Problem,
    schema::{BuildStep, StepOutcome},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/packs/{id}/steps", list_pack_steps));
}

/// One attempt at one step of the sequence that makes a pack.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackStepOut {
    /// From 1, in the order in which they began.
    #[schema(minimum = 1)]
    pub seq: i64,
    #[schema(value_type = BuildStep)]
    pub step: values::BuildStep,
    #[schema(minimum = 1)]
    pub attempt: i64,
    #[schema(value_type = StepOutcome)]
    pub outcome: values::StepOutcome,
    /// What came of it: counts and the hash, or a `reason`.
    #[schema(value_type = Object)]
    pub detail: Value,
    pub started_at: DateTime<Utc>,
    /// Null while it runs.
    #[schema(required)]
    pub finished_at: Option<DateTime<Utc>>,
}

impl From<pack_build_step::Model> for PackStepOut {
    fn from(row: pack_build_step::Model) -> Self {
        Self {
            seq: row.seq,
            step: row.step,
            attempt: row.attempt,
            outcome: row.outcome,
            detail: row.detail,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPackSteps {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The steps by which a pack was made from its sources, in the order in which they began.
///
/// None for a pack that was made otherwise.
#[utoipa::path(
    get, path = "/v1/packs/{id}/steps", tag = "Pricing packs",
    params(("id" = String, Path), ListPackSteps),
    responses(
        (status = 200, description = "A page", body = ListOut<PackStepOut>),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn list_pack_steps(
    call: Call<ListPackSteps>,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let (ctx, page) = (&call.ctx, Page { after, limit });
    let read = async |tx: Tx| {
        packs::find(ctx, &tx, &id).await?;
        builds::list_steps(ctx, &tx, &id, &page).await
    };
    let found = ctx.database.read(read).await?;
    let list = ListOut::new(found, |last| last.seq, PackStepOut::from);
    Ok(Answer::ok(&list)?.into())
}
