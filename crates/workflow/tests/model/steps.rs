//! Who may do what next.

use entity::values::JobStatus as Status;
use stateright::{Model, Property};

use super::{
    Workflow, properties, service,
    state::{Action, Approval, Job, Lease, NO_TOKEN, State, Witness},
};

impl Model for Workflow {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = State {
            jobs: self
                .threads
                .iter()
                .map(|_| new_job(self.max_attempts))
                .collect(),
            workers: vec![None; self.workers],
            crashes_left: self.crashes,
            cancels_left: self.cancels,
            redrives_left: self.redrives,
            witness: Witness::default(),
        };
        for job in 0..self.threads.len() {
            service::promote(self, &mut state, job);
        }
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (worker, lease) in state.workers.iter().enumerate() {
            match lease {
                None => actions.extend(claims(state, worker)),
                Some(lease) => self.add_works(state, worker, *lease, actions),
            }
        }
        for (job, row) in state.jobs.iter().enumerate() {
            add_deeds(state, job, row, actions);
        }
    }

    /// `None` where nothing changes, so that every run ends.
    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        service::serve(self, &mut state, action);
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

fn new_job(max_attempts: u8) -> Job {
    Job {
        status: Status::Queued,
        is_next: false,
        attempt: 0,
        max_attempts,
        token: NO_TOKEN,
        is_overdue: false,
        is_cancel_requested: false,
        approval: None,
        claims: 0,
        effects: 0,
        was_redriven: false,
    }
}

fn claims(state: &State, worker: usize) -> impl Iterator<Item = Action> {
    let jobs = state.jobs.iter().enumerate();
    let open = jobs.filter(|(_, job)| job.status == Status::Queued && job.is_next);
    open.map(move |(job, _)| Action::Claim { worker, job })
}

impl Workflow {
    /// What a worker does with its job, by what it read there; whether it may is decided when it says so.
    fn add_works(&self, state: &State, worker: usize, lease: Lease, actions: &mut Vec<Action>) {
        let job = &state.jobs[lease.job];
        actions.push(Action::Heartbeat { worker });
        actions.push(Action::Fail { worker });
        if state.crashes_left > 0 {
            actions.push(Action::Crash { worker });
        }
        if !self.needs_approval(lease.job) || job.approval == Some(Approval::Consumed) {
            actions.push(Action::Complete { worker });
        }
        if !self.needs_approval(lease.job) {
            return;
        }
        match job.approval {
            None => actions.push(Action::Propose { worker }),
            // What was decided after the worker asked, it parks without knowing.
            Some(Approval::Consumed) => {}
            Some(Approval::Approved) if !lease.has_proposed => {}
            Some(_) => actions.push(Action::Park { worker }),
        }
        if job.approval.is_some() {
            for is_same_action in [true, false] {
                let consume = Action::Consume {
                    worker,
                    is_same_action,
                };
                actions.push(consume);
            }
        }
    }
}

/// What time, the service and people do to a job.
fn add_deeds(state: &State, job: usize, row: &Job, actions: &mut Vec<Action>) {
    if row.status == Status::Running {
        let time = if row.is_overdue {
            Action::Sweep { job }
        } else {
            Action::RunOut { job }
        };
        actions.push(time);
    }
    if state.cancels_left > 0 {
        actions.push(Action::Cancel { job });
    }
    if row.approval == Some(Approval::Pending) {
        actions.extend([Action::Approve { job }, Action::Refuse { job }]);
    }
    if row.status == Status::Failed && state.redrives_left > 0 {
        actions.push(Action::Redrive { job });
    }
}
