//! What the service does with each request, and with which flaws.

use entity::values::{JobEventKind as Event, JobStatus as Status};

use super::{
    Workflow,
    flaws::Flaw,
    state::{Action, Approval, Lease, NO_TOKEN, State},
    table,
};

pub fn serve(model: &Workflow, state: &mut State, action: Action) {
    match action {
        Action::Claim { worker, job } => claim(model, state, worker, job),
        Action::Heartbeat { worker } => heartbeat(model, state, worker),
        Action::Complete { worker } => complete(model, state, worker),
        Action::Fail { worker } => end(model, state, worker, fail),
        Action::Park { worker } => end(model, state, worker, park),
        Action::Propose { worker } => propose(model, state, worker),
        Action::Consume {
            worker,
            is_same_action,
        } => consume(model, state, worker, is_same_action),
        Action::Crash { worker } => {
            state.workers[worker] = None;
            state.crashes_left -= 1;
        }
        Action::RunOut { job } => run_out(state, job),
        Action::Sweep { job } => sweep(model, state, job),
        Action::Cancel { job } => cancel(model, state, job),
        Action::Approve { job } => decide(model, state, job, Approval::Approved),
        Action::Refuse { job } => decide(model, state, job, Approval::Refused),
        Action::Redrive { job } => redrive(model, state, job),
    }
}

/// The first of the thread's queue may start if none of its jobs runs.
pub fn promote(model: &Workflow, state: &mut State, of: usize) {
    let thread = model.threads[of];
    let is_of_thread = |job: &usize| model.threads[*job] == thread;
    let mut jobs = (0..state.jobs.len()).filter(is_of_thread);
    let is_taken = jobs.clone().any(|job| {
        let row = &state.jobs[job];
        let is_running = row.status == Status::Running;
        row.is_next || is_running && !model.has(Flaw::PromotionIgnoresTheRunning)
    });
    let first = jobs.find(|job| state.jobs[*job].status == Status::Queued);
    if let Some(first) = first
        && !is_taken
    {
        state.jobs[first].is_next = true;
    }
}

/// Through the product's table; a job that does not run has no lease, and the queue moves up.
fn transition(model: &Workflow, state: &mut State, job: usize, event: Event) -> bool {
    let row = &mut state.jobs[job];
    let Some(next) = table::next(Some(row.status), event) else {
        return false;
    };
    row.status = next;
    row.is_next = false;
    if next != Status::Running {
        row.token = NO_TOKEN;
        row.is_overdue = false;
    }
    if !(event == Event::Failed && model.has(Flaw::FailureForgetsPromotion)) {
        promote(model, state, job);
    }
    true
}

fn claim(model: &Workflow, state: &mut State, worker: usize, job: usize) {
    if !transition(model, state, job, Event::Claimed) {
        return;
    }
    let row = &mut state.jobs[job];
    let keeps = model.has(Flaw::ExpiryKeepsTheToken) && row.claims > 0;
    if !keeps {
        row.attempt += 1;
    }
    row.claims += 1;
    row.token = if keeps { 1 } else { row.claims };
    state.workers[worker] = Some(Lease {
        job,
        token: row.token,
        attempt: row.attempt,
        claim: row.claims,
        has_proposed: false,
        is_overdue: false,
    });
}

/// Whether the lease is the job's: what each statement of a worker has in its WHERE.
fn holds(state: &State, lease: Lease) -> bool {
    let row = &state.jobs[lease.job];
    row.status == Status::Running
        && row.token == lease.token
        && row.attempt == lease.attempt
        && !row.is_overdue
}

/// The witness compares with the latest claim, which no flaw can change.
fn note_heard(state: &mut State, lease: Lease) {
    let is_latest = state.jobs[lease.job].claims == lease.claim;
    state.witness.heard_a_stale_worker |= !is_latest;
}

/// `lease_lost`: the worker gives up what it has.
fn refuse(state: &mut State, worker: usize) {
    state.workers[worker] = None;
    state.witness.refused_a_stale_worker = true;
}

fn heartbeat(model: &Workflow, state: &mut State, worker: usize) {
    let Some(lease) = state.workers[worker] else {
        return;
    };
    let row = &mut state.jobs[lease.job];
    if model.has(Flaw::LateHeartbeatRevives) && row.status == Status::Running {
        (row.token, row.attempt, row.is_overdue) = (lease.token, lease.attempt, false);
    }
    // A heartbeat in time changes nothing that matters here: leases may run out at any moment.
    if !holds(state, lease) {
        refuse(state, worker);
    }
}

fn complete(model: &Workflow, state: &mut State, worker: usize) {
    let Some(lease) = state.workers[worker] else {
        return;
    };
    let row = &state.jobs[lease.job];
    let is_accepted = row.status == Status::Running
        && match model.flaw {
            Some(Flaw::CompletionChecksNothing) => true,
            Some(Flaw::CompletionChecksOnlyTheAttempt) => row.attempt == lease.attempt,
            _ => holds(state, lease),
        };
    if is_accepted || model.has(Flaw::EffectBeforeCompletion) {
        state.jobs[lease.job].effects += 1;
    }
    if !is_accepted {
        return refuse(state, worker);
    }
    note_heard(state, lease);
    let was_failed = state.jobs[lease.job].was_redriven;
    state.witness.was_redriven |= was_failed;
    transition(model, state, lease.job, Event::Completed);
    state.workers[worker] = None;
}

