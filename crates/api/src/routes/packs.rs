//! `/v1/packs`

use actix_web::{HttpResponse, web::ServiceConfig};
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use db::{Database, Tx, page::Page};
use entity::{
    pricing::pack,
    values::{self, Ratio},
};
use identity::{Clock, Ctx};
use pricing::{
    DEFAULT_POLICY,
    packs::{self, Filter, NewPack},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

mod frozen;

pub use frozen::{FrozenPacks, keep_frozen};

use super::readable;
use crate::{
    answer::{Answer, not_modified},
    caller::{Caller, shared_ctx},
    cursor::{ListOut, page},
    etag::Etag,
    extract::{Body, Call, Date, Limit, UrlPath},
    idempotency,
    problem::Problem,
    schema::{CalendarDate, Decimal, PackStatus},
    shared_reads::SharedReads,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/packs", list_packs).post(create_pack))
        .service(readable("/v1/packs/{id}", get_pack));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackIn {
    #[schema(value_type = CalendarDate)]
    pub asof_date: Date,
    /// By which rules prices are chosen.
    #[schema(pattern = "^[A-Za-z0-9_.-]{1,64}$", default = "WM4PM_CAD")]
    pub policy: Option<String>,
    /// Where the content comes from, as its maker describes it. Not covered by the hash.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub sources: Value,
}

/// A dated set of prices and rates; frozen, with its hash, once it is no longer `warming`.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackOut {
    #[schema(example = "PP_2025-10-21")]
    pub id: String,
    pub asof_date: NaiveDate,
    pub policy: String,
    /// 0, or the number of a restatement.
    pub revision: i64,
    #[schema(value_type = PackStatus)]
    pub status: values::PackStatus,
    pub is_fresh: bool,
    pub prewarm_done: bool,
    /// Of the content; null while the pack is warming.
    pub hash: Option<String>,
    /// The pack that took this one's place.
    pub superseded_by: Option<String>,
    /// The pack whose place this one takes, or would take once it is fresh.
    pub restates: Option<String>,
    /// Why.
    pub restatement_reason: Option<String>,
    #[schema(value_type = Object)]
    pub sources: Value,
    pub reconciliation_passed: bool,
    pub reconciliation_failed: bool,
    /// Basis points: 1 is 0.01 %.
    #[schema(value_type = Option<Decimal>)]
    pub reconciliation_error_bps: Option<Ratio>,
    pub error_message: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<pack::Model> for PackOut {
    fn from(pack: pack::Model) -> Self {
        Self {
            superseded_by: packs::superseded_by(&pack).map(str::to_owned),
            restates: pack.restates,
            restatement_reason: pack.restatement_reason,
            id: pack.id,
            asof_date: pack.asof_date,
            policy: pack.policy,
            revision: pack.revision,
            status: pack.status,
            is_fresh: pack.is_fresh,
            prewarm_done: pack.prewarm_done,
            hash: pack.hash,
            sources: pack.sources_json,
            reconciliation_passed: pack.reconciliation_passed,
            reconciliation_failed: pack.reconciliation_failed,
            reconciliation_error_bps: pack.reconciliation_error_bps,
            error_message: pack.error_message,
            created_at: pack.created_at,
            updated_at: pack.updated_at,
        }
    }
}

/// A frozen pack's hash, and what may still change beside its content.
pub fn etag_of(pack: &pack::Model) -> Etag {
    Etag::of_parts(&[
        &pack.id,
        pack.hash.as_deref().unwrap_or_default(),
        pack.superseded_by.as_deref().unwrap_or_default(),
        &pack.updated_at.timestamp_micros().to_string(),
    ])
}

/// Makes an empty, warming pack.
#[utoipa::path(
    post, path = "/v1/packs", tag = "Pricing packs", request_body = PackIn,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Made", body = PackOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 409, description = "`pricing_pack_exists`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn create_pack(call: Call, body: Body<PackIn>) -> Result<HttpResponse, Problem> {
    let Body {
        value: PackIn {
            asof_date,
            policy,
            sources,
        },
        bytes,
    } = body;
    let new = NewPack {
        asof_date: asof_date.0,
        policy,
        sources,
    };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = packs::create(ctx, tx, new.clone()).await?;
        let (location, etag) = (format!("/v1/packs/{}", made.id), etag_of(&made));
        Ok(Answer::created(location, &PackOut::from(made))?.with_etag(etag))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListPacks {
    policy: Option<String>,
    #[param(value_type = Option<PackStatus>)]
    status: Option<values::PackStatus>,
    /// The earliest date.
    #[param(value_type = Option<CalendarDate>)]
    from: Option<Date>,
    /// The latest date.
    #[param(value_type = Option<CalendarDate>)]
    to: Option<Date>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The packs, the newest first.
#[utoipa::path(
    get, path = "/v1/packs", tag = "Pricing packs", params(ListPacks),
    responses((status = 200, description = "A page", body = ListOut<PackOut>)),
)]
pub async fn list_packs(call: Call<ListPacks>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page::<(Date, String)>(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page {
        after: after.map(|(date, id)| (date.0, id)),
        limit,
    };
    let filter = Filter {
        policy: call.query.policy,
        status: call.query.status,
        from: call.query.from.map(|date| date.0),
        to: call.query.to.map(|date| date.0),
    };
    let found = packs::list(&call.ctx, &call.ctx.shared(), &filter, &page).await?;
    let list = ListOut::new(
        found,
        |last| (last.asof_date, last.id.clone()),
        PackOut::from,
    );
    Ok(Answer::ok(&list)?.into())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LatestPack {
    #[param(default = "WM4PM_CAD")]
    policy: Option<String>,
}

/// The newest pack of a policy, whatever its status.
#[utoipa::path(
    get, path = "/v1/packs/latest", tag = "Pricing packs",
    params(LatestPack, ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The pack", body = PackOut, headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn get_latest_pack(call: Call<LatestPack>) -> Result<HttpResponse, Problem> {
    let policy = call
        .query
        .policy
        .clone()
        .unwrap_or_else(|| DEFAULT_POLICY.to_owned());
    let (etag, body) = call.state.latest_packs.ask((call.caller, policy)).await??;
    if call.has(&etag) {
        return Ok(not_modified(etag));
    }
    Ok(Answer::of_bytes(body).with_etag(etag).into())
}

/// The newest pack by policy, as it is sent: many ask for it at once.
pub type LatestPacks = SharedReads<(Caller, String), Result<(Etag, Bytes), Problem>>;

pub fn share_latest(database: Database, clock: Clock) -> LatestPacks {
    SharedReads::start(move |(caller, policy): (Caller, String)| {
        let ctx = shared_ctx(caller, &database, clock);
        async move {
            let found = packs::require_latest(&ctx, &ctx.shared(), &policy, None).await?;
            let etag = etag_of(&found);
            let body = serde_json::to_vec(&PackOut::from(found)).map_err(Problem::internal)?;
            Ok((etag, body.into()))
        }
    })
}

/// One pack.
#[utoipa::path(
    get, path = "/v1/packs/{id}", tag = "Pricing packs",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The pack", body = PackOut, headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn get_pack(call: Call, UrlPath(id): UrlPath<String>) -> Result<HttpResponse, Problem> {
    let (etag, body) = match call.state.frozen_packs.find(&call, &id) {
        Some(kept) => kept,
        None => read_pack(&call, id).await?,
    };
    if call.has(&etag) {
        return Ok(not_modified(etag));
    }
    Ok(Answer::of_bytes(body).with_etag(etag).into())
}

async fn read_pack(call: &Call, id: String) -> Result<(Etag, Bytes), Problem> {
    let reading = call.state.frozen_packs.begin_reading();
    let found = packs::find(&call.ctx, &call.ctx.shared(), &id).await?;
    let is_frozen = found.status != values::PackStatus::Warming;
    let etag = etag_of(&found);
    let body: Bytes = serde_json::to_vec(&PackOut::from(found))
        .map_err(Problem::internal)?
        .into();
    if is_frozen {
        call.state.frozen_packs.keep(reading, id, &etag, &body);
    }
    Ok((etag, body))
}
