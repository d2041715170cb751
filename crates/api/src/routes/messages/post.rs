use actix_web::{HttpResponse, http::StatusCode};
use db::Tx;
use entity::values::{self, ThreadId};
use identity::Ctx;
use serde::Deserialize;
use utoipa::ToSchema;
use workflow::messages::{self, Appended, NewMessage};

use super::MessageOut;
use crate::{
    answer::Answer,
    extract::{Body, Call, UrlPath},
    idempotency,
    problem::Problem,
    schema,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageIn {
    #[schema(value_type = schema::MessageRole)]
    pub role: values::MessageRole,
    #[schema(max_length = 32768)]
    pub text: String,
    /// Who says it, in the platform's words, on one line.
    #[schema(min_length = 1, max_length = 255)]
    pub author: Option<String>,
    /// The platform's own id, on one line: the same one in a thread is the same message.
    #[schema(min_length = 1, max_length = 255)]
    pub platform_message_id: Option<String>,
    /// What came, to the byte.
    #[schema(max_length = 500_000)]
    pub raw_payload: Option<String>,
}

/// Appends a message to a thread.
///
/// A platform's id that came before is answered with the first message, and changes nothing.
#[utoipa::path(
    post, path = "/v1/threads/{id}/messages", tag = "Threads", request_body = MessageIn,
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "It came before, and is there as it came first", body = MessageOut),
        (status = 201, description = "Appended", body = MessageOut, headers(("Location" = String))),
        (status = 404, description = "`thread_not_found`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn post_message(
    call: Call,
    UrlPath(thread): UrlPath<ThreadId>,
    body: Body<MessageIn>,
) -> Result<HttpResponse, Problem> {
    let Body { value, bytes } = body;
    let new = NewMessage::from(value);
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        answer(messages::append(ctx, tx, thread, new.clone()).await?)
    })
    .await
}

fn answer(appended: Appended) -> Result<Answer, Problem> {
    let location = format!("/v1/messages/{}", appended.message.id);
    let answer = Answer::created(location, &MessageOut::from(appended.message))?;
    Ok(if appended.was_there {
        answer.with_status(StatusCode::OK)
    } else {
        answer
    })
}

impl From<MessageIn> for NewMessage {
    fn from(message: MessageIn) -> Self {
        Self {
            platform_message_id: message.platform_message_id,
            role: message.role,
            author: message.author,
            text: message.text,
            raw_payload: message.raw_payload,
        }
    }
}
