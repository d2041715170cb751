//! What the tables hold, what each worker believes, and what a witness of it all has noted.

use entity::values::JobStatus as Status;

/// The token of no lease.
pub const NO_TOKEN: u8 = 0;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub jobs: Vec<Job>,
    /// What each worker holds in its memory.
    pub workers: Vec<Option<Lease>>,
    pub crashes_left: u8,
    pub cancels_left: u8,
    pub redrives_left: u8,
    pub witness: Witness,
}

/// A row of `jobs` with its approval.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Job {
    pub status: Status,
    pub is_next: bool,
    /// Grows with each claim.
    pub attempt: u8,
    pub max_attempts: u8,
    /// The claim that it runs under.
    pub token: u8,
    /// The lease's time is over.
    pub is_overdue: bool,
    pub is_cancel_requested: bool,
    pub approval: Option<Approval>,
    /// Claims so far: the token of a new one.
    pub claims: u8,
    /// How often its effect was committed.
    pub effects: u8,
    pub was_redriven: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Approval {
    Pending,
    Approved,
    /// Rejected, superseded, expired or canceled.
    Refused,
    Consumed,
}

/// A claim, as the worker remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    pub job: usize,
    pub token: u8,
    pub attempt: u8,
    /// Which claim of the job it is, for the witness.
    pub claim: u8,
    /// It asked for its approval in this attempt, and does not know yet what became of it.
    pub has_proposed: bool,
    /// Its time is over, which a paused worker does not know.
    pub is_overdue: bool,
}

/// What was seen, by one who knows everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)]
pub struct Witness {
    /// Something was accepted of a worker whose lease was not the job's latest.
    pub heard_a_stale_worker: bool,
    /// An action was let through that nobody had approved, or another than what was approved.
    pub acted_unapproved: bool,
    /// An approved action was let through a second time.
    pub acted_twice: bool,
    /// A stale worker was refused.
    pub refused_a_stale_worker: bool,
    /// A job that had failed was driven again and was done.
    pub was_redriven: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Claim {
        worker: usize,
        job: usize,
    },
    Heartbeat {
        worker: usize,
    },
    Complete {
        worker: usize,
    },
    /// The attempt fails, or its worker has heard that the job is to be canceled.
    Fail {
        worker: usize,
    },
    Propose {
        worker: usize,
    },
    Park {
        worker: usize,
    },
    /// The approved action, or another one in its place.
    Consume {
        worker: usize,
        is_same_action: bool,
    },
    /// The process is gone, with its memory.
    Crash {
        worker: usize,
    },
    /// The time of the job's lease is over.
    RunOut {
        job: usize,
    },
    /// The service looks for leases that ran out.
    Sweep {
        job: usize,
    },
    Cancel {
        job: usize,
    },
    Approve {
        job: usize,
    },
    /// Reject, supersede or expire.
    Refuse {
        job: usize,
    },
    Redrive {
        job: usize,
    },
}
