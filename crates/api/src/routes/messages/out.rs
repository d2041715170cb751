use chrono::{DateTime, Utc};
use entity::{
    values::{self, MessageId, ThreadId},
    workflow::message,
};
use serde::Serialize;
use utoipa::ToSchema;
use workflow::messages::Slice;

use crate::{cursor, schema};

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageOut {
    #[schema(value_type = uuid::Uuid)]
    pub id: MessageId,
    #[schema(value_type = uuid::Uuid)]
    pub thread_id: ThreadId,
    /// The message's number in its thread: from 1, without holes.
    pub seq: i64,
    #[schema(value_type = schema::MessageRole)]
    pub role: values::MessageRole,
    /// Who said it, in the platform's words.
    pub author: Option<String>,
    /// Empty if it is deleted.
    pub text: String,
    pub platform_message_id: Option<String>,
    /// What came, to the byte; only where one message is asked for.
    pub raw_payload: Option<String>,
    pub created_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
}

impl From<message::Model> for MessageOut {
    fn from(message: message::Model) -> Self {
        Self {
            id: message.id,
            thread_id: message.thread_id,
            seq: message.seq,
            role: message.role,
            author: message.author,
            text: message.text,
            platform_message_id: message.platform_message_id,
            raw_payload: message.raw_payload,
            created_at: message.created_at,
            deleted_at: message.deleted_at,
        }
    }
}

impl MessageOut {
    pub fn in_a_list(message: message::Model) -> Self {
        Self {
            raw_payload: None,
            ..Self::from(message)
        }
    }
}

/// Messages of a thread, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessagesOut {
    pub items: Vec<MessageOut>,
    /// Pass it as `cursor` to get older ones; null at the beginning of the thread.
    pub next_cursor: Option<String>,
    /// Pass it as `cursor` to get newer ones, as soon as there are any.
    pub previous_cursor: String,
}

impl From<Slice> for MessagesOut {
    fn from(slice: Slice) -> Self {
        Self {
            next_cursor: slice.older.map(|side| cursor::write(&side)),
            previous_cursor: cursor::write(&slice.newer),
            items: slice
                .messages
                .into_iter()
                .map(MessageOut::in_a_list)
                .collect(),
        }
    }
}
