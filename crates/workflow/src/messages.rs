//! Messages: what was said in a thread, numbered from 1.

mod list;
mod post;

use db::{ConnectionTrait, Tx};
use entity::{
    values::{MessageId, MessageRole, StreamEventKind, ThreadId},
    workflow::message::{Column, Entity, Model},
};
use identity::Ctx;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, sea_query::Expr,
};
use serde_json::json;

use crate::{Error, queues, search, stream, text};

pub use list::{Side, Slice, list};
pub use post::{Posted, Work, post};

const LONGEST_NAME: usize = 255;
const LONGEST_TEXT: usize = 32_768;
const LONGEST_PAYLOAD: usize = 500_000;

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The platform's own id, 1 to 255 characters: the same one is the same message.
    pub platform_message_id: Option<String>,
    pub role: MessageRole,
    /// Who says it, 1 to 255 characters.
    pub author: Option<String>,
    /// At most 32,768 characters.
    pub text: String,
    /// What came, to the byte; at most 500,000 characters.
    pub raw_payload: Option<String>,
}

/// What became of a message that was to be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    pub message: Model,
    /// Whether it was there already, by its platform's id; then it is as it came first.
    pub was_there: bool,
}

/// Appends to a thread, or finds the message that came with the same platform id before.
///
/// Until the transaction ends, others who append to the thread wait: so the numbers have no holes,
/// also where a transaction rolls back.
///
/// # Errors
///
/// [`Error::ThreadNotFound`] if the scope has no such thread, and [`Error::Invalid`] for a text of a wrong
/// length, or a NUL character.
pub async fn append(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    new: NewMessage,
) -> Result<Appended, Error> {
    check(&new)?;
    queues::lock(ctx, tx, thread).await?;
    if let Some(id) = &new.platform_message_id
        && let Some(message) = of_platform_id(ctx, tx, thread, id).await?
    {
        return Ok(Appended {
            message,
            was_there: true,
        });
    }
    let seq = last_seq(ctx, tx, thread).await?.unwrap_or(0) + 1;
    let message = new_row(ctx, thread, seq, new);
    let row = message.clone().into_active_model().reset_all();
    Entity::insert(row).exec_without_returning(tx).await?;
    search::index(ctx, tx, &message).await?;
    publish(ctx, tx, &message, "appended").await?;
    Ok(Appended {
        message,
        was_there: false,
    })
}

/// One message; a deleted one as its place in the order alone.
///
/// # Errors
///
/// [`Error::MessageNotFound`] if the scope has no such message.
pub async fn find(ctx: &Ctx, db: &impl ConnectionTrait, id: MessageId) -> Result<Model, Error> {
    let found = Entity::find_by_id((ctx.scope, id)).one(db).await?;
    found.map(shown).ok_or(Error::MessageNotFound { id })
}

/// Deletes a message: nobody reads or finds it any more, and what is left of it goes after a time (see
/// [`crate::retention`]). Its number stays its own. Answers whether it was there until now.
///
/// # Errors
///
/// [`Error::MessageNotFound`] if the scope has no such message.
pub async fn delete(ctx: &Ctx, tx: &Tx, id: MessageId) -> Result<bool, Error> {
    let thread = find(ctx, tx, id).await?.thread_id;
    queues::lock(ctx, tx, thread).await?;
    let message = find(ctx, tx, id).await?;
    if message.deleted_at.is_some() {
        return Ok(false);
    }
    Entity::update_many()
        .col_expr(Column::DeletedAt, Expr::value(ctx.now()))
        .col_expr(Column::IsIndexed, Expr::value(true))
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await?;
    search::unindex(ctx, tx, &message).await?;
    publish(ctx, tx, &message, "deleted").await?;
    Ok(true)
}

/// The stream names the message and does not say what it says: that has to go when it is deleted.
async fn publish(ctx: &Ctx, tx: &Tx, message: &Model, change: &str) -> Result<(), Error> {
    let data = json!({
        "change": change,
        "message_id": message.id,
        "message_seq": message.seq,
        "role": message.role,
    });
    stream::publish(ctx, tx, message.thread_id, StreamEventKind::Message, data).await?;
    Ok(())
}

/// As it is told to those who ask: of a deleted message only that it was there.
fn shown(message: Model) -> Model {
    if message.deleted_at.is_none() {
        return message;
    }
    Model {
        author: None,
        text: String::new(),
        raw_payload: None,
        ..message
    }
}

fn check(new: &NewMessage) -> Result<(), Error> {
    if let Some(id) = &new.platform_message_id {
        text::check_line("/platform_message_id", id, LONGEST_NAME)?;
    }
    if let Some(author) = &new.author {
        text::check_line("/author", author, LONGEST_NAME)?;
    }
    if let Some(raw) = &new.raw_payload {
        text::check_lines("/raw_payload", raw, LONGEST_PAYLOAD)?;
    }
    text::check_lines("/text", &new.text, LONGEST_TEXT)
}

async fn of_platform_id(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    id: &str,
) -> Result<Option<Model>, Error> {
    let query = Entity::find()
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ThreadId.eq(thread))
        .filter(Column::PlatformMessageId.eq(id));
    Ok(query.one(tx).await?.map(shown))
}

async fn last_seq(ctx: &Ctx, tx: &Tx, thread: ThreadId) -> Result<Option<i64>, Error> {
    let query = Entity::find()
        .select_only()
        .column(Column::Seq)
        .filter(Column::UserId.eq(ctx.scope))
        .filter(Column::ThreadId.eq(thread))
        .order_by_desc(Column::Seq);
    Ok(query.into_tuple().one(tx).await?)
}

fn new_row(ctx: &Ctx, thread: ThreadId, seq: i64, new: NewMessage) -> Model {
    Model {
        user_id: ctx.scope,
        id: MessageId::new(),
        thread_id: thread,
        seq,
        platform_message_id: new.platform_message_id,
        role: new.role,
        author: new.author,
        text: new.text,
        raw_payload: new.raw_payload,
        created_at: ctx.now(),
        deleted_at: None,
        purged_at: None,
        is_indexed: true,
    }
}
