//! What may happen to a job, and what becomes of it then: the one table.

use entity::values::{JobEventKind as Event, JobStatus as Status};

/// The status of a job after `event`; `None` where the event cannot happen to a job of that status. A job
/// that is not there yet has no status, and only `enqueued` can happen to it.
pub fn next(status: Option<Status>, event: Event) -> Option<Status> {
    let Some(status) = status else {
        return (event == Event::Enqueued).then_some(Status::Queued);
    };
    match (status, event) {
        (Status::Queued, Event::Claimed) | (Status::Running, Event::CancelRequested) => {
            Some(Status::Running)
        }
        (Status::Running, Event::Retried | Event::LeaseExpired)
        | (Status::AwaitingApproval, Event::Resumed)
        | (Status::Failed, Event::Redriven) => Some(Status::Queued),
        (Status::Running, Event::Parked) => Some(Status::AwaitingApproval),
        (Status::Running, Event::Completed) => Some(Status::Done),
        (Status::Running, Event::Failed | Event::Exhausted)
        | (Status::AwaitingApproval, Event::Refused) => Some(Status::Failed),
        (open, Event::Canceled) if is_open(open) => Some(Status::Canceled),
        _ => None,
    }
}

/// Whether a job of this status still has something before it.
pub fn is_open(status: Status) -> bool {
    matches!(
        status,
        Status::Queued | Status::Running | Status::AwaitingApproval
    )
}

/// The status that a history leads to, from its first event on; `None` for a history without any.
///
/// # Errors
///
/// The number (from 1) of the first event that could not happen.
pub fn replay(events: impl IntoIterator<Item = Event>) -> Result<Option<Status>, usize> {
    let mut status = None;
    for (index, event) in events.into_iter().enumerate() {
        status = Some(next(status, event).ok_or(index + 1)?);
    }
    Ok(status)
}
