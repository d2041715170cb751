//! `/v1/execute` and `/v1/executions`

mod out;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::{Tx, page::Page};
use entity::values::{ExecutionId, PortfolioId, SecurityId};
use identity::Ctx;
use patterns::{ExecuteRequest, executions};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

pub use out::{ExecuteOut, ExecutionMetadataOut, ExecutionOut, ExecutionSummaryOut, ReplayOut};

use super::readable;
use crate::{
    answer::Answer,
    cursor::{ListOut, page},
    extract::{Body, Call, Date, Limit, UrlPath},
    idempotency,
    problem::Problem,
    reach::within_reach,
    schema::CalendarDate,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/execute").post(execute_pattern))
        .service(readable("/v1/executions", list_executions))
        .service(readable("/v1/executions/{id}", get_execution))
        .service(web::resource("/v1/executions/{id}/replay").post(replay_execution));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExecuteIn {
    #[schema(example = "portfolio_overview")]
    pub pattern_id: String,
    /// As the pattern's JSON Schema says.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub inputs: Map<String, Value>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub portfolio_id: Option<PortfolioId>,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub security_id: Option<SecurityId>,
    /// The date of the books, and the last date of a pack. Default: the chosen pack's date.
    #[schema(value_type = Option<CalendarDate>)]
    pub asof_date: Option<Date>,
    /// Default: the newest pack of the default policy.
    pub pack_id: Option<String>,
    /// Whether the newest pack must be fresh; else the newest fresh one will do.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub require_fresh: bool,
}

fn yes() -> bool {
    true
}

impl From<ExecuteIn> for ExecuteRequest {
    fn from(request: ExecuteIn) -> Self {
        Self {
            pattern_id: request.pattern_id,
            inputs: request.inputs,
            portfolio_id: request.portfolio_id,
            security_id: request.security_id,
            asof_date: request.asof_date.map(|date| date.0),
            pack_id: request.pack_id,
            require_fresh: request.require_fresh,
        }
    }
}

/// Runs a pattern and stores the execution, so that it can be replayed.
///
/// The newest pack decides, whatever its status: a warming pack is never passed over for an older
/// fresh one unless `require_fresh` is false or a `pack_id` is named.
#[utoipa::path(
    post, path = "/v1/execute", tag = "Patterns", request_body = ExecuteIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "The result", body = ExecuteOut),
        (status = 404, description = "`pattern_not_found`, `portfolio_not_found`, \
            `security_not_found`"),
        (status = 422, description = "`pattern_inputs_invalid`, `number_too_large`"),
        (status = 503, description = "`pricing_pack_not_found`, `pricing_pack_warming` (with \
            `pack_id`, `pack_status`, `prewarm_done` and `Retry-After`), `pricing_pack_error`, \
            `database_unavailable`"),
    ),
)]
pub async fn execute_pattern(call: Call, body: Body<ExecuteIn>) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let request = ExecuteRequest::from(value);
    match request.portfolio_id {
        Some(portfolio) => {
            let execute = async |call: &Call| execute(call, &request, &bytes).await;
            within_reach(call, portfolio, execute).await
        }
        None => execute(&call, &request, &bytes).await,
    }
}

async fn execute(
    call: &Call,
    request: &ExecuteRequest,
    bytes: &[u8],
) -> Result<HttpResponse, Problem> {
    let run = async {
        let head = call.state.ledger_head.read().await;
        Ok(Box::pin(patterns::run(&call.ctx, request.clone(), head)).await?)
    };
    idempotency::prepare_and_create(
        call,
        bytes,
        run,
        async |execution: &entity::execution::Model, ctx: &Ctx, tx: &Tx| {
            patterns::store(tx, execution).await?;
            let out = ExecuteOut::new(execution.clone(), &ctx.request_id);
            Ok(Answer::ok(&out)?.about(execution.id))
        },
    )
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListExecutions {
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// What was run, the newest first, without the results.
#[utoipa::path(
    get, path = "/v1/executions", tag = "Patterns", params(ListExecutions),
    responses((status = 200, description = "A page", body = ListOut<ExecutionSummaryOut>)),
)]
pub async fn list_executions(call: Call<ListExecutions>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = executions::list(&call.ctx, call.ctx.database.reader(), &page).await?;
    let list = ListOut::new(found, |last| last.id, ExecutionSummaryOut::from);
    Ok(Answer::ok(&list)?.into())
}

/// One execution, with what went in and what came out.
#[utoipa::path(
    get, path = "/v1/executions/{id}", tag = "Patterns", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The execution", body = ExecutionOut),
        (status = 404, description = "`execution_not_found`"),
    ),
)]
pub async fn get_execution(
    call: Call,
    UrlPath(id): UrlPath<ExecutionId>,
) -> Result<HttpResponse, Problem> {
    let found = executions::find(&call.ctx, call.ctx.database.reader(), id).await?;
    Ok(Answer::ok(&ExecutionOut::from(found))?.into())
}

/// Runs an execution again on the same pack and books revision, and compares.
#[utoipa::path(
    post, path = "/v1/executions/{id}/replay", tag = "Patterns",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "The comparison", body = ReplayOut),
        (status = 404, description = "`execution_not_found`, or what it ran on is gone"),
    ),
)]
pub async fn replay_execution(
    call: Call,
    UrlPath(id): UrlPath<ExecutionId>,
) -> Result<HttpResponse, Problem> {
    let rerun = async { Ok(Box::pin(patterns::rerun(&call.ctx, id)).await?) };
    idempotency::prepare_and_create(
        &call,
        [],
        rerun,
        async |(replay, again): &(patterns::Replay, entity::execution::Model), _: &Ctx, tx: &Tx| {
            patterns::store(tx, again).await?;
            Ok(Answer::ok(&ReplayOut::from(replay.clone()))?.about(again.id))
        },
    )
    .await
}
