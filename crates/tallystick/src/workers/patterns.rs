//! Jobs of mode `execute`: patterns that are run and stored.

use std::sync::Arc;

use api::{LedgerHeadReader, routes::executions::ExecuteIn};
use async_trait::async_trait;
use db::Tx;
use entity::{execution, values::JobMode};
use identity::Ctx;
use patterns::{Error, ExecuteRequest};
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::spawn_blocking};
use workflow::{
    jobs::Failure,
    worker::{Assignment, Finish, FinishError, JobHandler},
};

/// Runs what `POST /v1/execute` runs; a job's payload is that operation's body.
pub struct Patterns {
    ledger_head: Arc<LedgerHeadReader>,
}

impl Patterns {
    pub fn new(ledger_head: LedgerHeadReader) -> Self {
        Self {
            ledger_head: Arc::new(ledger_head),
        }
    }
}

#[async_trait]
impl JobHandler for Patterns {
    fn mode(&self) -> JobMode {
        JobMode::Execute
    }

    async fn work(&self, assignment: &Assignment) -> Result<Box<dyn Finish>, Failure> {
        let payload = assignment.job.payload_json.clone();
        let body: ExecuteIn = serde_json::from_value(payload).map_err(|error| {
            in_vain(format!(
                "the payload is no body of POST /v1/execute: {error}"
            ))
        })?;
        let head = Arc::clone(&self.ledger_head);
        run(assignment.ctx.clone(), head, body.into()).await
    }
}

/// On a thread of its own, since a run computes for long and cannot move between threads.
async fn run(
    ctx: Ctx,
    head: Arc<LedgerHeadReader>,
    request: ExecuteRequest,
) -> Result<Box<dyn Finish>, Failure> {
    let runtime = Handle::current();
    let running = spawn_blocking(move || {
        runtime.block_on(async {
            let head = head.read().await;
            patterns::run(&ctx, request, head).await
        })
    });
    match running.await {
        Ok(Ok(execution)) => Ok(Box::new(Executed(execution))),
        Ok(Err(error)) => Err(failure(&error)),
        Err(error) => Err(in_vain(format!(
            "the pattern did not run to its end: {error}"
        ))),
    }
}

fn in_vain(error: String) -> Failure {
    Failure {
        error,
        retry: false,
        pause: None,
    }
}

/// What the request itself is wrong about will be wrong the next time, too.
fn failure(error: &Error) -> Failure {
    let retry = matches!(
        error,
        Error::Database(_) | Error::PackWarming { .. } | Error::PackNotFound { .. }
    );
    Failure {
        retry,
        ..in_vain(error.to_string())
    }
}

struct Executed(execution::Model);

#[async_trait]
impl Finish for Executed {
    async fn finish(&self, _: &Ctx, tx: &Tx) -> Result<Option<Value>, FinishError> {
        match patterns::store(tx, &self.0).await {
            Ok(()) => Ok(Some(json!({
                "execution_id": self.0.id,
                "result_hash": self.0.result_hash,
            }))),
            Err(Error::Database(error)) => Err(FinishError::Database(error)),
            Err(error) => Err(FinishError::Failed(in_vain(error.to_string()))),
        }
    }
}
