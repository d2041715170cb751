//! Claims, leases, retries, cancels and approvals in every order that can come about, by a model checker.
//!
//! The model has workers that crash and pause at any point, and the product's own table of transitions. Every
//! run of it ends, since attempts, crashes and what people do are bounded; so "each job ends in the end" is a
//! property of the states in which nothing more can happen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod flaws;
mod properties;
mod service;
mod soundness;
mod state;
mod steps;
mod table;

use stateright::{Checker, HasDiscoveries, Model};

use flaws::Flaw;

/// What is explored.
#[derive(Clone, Debug)]
struct Workflow {
    /// The thread of each job, in the order of their coming.
    threads: Vec<usize>,
    /// Jobs whose work needs an approval: the first so many.
    needing_approval: usize,
    workers: usize,
    max_attempts: u8,
    crashes: u8,
    cancels: u8,
    redrives: u8,
    flaw: Option<Flaw>,
}

impl Workflow {
    fn with(self, flaw: Flaw) -> Self {
        Self {
            flaw: Some(flaw),
            ..self
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn needs_approval(&self, job: usize) -> bool {
        job < self.needing_approval
    }

    /// Every state that can be reached is looked at.
    fn explore(self) -> impl Checker<Self> {
        let checker = self.checker().threads(2).spawn_bfs().join();
        assert!(checker.is_done());
        checker
    }

    /// Until a state is found in which the property does not hold.
    fn seek(self, property: &'static str) -> impl Checker<Self> {
        let found = HasDiscoveries::AllOf([property].into());
        let checker = self.checker().finish_when(found).target_max_depth(30);
        checker.threads(2).spawn_bfs().join()
    }
}
