//! Health, readiness, version, metrics, under the names that existing clients use.

use std::collections::BTreeMap;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, ServiceConfig},
};
use chrono::{DateTime, NaiveDate, Utc};
use db::{Connectivity, PoolStatus, ReplicaStatus};
use entity::values::{PackStatus, Ratio};
use pricing::{DEFAULT_POLICY, packs};
use serde::Serialize;
use utoipa::ToSchema;

use super::readable;
use crate::{
    AppState, SchemaState, answer::Answer, extract::Call, problem::Problem, schema::Decimal,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/livez", get_liveness))
        .service(readable("/health", get_health))
        .service(readable("/health/pack", get_pack_health))
        .service(readable("/api/health", get_database_health))
        .service(readable("/api/v1/ready", get_readiness))
        .service(readable("/api/v1/version", get_version))
        .service(readable("/metrics", get_metrics));
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LivenessOut {
    pub status: &'static str,
}

/// Whether the process runs; touches nothing.
#[utoipa::path(
    get, path = "/livez", tag = "Health",
    responses((status = 200, description = "It runs", body = LivenessOut)),
)]
pub async fn get_liveness() -> Result<HttpResponse, Problem> {
    Ok(Answer::ok(&LivenessOut { status: "alive" })?.into())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HealthOut {
    /// `healthy`, `degraded` or `unavailable`
    pub status: &'static str,
    /// `connected`, `read_only` or `disconnected`
    pub database: &'static str,
    pub agents: usize,
    pub patterns: usize,
    pub version: String,
}

/// Whether the service works.
#[utoipa::path(
    get, path = "/health", tag = "Health",
    responses(
        (status = 200, description = "Healthy, or degraded", body = HealthOut),
        (status = 503, description = "Unavailable", body = HealthOut),
    ),
)]
pub async fn get_health(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let database = state.database.connectivity().await;
    let (status, code) = health_of(database);
    let out = HealthOut {
        status,
        database: database.as_str(),
        agents: 0,
        patterns: patterns::list().len(),
        version: state.config.version.clone(),
    };
    Ok(Answer::ok(&out)?.with_status(code).into())
}

const fn health_of(database: Connectivity) -> (&'static str, StatusCode) {
    match database {
        Connectivity::Connected => ("healthy", StatusCode::OK),
        Connectivity::ReadOnly => ("degraded", StatusCode::OK),
        Connectivity::Disconnected => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
    }
}

#[derive(Debug, Default, Serialize, ToSchema)]
pub struct PackHealthOut {
    /// `fresh`, `warming`, `error`, or `none` where there is no pack
    pub status: &'static str,
    pub pack_id: Option<String>,
    pub asof_date: Option<NaiveDate>,
    pub updated_at: Option<DateTime<Utc>>,
    pub is_fresh: bool,
    pub prewarm_done: bool,
    #[schema(value_type = Option<Decimal>)]
    pub reconciliation_error_bps: Option<Ratio>,
}

