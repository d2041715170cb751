//! The engine for teams: a primary, pools by priority, and replicas that take reads.

use std::{sync::Arc, time::Duration};

use sqlx::postgres::PgConnectOptions;
use tokio_util::sync::CancellationToken;

use crate::{
    ConnectError, Position, Priority, Settings,
    address::{Address, PostgresAddress},
    maker::{Maker, Rules, Source},
    observe::Observer,
    pool::{Pool, Size},
    pool_metrics::PoolFamilies,
    server::{Link, Server},
};

/// A primary and its replicas.
pub(crate) struct Cluster {
    pub primary: Member,
    pub replicas: Vec<Member>,
    /// Past a transaction pooler.
    direct: Option<PostgresAddress>,
    /// As the role that owns the tables.
    owner: Option<PostgresAddress>,
    most_lag: Duration,
}

/// One server and the connections to it.
pub(crate) struct Member {
    pub server: Arc<Server>,
    /// By priority; a replica has none for the schema.
    pools: Vec<Option<Pool>>,
}

pub(crate) fn open(
    address: PostgresAddress,
    settings: &Settings,
    observer: &Arc<Observer>,
    families: &PoolFamilies,
    stop: &CancellationToken,
) -> Result<Cluster, ConnectError> {
    let there = |url: &Option<String>| url.as_deref().map(postgres_address).transpose();
    let (direct, owner) = (there(&settings.direct_url)?, there(&settings.owner_url)?);
    let replicas: Vec<_> = settings
        .replica_urls
        .iter()
        .map(|url| postgres_address(url))
        .collect::<Result<_, _>>()?;
    if settings.require_verified_tls {
        let apart = direct.iter().chain(&owner).chain(&replicas);
        refuse_unverified([&address].into_iter().chain(apart))?;
    }
    let pool = |server: &Arc<Server>, priority: Priority, name: &str| {
        let direct = (priority == Priority::Schema)
            .then(|| direct.clone().map(Box::new))
            .flatten();
        let maker = Maker {
            source: Source::Postgres {
                server: Arc::clone(server),
                priority,
                behind_pgbouncer: settings.behind_pgbouncer && direct.is_none(),
                direct,
            },
            rules: Rules::new(settings, priority),
            observer: Arc::clone(observer),
            metrics: Arc::new(families.of(name)),
        };
        Pool::new(maker, Size::of(priority, settings))
    };
    // A pooler lets the watcher wait behind statements that take all the time they may.
    let line = if settings.behind_pgbouncer {
        settings
            .command_timeout
            .max(settings.background_command_timeout)
    } else {
        Duration::ZERO
    };
    let server = Arc::new(Server::new(address, line));
    let primary = Member {
        pools: Priority::ALL
            .map(|priority| Some(pool(&server, priority, priority.as_str())))
            .into(),
        server,
    };
    let replicas = replicas.into_iter().enumerate().map(|(number, address)| {
        let server = Arc::new(Server::new(address, line));
        let reads = [
            None,
            Some(Priority::Application),
            Some(Priority::Background),
        ];
        let pools = reads.map(|priority| {
            let priority = priority?;
            let name = format!("replica {} {}", number + 1, priority.as_str());
            Some(pool(&server, priority, &name))
        });
        Member {
            pools: pools.into(),
            server,
        }
    });
    let replicas: Vec<_> = replicas.collect();
    let leader = Arc::clone(&primary.server);
    tokio::spawn(Arc::clone(&leader).keep_watch(None, stop.clone()));
    for replica in &replicas {
        let watcher =
            Arc::clone(&replica.server).keep_watch(Some(Arc::clone(&leader)), stop.clone());
        tokio::spawn(watcher);
    }
    Ok(Cluster {
        primary,
        replicas,
        direct,
        owner,
        most_lag: settings.replica_max_lag,
    })
}

impl Cluster {
    /// Waits for the first answer, good or bad.
    pub async fn first_contact(&self) -> Result<(), ConnectError> {
        let mut changes = self.primary.server.changes();
        let first = changes.wait_for(|link| match link {
            Link::Up(_) => true,
            Link::Down { why, .. } => why.is_some(),
        });
        let why = match first.await.as_deref() {
            Ok(Link::Up(_)) => return Ok(()),
            Ok(Link::Down { why: Some(why), .. }) => Arc::clone(why),
            _ => Arc::new(sqlx::Error::PoolClosed),
        };
        Err(ConnectError::postgres(self.primary.server.address(), why))
    }

    /// The ways of migrations to the primary: past any pooler, as the owner of the tables.
    pub fn schema_options(&self) -> Result<Vec<PgConnectOptions>, Option<Arc<sqlx::Error>>> {
        let server = &self.primary.server;
        let generation = server.generation()?;
        let Some(address) = self.owner.as_ref().or(self.direct.as_ref()) else {
            return Ok(vec![server.options(&generation)]);
        };
        let hosts = address.hosts().iter();
        Ok(hosts.map(|host| address.options(host)).collect())
    }

    /// Past a transaction pooler, if there is such a way.
    pub fn direct(&self) -> Option<&PostgresAddress> {
        self.direct.as_ref()
    }

    /// A replica that may answer a caller who has seen the log up to `seen`.
    pub fn choose_replica(&self, seen: Position) -> Option<&Member> {
        self.choose(|replica| {
            replica.is_up_to(seen) && replica.server.lag().is_some_and(|lag| lag <= self.most_lag)
        })
    }

    /// As [`Cluster::choose_replica`], however far behind: without a primary there is none better.
    pub fn choose_any_replica(&self, seen: Position) -> Option<&Member> {
        self.choose(|replica| replica.is_up_to(seen))
    }

    fn choose(&self, is_fit: impl Fn(&Member) -> bool) -> Option<&Member> {
        if self.replicas.is_empty() {
            return None;
        }
        let start = fastrand::usize(..self.replicas.len());
        let (before, after) = self.replicas.split_at(start);
        after.iter().chain(before).find(|replica| is_fit(replica))
    }

    pub fn has_replica_up(&self) -> bool {
        self.replicas.iter().any(Member::is_answering)
    }

    /// Whether this program has closed it.
    pub fn is_closed(&self) -> bool {
        self.primary.pools.iter().flatten().any(Pool::is_closed)
    }

    pub fn most_lag(&self) -> Duration {
        self.most_lag
    }

    pub fn pools(&self) -> Vec<&Pool> {
        let members = [&self.primary].into_iter().chain(&self.replicas);
        members
            .flat_map(|member| member.pools.iter().flatten())
            .collect()
    }
}

impl Member {
    pub fn pool(&self, priority: Priority) -> Option<&Pool> {
        self.pools.get(priority.index())?.as_ref()
    }

    pub fn is_answering(&self) -> bool {
        match self.server.link() {
            Link::Up(generation) => !generation.is_silent(),
            Link::Down { .. } => false,
        }
    }

    fn is_up_to(&self, seen: Position) -> bool {
        self.is_answering() && self.server.position() >= seen
    }
}

fn postgres_address(url: &str) -> Result<PostgresAddress, ConnectError> {
    match Address::parse(url)? {
        Address::Postgres(address) => Ok(address),
        Address::Sqlite(_) => Err(ConnectError::ReplicaOfFile),
    }
}

fn refuse_unverified<'a>(
    addresses: impl Iterator<Item = &'a PostgresAddress>,
) -> Result<(), ConnectError> {
    for address in addresses {
        if let Some(host) = address.unverified_remote_host() {
            return Err(ConnectError::UnverifiedServer { host: host.clone() });
        }
    }
    Ok(())
}
