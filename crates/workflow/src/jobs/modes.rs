//! Modes that a user has paused: their jobs are not claimed, and what stands behind them in their threads waits.

use db::{ConnectionTrait, Tx, hints::tell_soon};
use entity::{
    values::JobMode,
    workflow::paused_job_mode::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::{Error, hints};

/// The modes that the scope has paused.
pub async fn paused(ctx: &Ctx, db: &impl ConnectionTrait) -> Result<Vec<Model>, Error> {
    let paused = Entity::find()
        .filter(Column::OwnerUserId.eq(ctx.scope))
        .order_by_asc(Column::Mode)
        .all(db)
        .await?;
    Ok(paused)
}

/// Keeps the scope's jobs of a mode from being claimed; those that run go on.
pub async fn pause(ctx: &Ctx, tx: &Tx, mode: JobMode) -> Result<(), Error> {
    let row = Model {
        owner_user_id: ctx.scope,
        mode,
        created_at: ctx.now(),
    };
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([Column::OwnerUserId, Column::Mode])
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub async fn unpause(ctx: &Ctx, tx: &Tx, mode: JobMode) -> Result<(), Error> {
    Entity::delete_by_id((ctx.scope, mode)).exec(tx).await?;
    tell_soon(tx, hints::JOBS, String::new());
    Ok(())
}
