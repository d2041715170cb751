use entity::values::{
    ApprovalId, ApprovalStatus, ArtifactId, JobEventKind, JobId, JobScheduleId, JobStatus,
    MessageId, ThreadId,
};

/// Why a conversation or its work could not be read or continued, in words for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no thread {id}")]
    ThreadNotFound { id: ThreadId },
    #[error("there is no message {id}")]
    MessageNotFound { id: MessageId },
    #[error("there is no artifact {id}")]
    ArtifactNotFound { id: ArtifactId },
    #[error("there is no job {id}")]
    JobNotFound { id: JobId },
    #[error("there is no schedule {id}")]
    ScheduleNotFound { id: JobScheduleId },
    #[error("there is a schedule `{name}` already")]
    ScheduleExists { name: String },
    #[error("thread {id} has jobs that have not ended")]
    ThreadBusy { id: ThreadId },
    #[error("job {id} does not run under this lease any more; give it up")]
    LeaseLost { id: JobId },
    #[error("job {id} is {status}: it cannot be {event} now")]
    NotAllowed {
        id: JobId,
        status: JobStatus,
        event: JobEventKind,
    },
    #[error("a job was changed without the lock of its thread")]
    Interfered,
    #[error("there is no approval {id}")]
    ApprovalNotFound { id: ApprovalId },
    #[error("approval {id} is {status} already; nothing was changed")]
    ApprovalResolved {
        id: ApprovalId,
        status: ApprovalStatus,
    },
    #[error("nobody has decided on approval {id} yet; wait for the people who are asked")]
    ApprovalPending { id: ApprovalId },
    #[error("the time of approval {id} is over; propose the action again")]
    ApprovalExpired { id: ApprovalId },
    #[error(
        "approval {id} was consumed before: its action was begun, and must not be done a second time"
    )]
    ApprovalConsumed { id: ApprovalId },
    #[error(
        "the action is not the one that approval {id} is for; propose what is to be done now, or do what \
         was approved"
    )]
    ActionChanged { id: ApprovalId },
    #[error("approval {id} is for somebody else to decide: you proposed its action yourself")]
    OwnProposal { id: ApprovalId },
    #[error("you have voted on approval {id} before; a vote is not changed")]
    AlreadyVoted { id: ApprovalId },
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
