//! What one pool counts of itself.

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, core::Collector,
};

/// From ten microseconds to half a minute.
const ACQUIRE_BUCKETS: [f64; 10] = [
    0.00001, 0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 30.0,
];

/// The families that all pools share, told apart by the label `pool`.
#[derive(Clone, Debug)]
pub(crate) struct PoolFamilies {
    acquire: HistogramVec,
    refused: IntCounterVec,
    opened: IntCounterVec,
    closed: IntCounterVec,
}

/// The series of one pool.
#[derive(Debug)]
pub(crate) struct PoolMetrics {
    pool: String,
    acquire: Histogram,
    opened: IntCounter,
    families: PoolFamilies,
}

impl PoolFamilies {
    pub fn new() -> Result<Self, prometheus::Error> {
        let acquire = HistogramOpts::new(
            "tallystick_db_acquire_seconds",
            "Time until a unit of work had its connection",
        );
        let counter =
            |name, help, labels: &[&str]| IntCounterVec::new(Opts::new(name, help), labels);
        Ok(Self {
            acquire: HistogramVec::new(acquire.buckets(ACQUIRE_BUCKETS.to_vec()), &["pool"])?,
            refused: counter(
                "tallystick_db_acquire_refused_total",
                "Units of work that got no connection: timeout, shed, away",
                &["pool", "reason"],
            )?,
            opened: counter(
                "tallystick_db_connections_opened_total",
                "Database connections that were opened",
                &["pool"],
            )?,
            closed: counter(
                "tallystick_db_connections_closed_total",
                "Database connections that were closed, by the reason",
                &["pool", "reason"],
            )?,
        })
    }

    pub fn of(&self, pool: &str) -> PoolMetrics {
        PoolMetrics {
            pool: pool.to_owned(),
            acquire: self.acquire.with_label_values(&[pool]),
            opened: self.opened.with_label_values(&[pool]),
            families: self.clone(),
        }
    }

    pub fn collectors(&self) -> [Box<dyn Collector>; 4] {
        [
            Box::new(self.acquire.clone()),
            Box::new(self.refused.clone()),
            Box::new(self.opened.clone()),
            Box::new(self.closed.clone()),
        ]
    }
}

impl PoolMetrics {
    pub fn pool(&self) -> &str {
        &self.pool
    }

    pub fn note_acquired(&self, seconds: f64) {
        self.acquire.observe(seconds);
    }

    pub fn note_refused(&self, reason: &str) {
        let refused = &self.families.refused;
        refused.with_label_values(&[&*self.pool, reason]).inc();
    }

    pub fn note_opened(&self) {
        self.opened.inc();
    }

    pub fn note_closed(&self, reason: &str) {
        let closed = &self.families.closed;
        closed.with_label_values(&[&*self.pool, reason]).inc();
    }
}
