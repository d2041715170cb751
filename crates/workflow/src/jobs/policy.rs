use db::Tx;
use entity::{
    values::{
        JobStatus::{AwaitingApproval, Queued, Running},
        ThreadId,
    },
    workflow::job::Model,
};
use identity::Ctx;

use super::cancel::{cancel_all, of_status};
use crate::{Error, queues};

/// What a new message means for the jobs of its thread that have not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfBusy {
    /// They come first.
    #[default]
    Enqueue,
    /// There must be none.
    Reject,
    /// Those that run are asked to end; the rest stays, before the new one.
    Interrupt,
    /// All are canceled, what waits for people too.
    Replace,
}

/// Makes way for a new message; answers which jobs were canceled, or asked to end.
///
/// # Errors
///
/// [`Error::ThreadBusy`] if there are open jobs and the policy is [`IfBusy::Reject`], and
/// [`Error::ThreadNotFound`] if the scope has no such thread.
pub async fn make_way(
    ctx: &Ctx,
    tx: &Tx,
    thread: ThreadId,
    policy: IfBusy,
) -> Result<Vec<Model>, Error> {
    queues::lock(ctx, tx, thread).await?;
    let statuses: &[_] = match policy {
        IfBusy::Enqueue => return Ok(Vec::new()),
        IfBusy::Interrupt => &[Running],
        IfBusy::Reject | IfBusy::Replace => &[Queued, Running, AwaitingApproval],
    };
    let jobs = of_status(ctx, tx, thread, statuses).await?;
    if policy == IfBusy::Reject && !jobs.is_empty() {
        return Err(Error::ThreadBusy { id: thread });
    }
    cancel_all(ctx, tx, jobs).await
}
