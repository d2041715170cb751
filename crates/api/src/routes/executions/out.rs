use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    execution,
    values::{ExecutionId, PortfolioId},
};
use patterns::Replay;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What a run gave.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecuteOut {
    #[schema(value_type = uuid::Uuid)]
    pub execution_id: ExecutionId,
    #[schema(value_type = Object)]
    pub result: Value,
    pub metadata: ExecutionMetadataOut,
    #[schema(value_type = Vec<super::super::positions::WarningOut>)]
    pub warnings: Value,
    /// The request's id in the log.
    pub trace_id: String,
}

/// What a run was made from, and the hash of what came out.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionMetadataOut {
    pub pattern_id: String,
    pub pricing_pack_id: String,
    pub pack_hash: String,
    /// HEAD of the git repository that holds the ledger; null where that is not known.
    pub ledger_commit_hash: Option<String>,
    pub books_revision: i64,
    pub asof_date: NaiveDate,
    pub engine_version: String,
    pub duration_ms: i64,
    pub timestamp: DateTime<Utc>,
    pub result_hash: String,
}

/// A stored run without its result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionSummaryOut {
    #[schema(value_type = uuid::Uuid)]
    pub execution_id: ExecutionId,
    #[schema(value_type = Option<uuid::Uuid>)]
    pub portfolio_id: Option<PortfolioId>,
    pub metadata: ExecutionMetadataOut,
    /// The run of which this is a replay.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub replay_of: Option<ExecutionId>,
}

/// A stored run.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExecutionOut {
    #[schema(value_type = uuid::Uuid)]
    pub execution_id: ExecutionId,
    /// Who ran it.
    pub actor: String,
    /// The whole request, with its defaults filled in.
    #[schema(value_type = Object)]
    pub inputs: Value,
    pub inputs_hash: String,
    #[schema(value_type = Object)]
    pub result: Value,
    pub metadata: ExecutionMetadataOut,
    #[schema(value_type = Vec<super::super::positions::WarningOut>)]
    pub warnings: Value,
    /// The run of which this is a replay.
    #[schema(value_type = Option<uuid::Uuid>)]
    pub replay_of: Option<ExecutionId>,
}

/// Whether running again gave the same bytes.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayOut {
    pub identical: bool,
    pub result_hash: String,
    pub replayed_hash: String,
    /// A JSON pointer into the result, or into `/metadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub first_difference: Option<String>,
    /// The replay itself, which is stored as well.
    #[schema(value_type = uuid::Uuid)]
    pub execution_id: ExecutionId,
}

impl ExecuteOut {
    pub fn new(execution: execution::Model, request_id: &str) -> Self {
        let (metadata, execution) = split(execution);
        Self {
            execution_id: execution.id,
            result: execution.result,
            metadata,
            warnings: execution.warnings,
            trace_id: request_id.to_owned(),
        }
    }
}

impl From<execution::Model> for ExecutionSummaryOut {
    fn from(execution: execution::Model) -> Self {
        let (metadata, execution) = split(execution);
        Self {
            execution_id: execution.id,
            portfolio_id: execution.portfolio_id,
            metadata,
            replay_of: execution.replay_of,
        }
    }
}

impl From<execution::Model> for ExecutionOut {
    fn from(execution: execution::Model) -> Self {
        let (metadata, execution) = split(execution);
        Self {
            execution_id: execution.id,
            actor: execution.actor,
            inputs: execution.inputs,
            inputs_hash: execution.inputs_hash,
            result: execution.result,
            metadata,
            warnings: execution.warnings,
            replay_of: execution.replay_of,
        }
    }
}

impl From<Replay> for ReplayOut {
    fn from(replay: Replay) -> Self {
        Self {
            identical: replay.identical,
            result_hash: replay.result_hash,
            replayed_hash: replay.replayed_hash,
            first_difference: replay.first_difference,
            execution_id: replay.execution_id,
        }
    }
}

/// What is left of an execution when its metadata are taken out.
struct Rest {
    id: ExecutionId,
    portfolio_id: Option<PortfolioId>,
    actor: String,
    inputs: Value,
    inputs_hash: String,
    result: Value,
    warnings: Value,
    replay_of: Option<ExecutionId>,
}

fn split(execution: execution::Model) -> (ExecutionMetadataOut, Rest) {
    let metadata = ExecutionMetadataOut {
        pattern_id: execution.pattern_id,
        pricing_pack_id: execution.pack_id,
        pack_hash: execution.pack_hash,
        ledger_commit_hash: execution.ledger_commit_hash,
        books_revision: execution.books_revision,
        asof_date: execution.asof_date,
        engine_version: execution.engine_version,
        duration_ms: execution.duration_ms,
        timestamp: execution.created_at,
        result_hash: execution.result_hash,
    };
    let rest = Rest {
        id: execution.id,
        portfolio_id: execution.portfolio_id,
        actor: execution.actor,
        inputs: execution.inputs,
        inputs_hash: execution.inputs_hash,
        result: execution.result,
        warnings: execution.warnings,
        replay_of: execution.replay_of,
    };
    (metadata, rest)
}
