use entity::values::{ArtifactId, MessageId, ThreadId};

/// Why a conversation could not be read or continued, in words for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no thread {id}")]
    ThreadNotFound { id: ThreadId },
    #[error("there is no message {id}")]
    MessageNotFound { id: MessageId },
    #[error("there is no artifact {id}")]
    ArtifactNotFound { id: ArtifactId },
    #[error("{field}: {detail}")]
    Invalid {
        /// Where the fault is, as a JSON pointer into the request.
        field: &'static str,
        detail: String,
    },
    /// A text to search for; `0` says what is wrong with it.
    #[error("the text to search for {0}")]
    Unsearchable(&'static str),
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}
