use std::sync::Arc;

use async_trait::async_trait;
use db::Tx;
use entity::{
    values::{JobId, JobMode, UserId},
    workflow::job::Model,
};
use identity::{Actor, Ctx};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::running::{Cancellations, Watched};
use crate::jobs::Failure;

/// Does jobs of one mode.
#[async_trait]
pub trait JobHandler: Send + Sync + 'static {
    fn mode(&self) -> JobMode;

    /// What needs no transaction: asking other services, computing. It should end soon once the assignment is
    /// canceled, and may run again after a lost lease.
    ///
    /// # Errors
    ///
    /// Why it came to nothing, and whether another attempt may do better.
    async fn work(&self, assignment: &Assignment) -> Result<Box<dyn Finish>, Failure>;
}

/// What a job has come to.
#[async_trait]
pub trait Finish: Send + Sync {
    /// Writes it into the database, in the transaction that also ends the job: both are there, or neither. It
    /// may run again where the database broke it off. Answers with the job's result.
    async fn finish(&self, ctx: &Ctx, tx: &Tx) -> Result<Option<Value>, FinishError>;
}

/// Why nothing was written.
#[derive(Debug)]
pub enum FinishError {
    Database(db::Error),
    Failed(Failure),
}

impl From<db::Error> for FinishError {
    fn from(error: db::Error) -> Self {
        Self::Database(error)
    }
}

/// A result with nothing to write beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done(pub Option<Value>);

#[async_trait]
impl Finish for Done {
    async fn finish(&self, _: &Ctx, _: &Tx) -> Result<Option<Value>, FinishError> {
        Ok(self.0.clone())
    }
}

/// A job that a handler is to do.
pub struct Assignment {
    /// Acts for the job's owner, on their books.
    pub ctx: Ctx,
    pub job: Model,
    watched: Watched,
}

impl Assignment {
    pub(super) fn new(service: &Ctx, job: Model, cancellations: &Cancellations) -> Self {
        let watched = cancellations.of(job.thread_id);
        Self {
            ctx: ctx_of(service, job.owner_user_id, &format!("job {}", job.id)),
            job,
            watched,
        }
    }

    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// Ends once the job's cancellation was asked for, or its lease is lost.
    pub fn canceled(&self) -> &CancellationToken {
        &self.watched.canceled
    }

    pub(super) fn watched(&self) -> &Watched {
        &self.watched
    }
}

/// The service on the books of one user.
pub(crate) fn ctx_of(service: &Ctx, owner: UserId, request_id: &str) -> Ctx {
    let request_id: Arc<str> = request_id.into();
    Ctx::new(
        Actor::system(),
        owner,
        request_id,
        service.clock,
        &service.database,
    )
}
