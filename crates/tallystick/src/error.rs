//! Why a command failed, in words for the person who gave it.

use std::{io, net::SocketAddr, path::PathBuf};

use chrono::NaiveDate;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Settings(#[from] crate::settings::Error),
    #[error(transparent)]
    Connect(#[from] db::ConnectError),
    #[error(transparent)]
    Schema(#[from] migration::Error),
    #[error(transparent)]
    Identity(#[from] identity::Error),
    #[error(
        "the signing key {0} is one that others may know; make others with `tallystick keys rotate`, \
         twice, so that it is not active any more"
    )]
    WeakKey(String),
    #[error("there is no user yet; make one with `tallystick user add EMAIL --role admin`")]
    NoUsers,
    #[error("there is no user {0}; `tallystick user list` shows who there is")]
    NoSuchUser(String),
    #[error("say whose books with --as EMAIL, or TALLYSTICK_USER: there are {0}")]
    WhoseBooks(String),
    #[error("{}: {source}", file.display())]
    AuditSignature {
        file: PathBuf,
        source: identity::audit::SignatureError,
    },
    #[error(transparent)]
    Database(#[from] db::Error),
    #[error(transparent)]
    Books(#[from] books::Error),
    #[error(transparent)]
    Pricing(#[from] pricing::Error),
    #[error(transparent)]
    Performance(#[from] performance::Error),
    #[error(transparent)]
    Workflow(#[from] workflow::Error),
    #[error(transparent)]
    Producers(#[from] crate::producers::Error),
    #[error(transparent)]
    Sourcing(#[from] crate::sourcing::Error),
    #[error(
        "pricing pack {id} is warming and was made by hand: freeze it with `tallystick pack fresh {id}`, \
         or mark it as failed; then run this again"
    )]
    PackByHand { id: String },
    #[error("pricing pack {pack}: the step `{step}` failed: {reason}; {advice}")]
    BuildStep {
        pack: String,
        step: entity::values::BuildStep,
        reason: String,
        advice: &'static str,
    },
    /// One line for each fault.
    #[error(transparent)]
    Ledger(#[from] ledger::Diagnostics),
    #[error("{0}")]
    LedgerFile(String),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} is there already; say --force to overwrite it, or name another file", .0.display())]
    FileExists(PathBuf),
    #[error("{}: {source}", path.display())]
    StatementFile { path: PathBuf, source: books::Error },
    #[error("{}: {source}", path.display())]
    Mapping {
        path: PathBuf,
        source: books::statements::MappingFault,
    },
    #[error("{0}; say its --currency to have it made")]
    NoCurrency(books::Error),
    #[error("{}: {source}", path.display())]
    PackFile {
        path: PathBuf,
        source: pricing::Error,
    },
    #[error(
        "there is no fresh pricing pack dated {0} or before; build one with `tallystick pack build \
         --fresh`, or name one with --pack"
    )]
    NoFreshPack(NaiveDate),
    #[error("pricing pack {0} is still warming; freeze it with `tallystick pack fresh {0}`")]
    PackWarming(String),
    #[error("give the ledger with --ledger, or set ledger.path")]
    NoLedger,
    #[error(
        "{portfolio} and the ledger differ: {differences} differences on {asof}, at the prices of {pack}"
    )]
    NotReconciled {
        portfolio: String,
        differences: i64,
        asof: NaiveDate,
        pack: String,
    },
    #[error("give the pack's prices with --ledger or --prices")]
    NoPrices,
    #[error("{} holds no transaction and no price, so there is no day to value it on; give --asof", .0.display())]
    NoDay(PathBuf),
    #[error(
        "the port {} is in use by another program; stop that program, or choose another port with \
         --port",
        .0.port()
    )]
    PortInUse(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Tls(#[from] api::TlsError),
    #[error("the service stopped: {0}")]
    Service(io::Error),
    #[error("the metrics cannot be set up: {0}")]
    Metrics(String),
    #[error("the traces cannot be exported: {0}")]
    Telemetry(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("the program cannot be told when to stop: {0}")]
    Signals(io::Error),
    #[error("pack {id} does not match its hash: stored {stored}, computed {computed}")]
    HashDiffers {
        id: String,
        stored: String,
        computed: String,
    },
    #[error("{} is not the pack with the hash {expected}: its own is {computed}", path.display())]
    ExportDiffers {
        path: PathBuf,
        expected: String,
        computed: String,
    },
    #[error("the audit log is not as it was written: {0}")]
    Audit(identity::audit::Fault),
    #[error(transparent)]
    AuditHead(#[from] identity::audit::FileError),
    #[error(
        "audit_heads does not hold the end of the audit log; `tallystick audit verify` says more"
    )]
    NoAuditHead,
    #[error("`migrate {0}` destroys data, and is never done in production (TALLYSTICK_ENV)")]
    NeverInProduction(&'static str),
    #[error(
        "`migrate {0}` destroys what is in the database; say --i-know-this-destroys-data if you mean it"
    )]
    Destroys(&'static str),
    #[error("{0} differences; docs/drift.md explains the lines above")]
    Drifted(usize),
    #[error("{0} findings; docs/lint.md explains the rules, and how to waive one")]
    Lint(usize),
    #[error("{0} of the checks above found a fault")]
    Unhealthy(usize),
    #[error("the password cannot be read: {0}")]
    Input(io::Error),
    #[error("the two passwords differ; nothing was changed")]
    PasswordsDiffer,
    #[error("the answer cannot be written as JSON: {0}")]
    Json(serde_json::Error),
    #[error("the answer cannot be printed: {0}")]
    Output(io::Error),
    #[error("a thread of the program failed: {0}")]
    Runtime(io::Error),
}

impl From<api::LedgerFileError> for Error {
    fn from(error: api::LedgerFileError) -> Self {
        match error {
            api::LedgerFileError::Ledger(faults) => Self::Ledger(faults),
            unreadable @ api::LedgerFileError::File { .. } => {
                Self::LedgerFile(unreadable.to_string())
            }
        }
    }
}
