//! How long and with which luck a scenario runs, and what it prints.

use std::{env, fmt::Display, time::Duration};

const DEFAULT_SEED: u64 = 20_250_101;

/// `FAULTS_SEED` decides what is random, `FAULTS_LONG` whether a run takes its full length.
#[derive(Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    is_long: bool,
    scenario: &'static str,
}

impl Plan {
    pub fn of(scenario: &'static str) -> Self {
        let seed = env::var("FAULTS_SEED").ok();
        let seed = seed.map_or(DEFAULT_SEED, |seed| seed.parse().expect("FAULTS_SEED"));
        println!("seed: {scenario} | {seed}");
        Self {
            seed,
            is_long: env::var("FAULTS_LONG").is_ok_and(|value| value == "1"),
            scenario,
        }
    }

    pub fn choose<T>(&self, short: T, long: T) -> T {
        if self.is_long { long } else { short }
    }

    pub fn figure(&self, what: &str, value: impl Display, goal: impl Display) {
        println!("figure: {} | {what} | {value} | goal {goal}", self.scenario);
    }

    /// A figure without a goal, for the reader to know how much was done.
    pub fn note(&self, what: &str, value: impl Display) {
        self.figure(what, value, "-");
    }

    pub fn time(&self, what: &str, value: Duration, goal: Duration) {
        self.figure(what, seconds(value), format!("<= {}", seconds(goal)));
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3} s", time.as_secs_f64())
}