/// What a worker ends its attempt with.
fn end(model: &Workflow, state: &mut State, worker: usize, how: fn(&Workflow, &mut State, usize)) {
    let Some(lease) = state.workers[worker] else {
        return;
    };
    if !holds(state, lease) {
        return refuse(state, worker);
    }
    note_heard(state, lease);
    state.workers[worker] = None;
    how(model, state, lease.job);
}

fn fail(model: &Workflow, state: &mut State, job: usize) {
    let row = &state.jobs[job];
    let event = if row.is_cancel_requested {
        Event::Canceled
    } else if row.attempt < row.max_attempts {
        Event::Retried
    } else {
        Event::Failed
    };
    transition(model, state, job, event);
}

/// It waits for an approval that is pending; what was decided meanwhile is followed at once.
fn park(model: &Workflow, state: &mut State, job: usize) {
    transition(model, state, job, Event::Parked);
    if !model.has(Flaw::ParkIgnoresTheDecision) {
        follow(model, state, job);
    }
}

fn follow(model: &Workflow, state: &mut State, job: usize) {
    let row = &state.jobs[job];
    let event = match row.approval {
        _ if row.status != Status::AwaitingApproval => return,
        Some(Approval::Approved | Approval::Consumed) => Event::Resumed,
        Some(Approval::Refused) => Event::Refused,
        Some(Approval::Pending) | None => return,
    };
    transition(model, state, job, event);
    // The attempt that waited is no failure: it does not use up the last one.
    let row = &mut state.jobs[job];
    if event == Event::Resumed {
        row.max_attempts = row.max_attempts.max(row.attempt + 1);
    }
}

fn propose(_: &Workflow, state: &mut State, worker: usize) {
    let Some(lease) = state.workers[worker] else {
        return;
    };
    if !holds(state, lease) {
        return refuse(state, worker);
    }
    note_heard(state, lease);
    state.jobs[lease.job].approval = Some(Approval::Pending);
    state.workers[worker] = Some(Lease {
        has_proposed: true,
        ..lease
    });
}

fn consume(model: &Workflow, state: &mut State, worker: usize, is_same_action: bool) {
    let Some(lease) = state.workers[worker] else {
        return;
    };
    if !holds(state, lease) && !model.has(Flaw::ConsumeIgnoresTheLease) {
        return refuse(state, worker);
    }
    let approval = state.jobs[lease.job].approval;
    let is_approved = approval == Some(Approval::Approved);
    let has_right_status = is_approved || model.has(Flaw::ConsumeIgnoresTheStatus);
    let has_right_hash = is_same_action || model.has(Flaw::ConsumeIgnoresTheHash);
    if !has_right_status || !has_right_hash {
        return;
    }
    note_heard(state, lease);
    state.witness.acted_twice |= approval == Some(Approval::Consumed);
    state.witness.acted_unapproved |=
        !is_same_action || !matches!(approval, Some(Approval::Approved | Approval::Consumed));
    state.jobs[lease.job].approval = Some(Approval::Consumed);
}

/// For the job, and for the worker that has it, should it still live.
fn run_out(state: &mut State, job: usize) {
    let row = &mut state.jobs[job];
    row.is_overdue = true;
    let claim = row.claims;
    for lease in state.workers.iter_mut().flatten() {
        lease.is_overdue |= lease.job == job && lease.claim == claim;
    }
}

fn sweep(model: &Workflow, state: &mut State, job: usize) {
    let row = &state.jobs[job];
    if row.status != Status::Running || !row.is_overdue {
        return;
    }
    let is_last = row.attempt >= row.max_attempts;
    match (row.is_cancel_requested, is_last) {
        (true, _) => transition(model, state, job, Event::Canceled),
        (false, false) => transition(model, state, job, Event::LeaseExpired),
        (false, true) if model.has(Flaw::SweepForgetsTheLastAttempt) => false,
        (false, true) => transition(model, state, job, Event::Exhausted),
    };
}

fn cancel(model: &Workflow, state: &mut State, job: usize) {
    let status = state.jobs[job].status;
    if status == Status::Running && !model.has(Flaw::CancelFreesTheThread) {
        if transition(model, state, job, Event::CancelRequested) {
            state.jobs[job].is_cancel_requested = true;
        }
    } else if !transition(model, state, job, Event::Canceled) {
        return;
    }
    state.cancels_left -= 1;
    let row = &mut state.jobs[job];
    if row.status == Status::Canceled && row.approval == Some(Approval::Pending) {
        row.approval = Some(Approval::Refused);
    }
}

fn decide(model: &Workflow, state: &mut State, job: usize, outcome: Approval) {
    state.jobs[job].approval = Some(outcome);
    follow(model, state, job);
}

fn redrive(model: &Workflow, state: &mut State, job: usize) {
    if transition(model, state, job, Event::Redriven) {
        let row = &mut state.jobs[job];
        row.was_redriven = true;
        if model.has(Flaw::CompletionChecksOnlyTheAttempt) {
            row.attempt = 0;
        }
        row.max_attempts = row.attempt + model.max_attempts;
        state.redrives_left -= 1;
    }
}
