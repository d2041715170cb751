//! `cargo xtask bench`: the product beside Beancount and beside a bare handler, in one run;
//! `cargo xtask bench db`: the way to the database beside others;
//! `cargo xtask bench security`: accounts and row security beside the release that had none;
//! `cargo xtask bench streams`: what open streams of events take;
//! `cargo xtask bench books`: recorded books and large packs beside a script and the engines' own loaders; and
//! `cargo xtask bench jobs`: the queue of jobs beside other queues.

mod account;
pub mod bare_server;
mod books;
mod db;
mod figures;
pub mod http;
mod jobs;
mod ledger;
pub mod machine;
pub mod product;
pub mod report;
mod requests;
mod security;
pub mod server;
mod streams;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use crate::beancount;
use crate::process;
use crate::workspace::Workspace;
use product::{Product, Profile};
use report::Report;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Options {
    #[command(subcommand)]
    what: Option<What>,
    /// How often each command is timed; the best time counts
    #[arg(long, default_value_t = 7)]
    repetitions: usize,
    /// How long each path is loaded, in seconds
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Print the tables, and leave docs/performance.md as it is
    #[arg(long)]
    no_write: bool,
}

#[derive(Subcommand)]
enum What {
    /// Measure the way to the database beside FastAPI, pgbench and the engines' own loaders
    Db(db::Options),
    /// Measure what accounts and row security cost, beside the release before them
    Security(security::Options),
    /// Measure recorded books and large packs beside a script and the engines' own loaders
    Books(books::Options),
    /// Measure what open streams of events take, and how soon an event is there
    Streams(streams::Options),
    /// Measure the queue of jobs beside procrastinate and graphile-worker
    Jobs(jobs::Options),
}

/// What the measurements share.
struct Bench<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    product: Product,
    cluster: Cluster,
    scratch: TempDir,
    python: Option<PathBuf>,
}

#[derive(Clone, Copy)]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }

    /// The URL of a new, empty database.
    fn new_database(self, cluster: &Cluster, directory: &Path, name: &str) -> Result<String> {
        match self {
            Self::Sqlite => {
                let file = directory.join(format!("{name}.db"));
                Ok(format!("sqlite://{}?mode=rwc", file.display()))
            }
            Self::Postgres => {
                cluster.create_database(name)?;
                Ok(cluster.url(name))
            }
        }
    }
}

/// A role that row-level security binds, as the service has it: the cluster's own may see all rows.
const SERVICE_ROLE: &str = "tallystick_app";

/// Lets the service's role in, which is trusted as everybody on a throw-away server.
fn make_service_role(cluster: &Cluster) -> Result<()> {
    let make = format!("CREATE ROLE {SERVICE_ROLE} LOGIN");
    cluster.psql("postgres", &make).map(drop)
}

/// The same database for the service.
fn as_service(url: &str) -> String {
    match url.split_once('@') {
        Some((_, place)) => format!("postgres://{SERVICE_ROLE}@{place}"),
        None => url.to_owned(),
    }
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    process::unwind_on_signals()?;
    http::find_or_install()?;
    match &options.what {
        Some(What::Db(options)) => return db::run(workspace, options),
        Some(What::Security(options)) => return security::run(workspace, options),
        Some(What::Books(options)) => return books::run(workspace, options),
        Some(What::Streams(options)) => return streams::run(workspace, options),
        Some(What::Jobs(options)) => return jobs::run(workspace, options),
        None => {}
    }
    let bench = Bench {
        workspace,
        options,
        product: Product::build(workspace, Profile::Release)?,
        cluster: Cluster::start(Durability::Committed)?,
        scratch: tempfile::Builder::new()
            .prefix("tallystick-bench-")
            .tempdir()?,
        python: python(workspace),
    };
    make_service_role(&bench.cluster)?;
    let version = bench
        .python
        .as_deref()
        .and_then(|python| beancount::version(python).ok());
    let beside = version.map_or_else(|| "no Beancount".into(), |v| format!("Beancount {v}"));
    let report = Report {
        command: "bench",
        machine: format!("{}; {beside}", machine::describe()?),
        tables: vec![ledger::measure(&bench)?, requests::measure(&bench)?],
        appendix: String::new(),
    };
    println!("\n{report}");
    if options.no_write {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}

fn python(workspace: &Workspace) -> Option<PathBuf> {
    match beancount::find_or_install(workspace) {
        Ok(python) => Some(python),
        Err(error) => {
            println!("Beancount is left out: {error:#}");
            None
        }
    }
}
