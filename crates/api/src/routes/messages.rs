//! `/v1/threads/{id}/messages` and `/v1/messages`

mod out;
mod post;

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::{Tx, page::Page};
use entity::values::{MessageId, ThreadId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;
use workflow::{
    messages::{self, Side},
    search::{self, Sought},
    threads,
};

use super::readable;
use crate::{
    answer::Answer,
    change::change,
    cursor::{self, ListOut, page},
    extract::{Call, Limit, UrlPath, check_search},
    problem::Problem,
};

pub use out::{MessageOut, MessagesOut};
pub use post::{
    __path_post_message, IfBusy, MessageIn, MessageJobIn, MessageJobMode, PostedMessageOut,
    post_message,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/threads/{id}/messages", list_messages).post(post_message))
        .service(readable("/v1/messages", search_messages))
        .service(
            readable("/v1/messages/{id}", get_message).route(web::delete().to(delete_message)),
        );
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListMessages {
    /// Only messages that have all these words, in capitals or not; of the last its beginning is enough.
    #[param(max_length = 200)]
    q: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 30)]
    limit: Option<Limit>,
    /// `next_cursor` leads to older messages, `previous_cursor` to newer ones.
    cursor: Option<String>,
}

const AT_ONCE: u64 = 30;

/// The messages of a thread, the newest first.
///
/// `previous_cursor` is always there: a page that it leads to is empty until there is something new.
#[utoipa::path(
    get, path = "/v1/threads/{id}/messages", tag = "Threads",
    params(("id" = uuid::Uuid, Path), ListMessages),
    responses(
        (status = 200, description = "A page", body = MessagesOut),
        (status = 404, description = "`thread_not_found`"),
    ),
)]
pub async fn list_messages(
    call: Call<ListMessages>,
    UrlPath(id): UrlPath<ThreadId>,
) -> Result<HttpResponse, Problem> {
    let sought = call.query.q.as_deref().map(read_search).transpose()?;
    let side: Option<Side> = call.query.cursor.as_deref().map(cursor::read).transpose()?;
    let limit = call.query.limit.map_or(AT_ONCE, |limit| limit.0);
    let (ctx, db) = (&call.ctx, call.ctx.database.reader());
    threads::find(ctx, db, id).await?;
    let slice = messages::list(ctx, db, id, sought.as_ref(), side, limit).await?;
    Ok(Answer::ok(&MessagesOut::from(slice))?.into())
}

fn read_search(q: &str) -> Result<Sought, Problem> {
    check_search(Some(q))?;
    Ok(q.parse()?)
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchMessages {
    /// Words that a message must have, in capitals or not; of the last its beginning is enough.
    #[param(min_length = 1, max_length = 200)]
    q: String,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 30)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The messages of all threads that have these words, the newest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "Threads", params(SearchMessages),
    responses((status = 200, description = "A page", body = ListOut<MessageOut>)),
)]
pub async fn search_messages(call: Call<SearchMessages>) -> Result<HttpResponse, Problem> {
    let sought = read_search(&call.query.q)?;
    let limit = call.query.limit.unwrap_or(Limit(AT_ONCE));
    let (after, limit) = page(Some(limit), call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let found = search::everywhere(&call.ctx, call.ctx.database.reader(), &sought, &page).await?;
    let list = ListOut::new(found, |last| last.id, MessageOut::in_a_list);
    Ok(Answer::ok(&list)?.into())
}

/// One message, with what came.
#[utoipa::path(
    get, path = "/v1/messages/{id}", tag = "Threads", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The message", body = MessageOut),
        (status = 404, description = "`message_not_found`"),
    ),
)]
pub async fn get_message(
    call: Call,
    UrlPath(id): UrlPath<MessageId>,
) -> Result<HttpResponse, Problem> {
    let found = messages::find(&call.ctx, call.ctx.database.reader(), id).await?;
    Ok(Answer::ok(&MessageOut::from(found))?.into())
}

/// Deletes a message. Its number stays; what it said is not told any more, and is gone for good after a time.
#[utoipa::path(
    delete, path = "/v1/messages/{id}", tag = "Threads", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 204, description = "Deleted, now or before"),
        (status = 404, description = "`message_not_found`"),
    ),
)]
pub async fn delete_message(
    call: Call,
    UrlPath(id): UrlPath<MessageId>,
) -> Result<HttpResponse, Problem> {
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        messages::delete(ctx, tx, id).await?;
        Ok(Answer::no_content())
    })
    .await
}
