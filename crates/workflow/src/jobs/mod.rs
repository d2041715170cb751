//! Jobs: work that a thread asks for, which workers lease, do once, and give an account of.

pub mod cancel;
pub(crate) mod change;
pub mod claim;
mod enqueue;
mod finish;
mod heartbeat;
mod history;
mod lease;
mod list;
pub mod modes;
mod policy;
mod redrive;
pub mod schedules;
mod store;
mod survey;
pub mod sweep;
pub mod transition;
mod waiting;

pub use cancel::{cancel, cancel_thread};
pub use claim::{Claim, Horizon, claim, has_due};
pub use enqueue::{Enqueued, NewJob, enqueue, enqueue_many};
pub use finish::{Completion, Failure, complete, complete_many, fail, park, retry_pause};
pub use heartbeat::{Beat, heartbeat};
pub use history::history;
pub use lease::{Lease, check_lease};
pub use list::{Filter, find, list};
pub use policy::{IfBusy, make_way};
pub use redrive::redrive;
pub use survey::{Depth, survey};
pub use waiting::{fail_waiting, resume, set_approval_due};
