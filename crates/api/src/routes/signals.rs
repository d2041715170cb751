//! `/v1/signals`

mod body;

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header::HeaderMap},
    web::{self, Data, ServiceConfig},
};
use bytes::Bytes;
use db::{Reads, Tx};
use entity::values::{ArtifactId, ArtifactKind, MessageId, MessageRole, ThreadId};
use identity::{
    Actor, Ctx,
    audit::{self, Entry},
    webhook::{self, Refusal, Verified},
};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::{
    artifacts,
    messages::{self, NewMessage},
    threads,
};

use crate::{
    AppState,
    answer::Answer,
    extract::{
        CallersDatabase, ContentKind, NoParameters, content_kind, read_limited, read_query,
        wrong_media_type,
    },
    guard,
    problem::{Problem, kinds},
};
use body::{Signal, SignalIn};

pub fn configure(config: &mut ServiceConfig) {
    config.service(web::resource("/v1/signals").post(receive_signal));
}

/// The platform of the threads that signals go to; the chat is the producer's name.
const PLATFORM: &str = "signals";

const LONGEST_BODY: usize = 64 * 1024;
const PRODUCER: &str = "x-signal-producer";

/// Where a signal is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalOut {
    /// The message that the signal became.
    #[schema(value_type = uuid::Uuid)]
    pub signal: MessageId,
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    #[schema(value_type = uuid::Uuid)]
    pub artifact_id: ArtifactId,
}

/// Takes a signal that a producer has signed.
///
/// It is signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`) or in the
/// plain form (`X-Signal-Timestamp`, `X-Signal-Signature`: base64 of the HMAC-SHA256 over body, timestamp
/// and producer). The body is at most 64 KiB, the time at most 300 seconds off. No other credentials
/// are asked for.
#[utoipa::path(
    post, path = "/v1/signals", tag = "Signals", request_body = SignalIn,
    params(
        ("X-Signal-Producer" = String, Header, description = "Who signs, in both forms"),
        ("webhook-id" = Option<String>, Header, description = "1 to 255 visible characters"),
        ("webhook-timestamp" = Option<String>, Header, description = "Seconds of Unix time"),
        ("webhook-signature" = Option<String>, Header,
            description = "`v1,` and base64; several with spaces between them"),
        ("X-Signal-Timestamp" = Option<String>, Header, description = "Seconds of Unix time"),
        ("X-Signal-Signature" = Option<String>, Header, description = "Base64"),
    ),
    responses(
        (status = 201, description = "Kept", body = SignalOut),
        (status = 401, description = "`signature_missing`, `signature_invalid`, `signature_expired`"),
        (status = 403, description = "`producer_refused`: its user is not there or not active"),
        (status = 409, description = "`signal_replayed`: it was kept before"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn receive_signal(
    request: HttpRequest,
    payload: web::Payload,
    state: Data<AppState>,
) -> Result<HttpResponse, Problem> {
    read_query::<NoParameters>(request.query_string())?;
    let body = read_limited(&request, payload.into_inner(), LONGEST_BODY).await?;
    if content_kind(&request)? != ContentKind::Json {
        return Err(wrong_media_type("application/json"));
    }
    state.require_ready()?;
    let header = |name: &str| header(request.headers(), name);
    let producers = &state.config.producers;
    let verified = producers.verify(header, &body, state.clock.now());
    let refused = Refused {
        request: &request,
        state: &state,
        producer: header(PRODUCER).unwrap_or_default(),
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(refusal) => return Err(refused.write_down(unsigned(refusal)).await),
    };
    let ctx = match ctx_of(&request, &state, &verified).await {
        Ok(ctx) => ctx,
        Err(problem) => return Err(refused.write_down(problem).await),
    };
    // What is wrong with a signal is told after whether it came before.
    let signal = body::read(&body);
    let unit = async |tx: Tx| store(&ctx, &tx, &verified, &signal, &body).await;
    let kept = match ctx.database.write(unit).await {
        Ok(kept) => kept,
        Err(problem) if problem.code() == kinds::SIGNAL_REPLAYED.code => {
            return Err(refused.write_down(problem).await);
        }
        Err(problem) => return Err(problem),
    };
    Ok(Answer::ok(&kept)?.with_status(StatusCode::CREATED).into())
}

/// Writes an attempt into the audit log that came to nothing.
struct Refused<'a> {
    request: &'a HttpRequest,
    state: &'a AppState,
    /// As the request names it.
    producer: &'a str,
}

impl Refused<'_> {
    async fn write_down(&self, problem: Problem) -> Problem {
        if problem.status().is_client_error() {
            let ctx = guard::ctx_of_anybody(self.state, self.request);
            let is_signed = problem.status() != StatusCode::UNAUTHORIZED;
            if !is_signed && let Err(limited) = guard::check_refusal(self.state, &ctx.origin) {
                return limited;
            }
            let entry = Entry::refused("signal.receive", "signal")
                .with("producer", self.producer)
                .with("code", problem.code());
            guard::write_refusal(self.state, &ctx, entry).await;
        }
        problem
    }
}

