//! The database's metrics, for Prometheus.

use prometheus::{
    GaugeVec, IntGaugeVec, Opts,
    core::{Collector, Desc},
    proto::MetricFamily,
};

use crate::{Connectivity, Database, database::Backend};

/// Gathers what the pools, the statements and the servers count. Register it once.
pub struct DatabaseCollector {
    database: Database,
    connections: IntGaugeVec,
    waiting: IntGaugeVec,
    lag: GaugeVec,
    mode: IntGaugeVec,
}

const MODES: [Connectivity; 3] = [
    Connectivity::Connected,
    Connectivity::ReadOnly,
    Connectivity::Disconnected,
];

impl Database {
    pub fn collector(&self) -> Result<DatabaseCollector, prometheus::Error> {
        let gauge = |name, help, labels: &[&str]| IntGaugeVec::new(Opts::new(name, help), labels);
        Ok(DatabaseCollector {
            database: self.clone(),
            connections: gauge(
                "tallystick_db_connections",
                "Database connections by pool and state: free, in_use, max",
                &["pool", "state"],
            )?,
            waiting: gauge(
                "tallystick_db_waiting",
                "Units of work waiting for a connection",
                &["pool"],
            )?,
            lag: GaugeVec::new(
                Opts::new(
                    "tallystick_db_replica_lag_seconds",
                    "How long the primary has been further than a replica",
                ),
                &["replica"],
            )?,
            mode: gauge(
                "tallystick_db_mode",
                "1 for what the database can do now, 0 for the others",
                &["mode"],
            )?,
        })
    }
}

impl DatabaseCollector {
    fn counted(&self) -> Vec<Box<dyn Collector>> {
        let inner = &self.database.reader.inner;
        let mut counted: Vec<Box<dyn Collector>> = inner.families.collectors().into();
        counted.push(Box::new(inner.observer.times.clone()));
        counted.push(Box::new(inner.observer.retries.clone()));
        counted
    }

    fn gauges(&self) -> [&dyn Collector; 4] {
        [&self.connections, &self.waiting, &self.lag, &self.mode]
    }

    fn measure(&self) {
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        for (pool, status) in self.database.pool_statuses() {
            let pool = pool.as_str();
            for (state, number) in [
                ("free", status.free),
                ("in_use", status.in_use),
                ("max", status.max_size),
            ] {
                let connections = self.connections.with_label_values(&[pool, state]);
                connections.set(gauge(number));
            }
            let waiting = self.waiting.with_label_values(&[pool]);
            waiting.set(gauge(status.waiting));
        }
        self.lag.reset();
        for replica in self.database.replicas() {
            if let Some(lag) = replica.lag {
                let gauge = self.lag.with_label_values(&[&*replica.host]);
                gauge.set(lag.as_secs_f64());
            }
        }
        let now = match &self.database.reader.inner.backend {
            Backend::Postgres(cluster) => cluster.connectivity(),
            // A file that is gone shows in the failed statements.
            Backend::Sqlite(_) => Connectivity::Connected,
        };
        for mode in MODES {
            let gauge = self.mode.with_label_values(&[mode.as_str()]);
            gauge.set(i64::from(mode == now));
        }
    }
}

impl Collector for DatabaseCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.gauges()
            .into_iter()
            .flat_map(Collector::desc)
            .collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.measure();
        let gauges = self.gauges().into_iter().flat_map(Collector::collect);
        let counted = self.counted();
        let counted = counted.iter().flat_map(|counted| counted.collect());
        gauges.chain(counted).collect()
    }
}
