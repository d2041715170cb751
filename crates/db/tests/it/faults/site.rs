//! A PostgreSQL server, a faulty network before it, and an outside witness.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use db::{Database, Settings};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, postgres::PgRow};
use testservers::{Cluster, Durability, Proxy, find_postgres};

const DATABASE: &str = "faults";

pub struct Site {
    pub cluster: Arc<Cluster>,
    pub proxy: Proxy,
}

impl Site {
    /// `None`, with a line that says so, where no PostgreSQL is installed.
    pub async fn start() -> Option<Self> {
        Self::start_with("").await
    }

    pub async fn start_with(configuration: &'static str) -> Option<Self> {
        if find_postgres().is_none() {
            println!("skipped: PostgreSQL is not installed");
            return None;
        }
        let started = tokio::task::spawn_blocking(move || {
            let cluster = Cluster::start_with(Durability::Committed, configuration)?;
            cluster.create_database(DATABASE)?;
            let proxy = Proxy::start(([127, 0, 0, 1], cluster.port()).into())?;
            anyhow::Ok((cluster, proxy))
        });
        let (cluster, proxy) = started.await.unwrap().unwrap();
        Some(Self {
            cluster: Arc::new(cluster),
            proxy,
        })
    }

    /// Through the faulty network.
    pub fn settings(&self) -> Settings {
        let port = self.proxy.port();
        Settings::new(format!("postgres://tallystick@127.0.0.1:{port}/{DATABASE}"))
    }

    /// Through the faulty network.
    pub async fn database(&self) -> Database {
        Database::connect(&self.settings()).await.unwrap()
    }

    /// Past the faulty network, and past the crate that is tested.
    pub async fn witness(&self) -> Witness {
        let url = self.cluster.url(DATABASE);
        Witness(PgConnection::connect(&url).await.unwrap())
    }

    /// Does what blocks, such as stopping the server.
    pub async fn on_server<T: Send + 'static>(
        &self,
        deed: impl FnOnce(&Cluster) -> anyhow::Result<T> + Send + 'static,
    ) -> T {
        let cluster = Arc::clone(&self.cluster);
        let done = tokio::task::spawn_blocking(move || deed(&cluster));
        done.await.unwrap().unwrap()
    }
}

/// A connection that sees what others committed.
pub struct Witness(PgConnection);

impl Witness {
    pub async fn run(&mut self, sql: &str) {
        let script = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        script.execute(&mut self.0).await.unwrap();
    }

    pub async fn rows<T>(&mut self, sql: &str) -> Vec<T>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let query = sqlx::query_as::<Postgres, T>(AssertSqlSafe(sql.to_owned()));
        query.fetch_all(&mut self.0).await.unwrap()
    }

    pub async fn number(&mut self, sql: &str) -> i64 {
        self.rows::<(i64,)>(sql).await[0].0
    }

    /// How long it takes until a count is 0; gives up after `patience`.
    pub async fn time_until_none(&mut self, count: &str, patience: Duration) -> Duration {
        let start = Instant::now();
        while self.number(count).await > 0 && start.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        start.elapsed()
    }

    pub async fn terminate_all_others(&mut self) -> i64 {
        self.number(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .await
    }
}

pub const OPEN_TRANSACTIONS: &str = "SELECT count(*) FROM pg_stat_activity
     WHERE state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()";
