//! Without a flaw, every property holds in every state that can be reached.

use std::collections::HashMap;

use stateright::{Checker, Model};

use super::{Workflow, state::State};

/// Two workers, crashes and leases that run out.
pub fn leases() -> Workflow {
    Workflow {
        threads: vec![0, 0, 1],
        needing_approval: 0,
        workers: 2,
        max_attempts: 2,
        crashes: 1,
        cancels: 0,
        redrives: 0,
        flaw: None,
    }
}

/// People cancel while workers are at work.
pub fn cancels() -> Workflow {
    Workflow {
        threads: vec![0, 0],
        cancels: 2,
        ..leases()
    }
}

/// What has failed is driven again, with attempts that begin anew.
pub fn redrives() -> Workflow {
    Workflow {
        threads: vec![0, 0],
        redrives: 1,
        ..leases()
    }
}

/// One job asks for an approval, which is decided at any moment.
pub fn approvals() -> Workflow {
    Workflow {
        threads: vec![0, 0],
        needing_approval: 1,
        cancels: 1,
        ..leases()
    }
}

fn assert_sound(model: Workflow) {
    let checker = model.explore();
    checker.assert_properties();
}

#[test]
fn leases_and_crashes() {
    assert_sound(leases());
}

#[test]
fn cancels_beside_workers() {
    assert_sound(cancels());
}

#[test]
fn redrives_of_what_failed() {
    assert_sound(redrives());
}

#[test]
fn approvals_beside_leases() {
    assert_sound(approvals());
}

#[test]
fn all_of_it_together() {
    assert_sound(Workflow {
        cancels: 1,
        redrives: 1,
        ..approvals()
    });
}

/// Or else "nothing is left to wait for ever" would say nothing of those who go round and round.
#[test]
fn every_run_ends() {
    for model in [leases(), cancels(), redrives(), approvals()] {
        assert!(!goes_round(&model));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// A state on the way that is being followed.
    Open,
    Closed,
}

/// Whether any state comes again in a run: by depth-first search, without recursion.
fn goes_round(model: &Workflow) -> bool {
    let mut visits: HashMap<State, Visit> = HashMap::new();
    let mut way: Vec<(State, Vec<State>)> = Vec::new();
    let after = |state: &State| -> Vec<State> {
        let steps = model.next_steps(state);
        steps.into_iter().map(|(_, next)| next).collect()
    };
    for state in model.init_states() {
        visits.insert(state.clone(), Visit::Open);
        way.push((state.clone(), after(&state)));
    }
    while let Some((state, open)) = way.last_mut() {
        let Some(next) = open.pop() else {
            visits.insert(state.clone(), Visit::Closed);
            way.pop();
            continue;
        };
        match visits.get(&next) {
            Some(Visit::Open) => return true,
            Some(Visit::Closed) => {}
            None => {
                visits.insert(next.clone(), Visit::Open);
                let following = after(&next);
                way.push((next, following));
            }
        }
    }
    false
}
