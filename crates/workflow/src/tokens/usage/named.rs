//! Threads and jobs that usage names: those of the scope.

use std::collections::BTreeSet;

use db::Tx;
use entity::{
    values::{JobId, ThreadId},
    workflow::{job, thread},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use super::NewUsage;
use crate::Error;

pub(super) async fn require_threads(ctx: &Ctx, tx: &Tx, new: &[NewUsage]) -> Result<(), Error> {
    let named: BTreeSet<ThreadId> = new.iter().filter_map(|one| one.thread_id).collect();
    if named.is_empty() {
        return Ok(());
    }
    let known: Vec<ThreadId> = thread::Entity::find()
        .select_only()
        .column(thread::Column::Id)
        .filter(thread::Column::UserId.eq(ctx.scope))
        .filter(thread::Column::Id.is_in(named.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    match named.into_iter().find(|id| !known.contains(id)) {
        Some(id) => Err(Error::ThreadNotFound { id }),
        None => Ok(()),
    }
}

pub(super) async fn require_jobs(ctx: &Ctx, tx: &Tx, new: &[NewUsage]) -> Result<(), Error> {
    let named: BTreeSet<JobId> = new.iter().filter_map(|one| one.job_id).collect();
    if named.is_empty() {
        return Ok(());
    }
    let known: Vec<JobId> = job::Entity::find()
        .select_only()
        .column(job::Column::Id)
        .filter(job::Column::OwnerUserId.eq(ctx.scope))
        .filter(job::Column::Id.is_in(named.iter().copied()))
        .into_tuple()
        .all(tx)
        .await?;
    match named.into_iter().find(|id| !known.contains(id)) {
        Some(id) => Err(Error::JobNotFound { id }),
        None => Ok(()),
    }
}
