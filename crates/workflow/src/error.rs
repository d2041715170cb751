use entity::values::{
    Amount, ApprovalId, ApprovalStatus, ArtifactId, DeploymentId, DeploymentStatus, JobEventKind,
    JobId, JobScheduleId, JobStatus, MessageId, ReservationStatus, ThreadId, TokenBudgetId,
    TokenReservationId, TokenUsageId,
};

use crate::tokens::reservations::Reached;

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
    #[error("no approval of job {id} is pending: it would wait for ever, so go on with it")]
    NothingPending { id: JobId },
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
    #[error("usage {at}: {field}: {detail}")]
    InvalidUsage {
        /// Which of those that were sent, from 0.
        at: usize,
        field: &'static str,
        detail: String,
    },
    #[error("there is no usage {id}")]
    UsageNotFound { id: TokenUsageId },
    #[error(
        "{provider}'s request {request_id} was counted before, with another content; a request counts \
         once, so send what was sent first, or the id of the other request"
    )]
    UsageDiffers {
        provider: String,
        request_id: String,
    },
    #[error("what was written to the token ledger cannot be read back")]
    UsageLost,
    #[error("there is no budget {id}")]
    BudgetNotFound { id: TokenBudgetId },
    #[error(
        "{asked} more of {unit} would pass the limit of {limit} a {period} for {scope}: {used} are used and \
         {reserved} reserved; ask for less, wait for the next {period}, or raise the limit of budget {id}",
        unit = .reached.budget.unit, limit = .reached.budget.hard_limit, id = .reached.budget.id,
        scope = .reached.budget.scope, period = .reached.budget.period,
        used = .reached.standing.used, reserved = .reached.standing.reserved
    )]
    BudgetExceeded {
        /// The budget as it stands without what was asked for.
        reached: Box<Reached>,
        asked: Amount,
    },
    #[error(
        "there is no reservation {id}, or it expired more than a week ago; what was used is counted by \
         POST /v1/tokens all the same"
    )]
    ReservationNotFound { id: TokenReservationId },
    #[error(
        "reservation {id} is {status} already; what was used besides is counted by POST /v1/tokens"
    )]
    ReservationClosed {
        id: TokenReservationId,
        status: ReservationStatus,
    },
    #[error("the days must be in their order, and at most {longest} of them")]
    InvalidRange {
        /// In days.
        longest: u64,
    },
    #[error("that is more than {most} sums; ask for fewer days, or by less")]
    TooManyGroups { most: usize },
    #[error("there is no deployment {id}")]
    DeploymentNotFound { id: DeploymentId },
    #[error("there is no deployment like that")]
    NoDeployment,
    #[error(
        "a deployment that is {from} cannot become {to}: building, testing, deploying, healthy follow each \
         other, deploying may become rolled_back, and whatever is not finished may become failed"
    )]
    DeploymentPath {
        from: DeploymentStatus,
        to: DeploymentStatus,
    },
    #[error("it was changed since it was read; read it again, then repeat the change")]
    Changed,
    #[error("a sum has more than the 28 digits that a number can have")]
    Overflow,
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}
