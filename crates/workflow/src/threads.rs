//! Threads: a user's conversation in one chat of one platform.

mod newest;
mod standing;

use db::{
    ConnectionTrait, Tx,
    page::{Listed, Page},
};
use entity::{
    values::{ThreadId, ThreadState},
    workflow::thread::{ActiveModel, Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::{Value, json};

use crate::{Error, queues, text};

pub use newest::newest_events;
pub use standing::{Standing, standing, standings};

const LONGEST_PLATFORM: usize = 50;
const LONGEST_CHAT_ID: usize = 255;
const LONGEST_TITLE: usize = 200;

/// What is known of a conversation besides the chat that it is held in; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadPatch {
    /// 1 to 200 characters on one line.
    pub title: Option<String>,
    /// A JSON object.
    pub metadata: Option<Value>,
    /// How many of its jobs may run at a time, 1 to 100.
    pub max_running_jobs: Option<i64>,
}

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
    Ok(put(ctx, tx, platform, chat_id, ThreadPatch::default())
        .await?
        .thread)
}

/// A thread, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    pub thread: Model,
    pub is_new: bool,
}

/// As [`get_or_create`], and what is known of the conversation is set along.
///
/// # Errors
///
/// As those of [`get_or_create`], and [`Error::Invalid`] for a title that is too long or not on one line, for metadata
/// that are no object, and for a number of jobs beyond 1 to 100.
pub async fn put(
    ctx: &Ctx,
    tx: &Tx,
    platform: &str,
    chat_id: &str,
    patch: ThreadPatch,
) -> Result<Put, Error> {
    text::check_line("/platform", platform, LONGEST_PLATFORM)?;
    text::check_line("/chat_id", chat_id, LONGEST_CHAT_ID)?;
    check(&patch)?;
    if let Some(thread) = find_chat(ctx, tx, platform, chat_id).await? {
        return Ok(Put {
            thread: brought_up_to(ctx, tx, thread, patch).await?,
            is_new: false,
        });
    }
    let new = new_row(ctx, platform, chat_id, &patch);
    let id = new.id;
    let row: ActiveModel = new.into_active_model().reset_all();
    Entity::insert(row)
        .on_conflict_do_nothing_on([Column::UserId, Column::Platform, Column::ChatId])
        .exec_without_returning(tx)
        .await?;
    match find_chat(ctx, tx, platform, chat_id).await? {
        None => Err(Error::ThreadNotFound { id }),
        // It is new, or somebody else was faster.
        Some(thread) => Ok(Put {
            is_new: thread.id == id,
            thread: brought_up_to(ctx, tx, thread, patch).await?,
        }),
    }
}

/// Without what there is to set, nothing is locked.
async fn brought_up_to(
    ctx: &Ctx,
    tx: &Tx,
    thread: Model,
    patch: ThreadPatch,
) -> Result<Model, Error> {
    if patch.max_running_jobs.is_none() && says_the_same(&thread, &patch) {
        return Ok(thread);
    }
    update(ctx, tx, thread.id, patch).await
}

/// The thread of a chat, if there is one.
pub async fn find_chat(
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

/// The thread of a chat, if it is as the patch says already.
pub async fn find_as_put(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    platform: &str,
    chat_id: &str,
    patch: &ThreadPatch,
) -> Result<Option<(Model, Standing)>, Error> {
    let Some(thread) = find_chat(ctx, db, platform, chat_id).await? else {
        return Ok(None);
    };
    let standing = standing(ctx, db, thread.id).await?;
    let runs_as_many = patch
        .max_running_jobs
        .is_none_or(|most| most == standing.max_running_jobs);
    let is_so = runs_as_many && says_the_same(&thread, patch);
    Ok(is_so.then_some((thread, standing)))
}

fn says_the_same(thread: &Model, patch: &ThreadPatch) -> bool {
    let is_title = patch.title.is_none() || patch.title == thread.title;
    is_title
        && patch
            .metadata
            .as_ref()
            .is_none_or(|new| *new == thread.metadata)
}

/// Sets what the patch names.
async fn update(ctx: &Ctx, tx: &Tx, id: ThreadId, patch: ThreadPatch) -> Result<Model, Error> {
    let queue = queues::lock(ctx, tx, id).await?;
    if let Some(most) = patch.max_running_jobs {
        queues::allow(ctx, tx, queue, most).await?;
    }
    let thread = find(ctx, tx, id).await?;
    if says_the_same(&thread, &patch) {
        return Ok(thread);
    }
    let changed = Model {
        title: patch.title.or(thread.title),
        metadata: patch.metadata.unwrap_or(thread.metadata),
        updated_at: ctx.now(),
        ..thread
    };
    Entity::update_many()
        .col_expr(Column::Title, Expr::value(changed.title.clone()))
        .col_expr(Column::Metadata, Expr::value(changed.metadata.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(changed.updated_at))
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    Ok(changed)
}

/// The threads, the newest first; with `platform`, those of that one.
pub async fn list(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    platform: Option<&str>,
    page: &Page<ThreadId>,
) -> Result<Listed<Model>, Error> {
    let mut query = Entity::find().filter(Column::UserId.eq(ctx.scope));
    if let Some(platform) = platform {
        query = query.filter(Column::Platform.eq(platform));
    }
    if let Some(known) = page.after {
        query = query.filter(Column::Id.lt(known));
    }
    let query = query.order_by_desc(Column::Id).limit(page.fetch_limit());
    Ok(page.cut(query.all(db).await?))
}

/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: ThreadId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.ok_or(Error::ThreadNotFound { id })
}

fn check(patch: &ThreadPatch) -> Result<(), Error> {
    if let Some(title) = &patch.title {
        text::check_line("/title", title, LONGEST_TITLE)?;
    }
    match &patch.metadata {
        Some(metadata) if !metadata.is_object() => Err(Error::Invalid {
            field: "/metadata",
            detail: "must be a JSON object".to_owned(),
        }),
        _ => Ok(()),
    }
}

fn new_row(ctx: &Ctx, platform: &str, chat_id: &str, known: &ThreadPatch) -> Model {
    let now = ctx.now();
    Model {
        user_id: ctx.scope,
        id: ThreadId::new(),
        platform: platform.to_owned(),
        chat_id: chat_id.to_owned(),
        title: known.title.clone(),
        state: ThreadState::Idle,
        metadata: known.metadata.clone().unwrap_or_else(|| json!({})),
        created_at: now,
        updated_at: now,
    }
}
