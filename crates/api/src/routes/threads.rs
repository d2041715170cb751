//! `/v1/threads`

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, ServiceConfig},
};
use chrono::{DateTime, Utc};
use db::{Tx, page::Page};
use entity::{
    values::{self, ThreadId},
    workflow::thread,
};
use identity::Ctx;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use workflow::threads::{self, Put, Standing, ThreadPatch};

use super::readable;
use crate::{
    answer::Answer,
    change::change,
    cursor::{ListOut, page},
    extract::{Body, Call, Limit, UrlPath, whole},
    problem::Problem,
    schema,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/threads", list_threads).route(web::put().to(put_thread)))
        .service(readable("/v1/threads/{id}", get_thread));
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadIn {
    /// Where the conversation is held, on one line.
    #[schema(min_length = 1, max_length = 50, example = "telegram")]
    pub platform: String,
    /// The platform's own name for it, on one line.
    #[schema(min_length = 1, max_length = 255)]
    pub chat_id: String,
    /// On one line; left out, it stays as it is.
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// An object; left out, it stays as it is.
    #[schema(value_type = Value)]
    pub metadata: Option<Value>,
    /// How many of its jobs may run at a time; left out, it stays as it is, which is 1 at first.
    #[schema(minimum = 1, maximum = 100)]
    #[serde(default, deserialize_with = "whole")]
    pub max_running_jobs: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: ThreadId,
    pub platform: String,
    pub chat_id: String,
    pub title: Option<String>,
    /// `busy` while a job runs; `error` or `interrupted` if the last that ended failed or was canceled; else `idle`.
    #[schema(value_type = schema::ThreadState)]
    pub state: values::ThreadState,
    pub metadata: Value,
    pub max_running_jobs: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ThreadOut {
    fn new(thread: thread::Model, standing: Standing) -> Self {
        Self {
            id: thread.id,
            platform: thread.platform,
            chat_id: thread.chat_id,
            title: thread.title,
            state: standing.state,
            metadata: thread.metadata,
            max_running_jobs: standing.max_running_jobs,
            created_at: thread.created_at,
            updated_at: thread.updated_at,
        }
    }
}

/// Makes the thread of a chat, or finds the one that there is.
///
/// However many ask at once, there is one. A repetition changes nothing, and leaves no row in the audit log.
#[utoipa::path(
    put, path = "/v1/threads", tag = "Threads", request_body = ThreadIn,
    responses(
        (status = 200, description = "It was there, and is now as the body says", body = ThreadOut),
        (status = 201, description = "Made", body = ThreadOut, headers(("Location" = String))),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn put_thread(call: Call, body: Body<ThreadIn>) -> Result<HttpResponse, Problem> {
    let ThreadIn {
        platform,
        chat_id,
        title,
        metadata,
        max_running_jobs,
    } = body.value;
    let patch = ThreadPatch {
        title,
        metadata,
        max_running_jobs,
    };
    let known = threads::find_as_put(
        &call.ctx,
        call.ctx.database.reader(),
        &platform,
        &chat_id,
        &patch,
    );
    if let Some((thread, standing)) = known.await? {
        return Ok(Answer::ok(&ThreadOut::new(thread, standing))?.into());
    }
    change(&call, async |ctx: &Ctx, tx: &Tx| {
        let put = threads::put(ctx, tx, &platform, &chat_id, patch.clone()).await?;
        answer(ctx, tx, put).await
    })
    .await
}

async fn answer(ctx: &Ctx, tx: &Tx, put: Put) -> Result<Answer, Problem> {
    let id = put.thread.id;
    let standing = threads::standing(ctx, tx, id).await?;
    let out = ThreadOut::new(put.thread, standing);
    let created = Answer::created(format!("/v1/threads/{id}"), &out)?;
    Ok(if put.is_new {
        created
    } else {
        Answer::ok(&out)?.with_status(StatusCode::OK).about(id)
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListThreads {
    /// Those of one platform.
    #[param(min_length = 1, max_length = 50)]
    platform: Option<String>,
    #[param(value_type = Option<u64>, minimum = 1, maximum = 500, default = 50)]
    limit: Option<Limit>,
    cursor: Option<String>,
}

/// The threads, the newest first.
#[utoipa::path(
    get, path = "/v1/threads", tag = "Threads", params(ListThreads),
    responses((status = 200, description = "A page", body = ListOut<ThreadOut>)),
)]
pub async fn list_threads(call: Call<ListThreads>) -> Result<HttpResponse, Problem> {
    let (after, limit) = page(call.query.limit, call.query.cursor.as_deref())?;
    let page = Page { after, limit };
    let (ctx, db) = (&call.ctx, call.ctx.database.reader());
    let found = threads::list(ctx, db, call.query.platform.as_deref(), &page).await?;
    let ids: Vec<ThreadId> = found.items.iter().map(|thread| thread.id).collect();
    let standings = threads::standings(ctx, db, &ids).await?;
    let list = ListOut::new(
        found,
        |last| last.id,
        |thread| {
            let standing = standings.get(&thread.id).copied().unwrap_or_default();
            ThreadOut::new(thread, standing)
        },
    );
    Ok(Answer::ok(&list)?.into())
}

/// One thread.
#[utoipa::path(
    get, path = "/v1/threads/{id}", tag = "Threads", params(("id" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The thread", body = ThreadOut),
        (status = 404, description = "`thread_not_found`"),
    ),
)]
pub async fn get_thread(
    call: Call,
    UrlPath(id): UrlPath<ThreadId>,
) -> Result<HttpResponse, Problem> {
    let (ctx, db) = (&call.ctx, call.ctx.database.reader());
    let thread = threads::find(ctx, db, id).await?;
    let standing = threads::standing(ctx, db, id).await?;
    Ok(Answer::ok(&ThreadOut::new(thread, standing))?.into())
}
