//! What must hold in every state, and what must come about in some.

use entity::values::JobStatus as Status;
use stateright::{Model, Property};

use super::{
    Workflow,
    state::{Approval, State},
    table,
};

pub fn all() -> Vec<Property<Workflow>> {
    vec![
        Property::always("one job of a thread runs at a time", one_runs),
        Property::always("one worker at a time is at work in a thread", one_works),
        Property::always(
            "only the holder of the latest lease is heard",
            |_, state: &State| !state.witness.heard_a_stale_worker,
        ),
        Property::always("no effect is committed twice", |_, state: &State| {
            state.jobs.iter().all(|job| job.effects <= 1)
        }),
        Property::always("what is done was committed", |_, state: &State| {
            let is_whole = |done: Status, effects| (done == Status::Done) == (effects > 0);
            state
                .jobs
                .iter()
                .all(|job| is_whole(job.status, job.effects))
        }),
        Property::always("only what was approved is done", |_, state: &State| {
            !state.witness.acted_unapproved
        }),
        Property::always("what was approved is done once", |_, state: &State| {
            !state.witness.acted_twice
        }),
        Property::always("nothing is left to wait for ever", ends_well),
        // Without these the others might hold because nothing ever happens.
        Property::sometimes("all jobs are done", |_, state: &State| {
            state.jobs.iter().all(|job| job.status == Status::Done)
        }),
        Property::sometimes("a stale worker is refused", |_, state: &State| {
            state.witness.refused_a_stale_worker
        }),
        Property::sometimes("a job fails", |_, state: &State| {
            state.jobs.iter().any(|job| job.status == Status::Failed)
        }),
        Property::sometimes(
            "a job is canceled where it can be",
            |model: &Workflow, state: &State| {
                model.cancels == 0 || state.jobs.iter().any(|job| job.status == Status::Canceled)
            },
        ),
        Property::sometimes(
            "a job is driven again where it can be",
            |model: &Workflow, state: &State| model.redrives == 0 || state.witness.was_redriven,
        ),
        Property::sometimes(
            "an approval is consumed where there is one",
            |model: &Workflow, state: &State| {
                let is_consumed = |approval| approval == Some(Approval::Consumed);
                model.needing_approval == 0
                    || state.jobs.iter().any(|job| is_consumed(job.approval))
            },
        ),
    ]
}

fn one_runs(model: &Workflow, state: &State) -> bool {
    threads(model).all(|thread| {
        let of_thread = state.jobs.iter().zip(&model.threads);
        let running = of_thread.filter(|(job, of)| **of == thread && job.status == Status::Running);
        running.count() <= 1
    })
}

/// As far as leases say so: a worker whose lease ran out may be at work without knowing it.
fn one_works(model: &Workflow, state: &State) -> bool {
    threads(model).all(|thread| {
        let leases = state.workers.iter().flatten();
        let at_work = leases
            .filter(|lease| model.threads.get(lease.job) == Some(&thread) && !lease.is_overdue);
        at_work.count() <= 1
    })
}

fn threads(model: &Workflow) -> impl Iterator<Item = usize> {
    0..model.threads.iter().max().map_or(0, |last| last + 1)
}

/// Where nothing more can happen, every job has come to its end. An approval that is pending can expire, so
/// no job waits for one there.
fn ends_well(model: &Workflow, state: &State) -> bool {
    let all_ended = state.jobs.iter().all(|job| !table::is_open(job.status));
    all_ended || !model.next_steps(state).is_empty()
}
