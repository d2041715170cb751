//! A message with the work that it asks for, all or nothing.

use db::{ConnectionTrait, Tx};
use entity::{
    values::{JobId, ThreadId},
    workflow::{
        job::{self, Column},
        message::Model,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{NewMessage, append};
use crate::{
    Error,
    jobs::{self, IfBusy, NewJob},
};

/// What a message is to bring about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// The job that is to answer it.
    pub job: Option<NewJob>,
    /// What it means for the jobs that have not ended.
    pub if_busy: IfBusy,
}

/// What became of a message and its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub message: Model,
    /// Whether the message was there already; then it brings about nothing.
    pub was_there: bool,
    /// The job that is to answer it, or was, when it came first.
    pub job: Option<job::Model>,
    /// Jobs that were canceled, or asked to end.
    pub canceled: Vec<job::Model>,
}

/// Appends a message, makes way for it among the jobs of its thread, and enqueues its own.
///
/// # Errors
///
/// As those of [`append`], [`jobs::make_way`] and [`jobs::enqueue`]: [`Error::ThreadBusy`] for
/// [`IfBusy::Reject`] where jobs have not ended. Then nothing is written.
pub async fn post(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    new: NewMessage,
    work: Work,
) -> Result<Posted, Error> {
    let appended = append(ctx, tx, thread, new).await?;
    let message = appended.message;
    if appended.was_there {
        let job = job_of(ctx, tx, &message).await?;
        return Ok(Posted {
            message,
            was_there: true,
            job,
            canceled: Vec::new(),
        });
    }
    let canceled = jobs::make_way(ctx, tx, thread, work.if_busy).await?;
    let job = match work.job {
        None => None,
        Some(job) => {
            let job = NewJob {
                trigger_message_id: Some(message.id),
                ..job
            };
            Some(jobs::enqueue(ctx, tx, thread, job).await?.job)
        }
    };
    Ok(Posted {
        message,
        was_there: false,
        job,
        canceled,
    })
}

/// The job that a message brought with it. Its id was made just after the message's own.
async fn job_of(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    message: &Model,
) -> Result<Option<job::Model>, Error> {
    let found = job::Entity::find()
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .filter(Column::ThreadId.eq(message.thread_id))
        .filter(Column::Id.gt(JobId(message.id.0)))
        .filter(Column::TriggerMessageId.eq(message.id))
        .order_by_asc(Column::Id)
        .limit(1)
        .one(db)
        .await?;
    Ok(found)
}
