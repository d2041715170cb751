//! Jobs: what is before the workers, and what has become of the rest.

use chrono::{DateTime, Utc};
use entity::{
    values::{JobEventKind, JobStatus},
    workflow::job,
};
use prometheus::{GaugeVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use workflow::jobs::Depth;

pub struct JobMetrics {
    depth: IntGaugeVec,
    age: GaugeVec,
    events: IntCounterVec,
}

impl JobMetrics {
    pub fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let depth = IntGaugeVec::new(
            Opts::new("tallystick_jobs", "Jobs that have not ended"),
            &["mode", "status"],
        )?;
        let age = GaugeVec::new(
            Opts::new(
                "tallystick_job_queue_age_seconds",
                "For how long the first of the queued jobs could have run",
            ),
            &["mode"],
        )?;
        let events = IntCounterVec::new(
            Opts::new(
                "tallystick_job_events_total",
                "What workers over REST said to this process of jobs",
            ),
            &["mode", "event"],
        )?;
        registry.register(Box::new(depth.clone()))?;
        registry.register(Box::new(age.clone()))?;
        registry.register(Box::new(events.clone()))?;
        Ok(Self { depth, age, events })
    }

    pub fn show(&self, depths: &[Depth], now: DateTime<Utc>) {
        self.depth.reset();
        self.age.reset();
        for depth in depths {
            let (mode, status) = (depth.mode.as_str(), depth.status.as_str());
            self.depth
                .with_label_values(&[mode, status])
                .set(depth.jobs);
            if depth.status == JobStatus::Queued {
                let age = (now - depth.oldest).as_seconds_f64().max(0.0);
                self.age.with_label_values(&[mode]).set(age);
            }
        }
    }

    pub fn count<'a>(&self, event: JobEventKind, jobs: impl IntoIterator<Item = &'a job::Model>) {
        for job in jobs {
            let labels = [job.mode.as_str(), event.as_str()];
            self.events.with_label_values(&labels).inc();
        }
    }
}
