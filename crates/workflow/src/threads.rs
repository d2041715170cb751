//! Threads: a user's conversation in one chat of one platform.

use db::{ConnectionTrait, Tx};
use entity::{
    values::{ThreadId, ThreadState},
    workflow::thread::{ActiveModel, Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::LockType,
};
use serde_json::json;

use crate::{Error, text};

const LONGEST_PLATFORM: usize = 50;
const LONGEST_CHAT_ID: usize = 255;

/// The thread of a chat; made, idle, if there is none yet.
///
/// However many ask at once, there is one: the unique key decides.
///
/// # Errors
///
/// [`Error::Invalid`] if `platform` is not 1 to 50 characters on one line, or `chat_id` not 1 to 255.
pub async fn get_or_create(
    ctx: &Ctx,
    tx: &Tx,
    platform: &str,
    chat_id: &str,
) -> Result<Model, Error> {
    text::check_line("/platform", platform, LONGEST_PLATFORM)?;
    text::check_line("/chat_id", chat_id, LONGEST_CHAT_ID)?;
    if let Some(thread) = of_chat(ctx, tx, platform, chat_id).await? {
        return Ok(thread);
    }
    let new = new_row(ctx, platform, chat_id);
    let id = new.id;
    let row: ActiveModel = new.into_active_model().reset_all();
    Entity::insert(row)
        .on_conflict_do_nothing_on([Column::UserId, Column::Platform, Column::ChatId])
        .exec_without_returning(tx)
        .await?;
    let thread = of_chat(ctx, tx, platform, chat_id).await?;
    thread.ok_or(Error::ThreadNotFound { id })
}

/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: ThreadId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::ThreadNotFound { id })
}

/// As [`find`], and nobody else appends to the thread before the transaction ends.
pub(crate) async fn find_and_lock(ctx: &Ctx, tx: &Tx, id: ThreadId) -> Result<Model, Error> {
    // Rows elsewhere that name the thread may be written meanwhile; SQLite has one writer anyway.
    let query = Entity::find_by_id((ctx.scope, id)).lock(LockType::NoKeyUpdate);
    query.one(tx).await?.ok_or(Error::ThreadNotFound { id })
}

async fn of_chat(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    platform: &str,
    chat_id: &str,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Platform.eq(platform))
        .filter(Column::ChatId.eq(chat_id));
    Ok(query.one(db).await?)
}

fn new_row(ctx: &Ctx, platform: &str, chat_id: &str) -> Model {
    let now = ctx.now();
    Model {
        user_id: ctx.scope,
        id: ThreadId::new(),
        platform: platform.to_owned(),
        chat_id: chat_id.to_owned(),
        title: None,
        state: ThreadState::Idle,
        metadata: json!({}),
        created_at: now,
        updated_at: now,
    }
}
