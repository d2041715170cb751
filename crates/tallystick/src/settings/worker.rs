use chrono::TimeDelta;

use super::{reader::Reader, within};

/// The worker within the service.
#[derive(Clone, Debug)]
pub struct Worker {
    /// How many jobs it does at a time; none without any.
    pub concurrency: usize,
    /// How long a job is its own after its last heartbeat.
    pub lease: TimeDelta,
    /// Whether it does jobs of mode `execute`, by running patterns.
    pub executes_patterns: bool,
}

pub(super) fn read(reader: &mut Reader) -> Option<Worker> {
    let concurrency = reader.take(
        "worker.concurrency",
        "a number from 0 to 100",
        within(0, 100),
    );
    let lease = reader.take_duration("worker.lease_s", 1_000..=3_600_000);
    let executes_patterns = reader.take("worker.execute_patterns", "true or false", |text| {
        text.parse().ok()
    });
    Some(Worker {
        concurrency: concurrency?,
        lease: TimeDelta::from_std(lease?).ok()?,
        executes_patterns: executes_patterns?,
    })
}