/// How the newest pack of the default policy is.
#[utoipa::path(
    get, path = "/health/pack", tag = "Health",
    responses(
        (status = 200, description = "Fresh", body = PackHealthOut),
        (status = 500, description = "The pack failed", body = PackHealthOut),
        (status = 503, description = "Warming, or there is none", body = PackHealthOut),
    ),
)]
pub async fn get_pack_health(call: Call) -> Result<HttpResponse, Problem> {
    let newest = packs::latest(&call.ctx, &call.ctx.shared(), DEFAULT_POLICY).await?;
    let Some(pack) = newest else {
        let none = PackHealthOut {
            status: "none",
            ..PackHealthOut::default()
        };
        return Ok(Answer::ok(&none)?
            .with_status(StatusCode::SERVICE_UNAVAILABLE)
            .into());
    };
    let code = match pack.status {
        PackStatus::Fresh => StatusCode::OK,
        PackStatus::Warming => StatusCode::SERVICE_UNAVAILABLE,
        PackStatus::Error => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let out = PackHealthOut {
        status: pack.status.as_str(),
        pack_id: Some(pack.id),
        asof_date: Some(pack.asof_date),
        updated_at: Some(pack.updated_at),
        is_fresh: pack.is_fresh,
        prewarm_done: pack.prewarm_done,
        reconciliation_error_bps: pack.reconciliation_error_bps,
    };
    Ok(Answer::ok(&out)?.with_status(code).into())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseHealthOut {
    /// `healthy`, `degraded` or `unavailable`
    pub status: &'static str,
    pub database: PoolOut,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PoolOut {
    /// `connected`, `read_only` or `disconnected`
    pub status: &'static str,
    pub pool_size: usize,
    pub free_connections: usize,
    pub in_use: usize,
    /// Units of work that wait for a connection.
    pub waiting: usize,
    pub min_size: usize,
    pub max_size: usize,
    /// The same for each pool: on PostgreSQL `schema`, `application` and `background`, on SQLite
    /// `writer`, `application` and `background` (its readers).
    pub by_priority: BTreeMap<String, ConnectionsOut>,
    pub replicas: Vec<ReplicaOut>,
}

/// Connections of one pool.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConnectionsOut {
    pub pool_size: usize,
    pub free_connections: usize,
    pub in_use: usize,
    pub waiting: usize,
    pub min_size: usize,
    pub max_size: usize,
}

impl From<PoolStatus> for ConnectionsOut {
    fn from(pool: PoolStatus) -> Self {
        Self {
            pool_size: pool.size,
            free_connections: pool.free,
            in_use: pool.in_use,
            waiting: pool.waiting,
            min_size: pool.min_size,
            max_size: pool.max_size,
        }
    }
}

/// A replica that takes reads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplicaOut {
    /// Where it listens, without any secret.
    pub host: String,
    /// `connected`, `lagging` (left out until it has caught up) or `disconnected`
    pub status: &'static str,
    /// How long the primary has been further; null while that is unknown.
    pub lag_seconds: Option<f64>,
}

impl From<ReplicaStatus> for ReplicaOut {
    fn from(replica: ReplicaStatus) -> Self {
        Self {
            host: replica.host,
            status: replica.state.as_str(),
            lag_seconds: replica.lag.map(|lag| lag.as_secs_f64()),
        }
    }
}

/// How busy the database's connections are.
#[utoipa::path(
    get, path = "/api/health", tag = "Health",
    responses(
        (status = 200, description = "Healthy, or degraded", body = DatabaseHealthOut),
        (status = 503, description = "Unavailable", body = DatabaseHealthOut),
    ),
)]
pub async fn get_database_health(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let database = state.database.connectivity().await;
    let (status, code) = health_of(database);
    let pool = state.database.pool_status();
    let pools = state.database.pool_statuses().into_iter();
    let replicas = state.database.replicas().into_iter();
    let out = DatabaseHealthOut {
        status,
        database: PoolOut {
            status: database.as_str(),
            pool_size: pool.size,
            free_connections: pool.free,
            in_use: pool.in_use,
            waiting: pool.waiting,
            min_size: pool.min_size,
            max_size: pool.max_size,
            by_priority: pools.map(|(name, pool)| (name, pool.into())).collect(),
            replicas: replicas.map(ReplicaOut::from).collect(),
        },
    };
    Ok(Answer::ok(&out)?.with_status(code).into())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReadinessOut {
    pub ready: bool,
    pub dependencies: DependenciesOut,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DependenciesOut {
    /// `connected`, `read_only` or `disconnected`
    pub db: &'static str,
    /// `current`, `pending` or `unknown`
    pub migrations: &'static str,
}

/// Whether requests should be sent here.
#[utoipa::path(
    get, path = "/api/v1/ready", tag = "Health",
    responses(
        (status = 200, description = "Ready", body = ReadinessOut),
        (status = 503, description = "Not ready", body = ReadinessOut),
    ),
)]
pub async fn get_readiness(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let db = state.database.connectivity().await;
    let migrations = match db {
        Connectivity::Disconnected => SchemaState::Unknown,
        _ => (state.schema_check)(state.database.clone()).await,
    };
    let ready = db != Connectivity::Disconnected && migrations == SchemaState::Current;
    let code = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let dependencies = DependenciesOut {
        db: db.as_str(),
        migrations: migrations.as_str(),
    };
    Ok(Answer::ok(&ReadinessOut {
        ready,
        dependencies,
    })?
    .with_status(code)
    .into())
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionOut {
    pub name: &'static str,
    pub version: String,
    pub build: String,
    pub env: String,
}

/// What runs.
#[utoipa::path(
    get, path = "/api/v1/version", tag = "Health",
    responses((status = 200, description = "The version", body = VersionOut)),
)]
pub async fn get_version(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let out = VersionOut {
        name: "tallystick",
        version: state.config.version.clone(),
        build: state.config.build.clone(),
        env: state.config.env.clone(),
    };
    Ok(Answer::ok(&out)?.into())
}

/// Metrics in Prometheus' text format.
#[utoipa::path(
    get, path = "/metrics", tag = "Health",
    responses((status = 200, description = "The metrics", body = String,
        content_type = "text/plain")),
)]
pub async fn get_metrics(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    // Without the database the rest is worth telling all the same.
    if state.require_ready().is_ok()
        && let Ok(depths) = workflow::jobs::survey(&state.database.shared_reader()).await
    {
        state.metrics.jobs.show(&depths, state.clock.now());
    }
    let open_streams = state.streams.count();
    let text = state
        .metrics
        .text(open_streams)
        .map_err(Problem::internal)?;
    Ok(HttpResponse::Ok()
        .content_type(prometheus::TEXT_FORMAT)
        .body(text))
}
