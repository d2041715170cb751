//! `/v1/threads/{id}/events`

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderMap},
    web::ServiceConfig,
};
use db::Reads;
use entity::values::ThreadId;
use identity::Ctx;
use serde::Deserialize;
use utoipa::IntoParams;
use workflow::{stream, threads};

use super::readable;
use crate::{
    extract::{Call, UrlPath},
    principal::Credentials,
    problem::Problem,
    streams::{Opened, Start, events},
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/threads/{id}/events", stream_thread_events));
}

const LAST_EVENT_ID: &str = "last-event-id";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamEvents {
    /// The number of the last event that the caller has; 0 for all of them. Left out, the stream begins with what
    /// comes from now on.
    #[param(minimum = 0)]
    after: Option<u64>,
    /// Whether the stream goes on with what comes; else it ends with what is there.
    #[param(default = true)]
    follow: Option<bool>,
}

/// What happens in a thread, as it is committed: server-sent events, in the order of their numbers.
///
/// `id` is the event's number in its thread, from 1 and without holes; `event` is what it is about (`message`,
/// `job`, `approval`, `artifact`); `data` is one line of JSON. A client that was cut goes on where it was with
/// `Last-Event-ID`. A comment comes every 15 seconds. The stream ends when the service stops, when the credentials
/// are not good any more, and when the client takes nothing of it for a while.
#[utoipa::path(
    get, path = "/v1/threads/{id}/events", tag = "Threads",
    params(
        ("id" = uuid::Uuid, Path), StreamEvents,
        ("Last-Event-ID" = Option<u64>, Header,
            description = "The number of the last event that the caller has; counts before `after`"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 404, description = "`thread_not_found`"),
        (status = 422, description = "`validation_failed`: the stream does not reach `after`"),
        (status = 429, description = "`too_many_streams`: of one user at a time"),
    ),
)]
pub async fn stream_thread_events(
    call: Call<StreamEvents>,
    UrlPath(thread): UrlPath<ThreadId>,
) -> Result<HttpResponse, Problem> {
    let last = last_event_id(call.request.headers())?;
    let ctx = on_primary(&call);
    threads::find(&ctx, ctx.database.reader(), thread).await?;
    // Watched before it is read how far the stream reaches, so that nothing comes in between.
    let seat = call.state.streams.watch(ctx.scope, thread)?;
    let newest = stream::last_seq(&ctx.shared(), thread).await?;
    let start = Start {
        after: start(last, call.query.after, newest)?,
        follows: call.query.follow.unwrap_or(true) && !call.state.config.longest_wait.is_zero(),
    };
    let opened = Opened {
        credentials: Credentials::of_request(call.request.headers(), call.operation.who)?,
        state: call.state.clone(),
        ctx,
        seat,
    };
    drop(call);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        // Proxies that gather an answer before they pass it on leave this one alone.
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events(opened, start)))
}

/// A replica may not have what the caller has been told of already.
fn on_primary(call: &Call<StreamEvents>) -> Ctx {
    let ctx = &call.ctx;
    let database = call.state.database.for_caller(Reads::Primary, None);
    let request_id = ctx.request_id.clone();
    Ctx::new(ctx.actor, ctx.scope, request_id, ctx.clock, &database)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    match headers.get(LAST_EVENT_ID) {
        None => Ok(None),
        Some(given) => {
            let text = given.to_str().unwrap_or_default();
            let number = text.bytes().all(|b| b.is_ascii_digit());
            let number = number.then(|| text.parse().ok()).flatten();
            number.map(Some).ok_or_else(|| {
                Problem::header("Last-Event-ID", "must be the id of an event, a number")
            })
        }
    }
}

/// A number that the stream does not reach is of another database, or of none.
fn start(last: Option<u64>, after: Option<u64>, newest: i64) -> Result<i64, Problem> {
    let Some(known) = last.or(after) else {
        return Ok(newest);
    };
    let known = i64::try_from(known).ok().filter(|known| *known <= newest);
    known.ok_or_else(|| {
        let detail = format!("is beyond the end of the stream, which is {newest}");
        if last.is_some() {
            Problem::header("Last-Event-ID", detail)
        } else {
            Problem::unfit_parameter("after", detail)
        }
    })
}