/// A header that stands there once. One that cannot be used is as good as empty.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut given = headers.get_all(name);
    let first = given.next()?;
    let is_alone = given.next().is_none();
    let text = first.to_str().ok().filter(|_| is_alone);
    Some(text.unwrap_or_default())
}

fn unsigned(refusal: Refusal) -> Problem {
    let kind = match refusal {
        Refusal::Missing(_) => kinds::SIGNATURE_MISSING,
        Refusal::Invalid => kinds::SIGNATURE_INVALID,
        Refusal::Expired => kinds::SIGNATURE_EXPIRED,
    };
    Problem::new(kind, refusal.to_string())
}

/// The context of the producer's user: the signature stands for credentials.
async fn ctx_of(
    request: &HttpRequest,
    state: &AppState,
    verified: &Verified<'_>,
) -> Result<Ctx, Problem> {
    let database = state.database.for_caller(Reads::Primary, None);
    let receiver = webhook::receiver(&database.shared_reader(), verified.producer).await?;
    let Some(user) = receiver else {
        let advice = "this service takes no signals of this producer now; ask its operator";
        let producer = verified.producer.name.clone();
        return Err(
            Problem::new(kinds::PRODUCER_REFUSED, advice).caused_by(NoReceiver { producer })
        );
    };
    let anybody = guard::ctx_of_anybody(state, request);
    let request_id = Arc::clone(&anybody.request_id);
    let ctx = Ctx::new(
        Actor::producer(user),
        user,
        request_id,
        state.clock,
        &database,
    )
    .coming_from(anybody.origin.clone());
    if ctx.database.has_replicas() {
        let database = CallersDatabase(ctx.database.clone());
        request.extensions_mut().insert(database);
    }
    Ok(ctx)
}

#[derive(Debug, thiserror::Error)]
#[error("the user of the producer `{producer}` is not there, or not active")]
struct NoReceiver {
    producer: String,
}

/// All of a signal, or nothing: what is refused is not remembered either.
async fn store(
    ctx: &Ctx,
    tx: &Tx,
    verified: &Verified<'_>,
    signal: &Result<Signal, Problem>,
    body: &Bytes,
) -> Result<SignalOut, Problem> {
    let (producer, id) = (&verified.producer.name, &verified.message_id);
    if !webhook::remember(tx, producer, id, ctx.now()).await? {
        return Err(replayed());
    }
    let signal = signal.clone()?;
    let thread = threads::get_or_create(ctx, tx, PLATFORM, producer).await?;
    let new = NewMessage {
        platform_message_id: Some(id.clone()),
        role: MessageRole::Tool,
        author: Some(producer.clone()),
        text: signal.to_string(),
        // As JSON that could be read, it is UTF-8.
        raw_payload: Some(String::from_utf8_lossy(body).into_owned()),
    };
    let appended = messages::append(ctx, tx, thread.id, new).await?;
    // Its sender tries it again after the service has ceased to remember it.
    if appended.was_there {
        return Err(replayed());
    }
    let message = appended.message.id;
    let content = Some(signal.content());
    let artifact = artifacts::attach(ctx, tx, message, ArtifactKind::Signal, content, None).await?;
    let entry = Entry::done("signal.receive", "signal")
        .of(message)
        .with("producer", producer.as_str());
    audit::append(ctx, tx, entry).await?;
    Ok(SignalOut {
        signal: message,
        thread_id: thread.id,
        artifact_id: artifact.id,
    })
}

fn replayed() -> Problem {
    let advice = "this signal was kept when it came before; there is no need to send it again";
    Problem::new(kinds::SIGNAL_REPLAYED, advice)
}
