//! What all handlers share.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use db::Database;
use futures_util::future::BoxFuture;
use identity::{Clock, api_tokens::TokenUses, webhook::Producers};
use ipnet::IpNet;
use workflow::tokens::prices::PriceList;

use crate::{
    edge::{
        deadlines::Deadlines,
        rate_limits::{RateLimitConfig, RateLimits},
        tls::Tls,
    },
    idempotency::InFlight,
    ledger_head::LedgerHeadReader,
    metrics::Metrics,
    principal::{Standings, share_standings},
    problem::{Problem, kinds},
    routes::{
        job_work::Horizons,
        packs::{self, FrozenPacks, LatestPacks},
        portfolios::{self, PortfolioPages},
        positions::{self, Grounds, PositionsCache},
    },
    security::Security,
    streams::Streams,
};

/// How the service is set up.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Name of the environment: `development`, `production`, …
    pub env: String,
    pub version: String,
    /// Which build of that version: a commit, or a date.
    pub build: String,
    /// The ledger file whose repository's HEAD goes into every provenance.
    pub ledger_path: Option<PathBuf>,
    /// The longest JSON body.
    pub max_body_bytes: usize,
    /// The longest ledger text; it is held in memory as a whole.
    pub max_import_bytes: usize,
    /// Answer only requests that name this machine as their host and come from no other site. A web
    /// page elsewhere could else use a visitor's browser to read and write the books.
    pub local_only: bool,
    /// Who may send signals.
    pub producers: Arc<Producers>,
    /// Proxies whose word on a client's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Other sites whose pages may ask this service, such as `https://console.example`.
    pub cors_origins: Vec<String>,
    /// `None` serves plain HTTP.
    pub tls: Option<Tls>,
    /// Whether `/metrics` is for everybody who reaches the service.
    pub open_metrics: bool,
    /// The most that a request's headers may have together.
    pub max_header_bytes: usize,
    pub rate_limits: RateLimitConfig,
    pub deadlines: Deadlines,
    /// How many streams of events one user may have open.
    pub max_streams_per_user: usize,
    /// How long an answer may be held back for something to happen. With none, no claim waits, and streams end
    /// with what is there.
    pub longest_wait: Duration,
    /// Between two comments that keep such a stream alive; as often its credentials are asked about again.
    pub stream_keep_alive: Duration,
    /// By which the cost of usage is computed.
    pub token_prices: Arc<PriceList>,
}

impl ApiConfig {
    pub fn new(env: impl Into<String>) -> Self {
        Self {
            env: env.into(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: "unknown".to_owned(),
            ledger_path: None,
            max_body_bytes: 1024 * 1024,
            max_import_bytes: 64 * 1024 * 1024,
            local_only: true,
            producers: Arc::default(),
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            tls: None,
            open_metrics: true,
            max_header_bytes: 16 * 1024,
            rate_limits: RateLimitConfig::OFF,
            deadlines: Deadlines::DEFAULT,
            max_streams_per_user: 200,
            longest_wait: Duration::from_secs(30),
            stream_keep_alive: Duration::from_secs(15),
            token_prices: Arc::default(),
        }
    }
}

/// How the database's schema stands to what this program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    Current,
    Pending,
    Unknown,
}

impl SchemaState {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}

/// Asks the schema's version; given by the binary, since this crate knows no migrations.
pub type SchemaCheck = fn(Database) -> BoxFuture<'static, SchemaState>;

/// Shared by all requests; one for a server.
pub struct AppState {
    pub database: Database,
    pub clock: Clock,
    is_ready: AtomicBool,
    pub config: ApiConfig,
    pub security: Security,
    pub schema_check: SchemaCheck,
    pub(crate) standings: Standings,
    pub(crate) token_uses: TokenUses,
    pub(crate) ledger_head: Arc<LedgerHeadReader>,
    pub(crate) metrics: Metrics,
    pub(crate) rate_limits: RateLimits,
    pub(crate) in_flight: InFlight,
    pub(crate) positions: PositionsCache,
    pub(crate) grounds: Grounds,
    pub(crate) latest_packs: LatestPacks,
    pub(crate) portfolio_pages: PortfolioPages,
    pub(crate) frozen_packs: Arc<FrozenPacks>,
    pub(crate) horizons: Horizons,
    pub(crate) streams: Streams,
}

impl AppState {
    /// Belongs into the runtime that lives as long as the service: readings that requests share are
    /// made there.
    pub fn new(
        database: Database,
        clock: Clock,
        config: ApiConfig,
        security: Security,
        schema_check: SchemaCheck,
    ) -> Result<Self, prometheus::Error> {
        let metrics = Metrics::new(&config, &database)?;
        let ledger_head = Arc::new(LedgerHeadReader::new(config.ledger_path.clone()));
        let frozen_packs = packs::keep_frozen(&database);
        Ok(Self {
            grounds: positions::share_grounds(database.clone(), clock, Arc::clone(&ledger_head)),
            latest_packs: packs::share_latest(database.clone(), clock),
            portfolio_pages: portfolios::share_pages(database.clone(), clock),
            standings: share_standings(&database),
            token_uses: TokenUses::new(&database),
            streams: Streams::new(&database, config.max_streams_per_user),
            database,
            clock,
            is_ready: AtomicBool::new(false),
            rate_limits: RateLimits::new(&config.rate_limits),
            config,
            security,
            schema_check,
            ledger_head,
            metrics,
            in_flight: InFlight::default(),
            positions: PositionsCache::default(),
            frozen_packs,
            horizons: Horizons::default(),
        })
    }

    /// The database is there and holds this program's schema; from now on requests about books are
    /// answered.
    pub fn set_ready(&self) {
        self.is_ready.store(true, Ordering::Release);
    }

    pub(crate) fn require_ready(&self) -> Result<(), Problem> {
        if self.is_ready.load(Ordering::Acquire) {
            return Ok(());
        }
        let advice = "the service waits for its database, or for that to be migrated; try again";
        Err(Problem::new(kinds::UNAVAILABLE, advice).retry_later())
    }
}
