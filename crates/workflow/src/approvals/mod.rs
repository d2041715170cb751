//! Approvals: what a job may do only once people have agreed to it.
//!
//! A job proposes an action and waits, without a lease or a connection. Whoever decides changes the approval's
//! status by [`transition`], which holds the one table of what may follow what; what that means for the job is
//! in `outcome`. Every change locks the queue of the thread first, so that of decisions that are raced one is the
//! outcome, and the thread's stream tells them in their order.

mod action;
mod consume;
mod end;
mod outcome;
mod propose;
mod read;
mod sweep;
mod transition;
mod vote;

pub use action::{action_hash, check_action};
pub use consume::consume;
pub use end::{cancel, cancel_of, supersede_of};
pub use propose::{LONGEST_WAIT, NewApproval, propose};
pub use read::{Filter, find, list, votes_on};
pub use sweep::{Due, due, expire_of};
pub use transition::follows;
pub use vote::{NewVote, vote};
