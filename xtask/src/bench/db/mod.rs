//! `cargo xtask bench db`: the way to the database, beside FastAPI, pgbench and the engines' own
//! loaders, in rounds that take turns.

mod bulk;
mod fastapi;
mod fixture;
mod goals;
mod orm;
mod pgbench;
mod requests;
pub mod sqlite;
mod statements;

use anyhow::{Context, Result, ensure};
use clap::Args;
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use super::product::{Product, Profile};
use super::report::{Report, Table};
use super::server::Target;
use super::{machine, make_service_role};
use crate::workspace::Workspace;
use fastapi::FastApi;
use fixture::Fixture;
use orm::Program;
use pgbench::Pgbench;

#[derive(Args)]
pub struct Options {
    /// How often each contender has its turn; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long one turn takes, in seconds
    #[arg(long, default_value_t = 3)]
    seconds: u32,
    /// Price rows to copy in
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// How often the price rows are copied in; the median counts
    #[arg(long, default_value_t = 3)]
    copies: usize,
    /// Measure builds without optimization, to try the bench itself; nothing is written
    #[arg(long)]
    debug: bool,
    /// Print the tables, and leave docs/performance.md as it is
    #[arg(long)]
    no_write: bool,
}

/// What the measurements share.
struct Bench<'a> {
    workspace: &'a Workspace,
    options: &'a Options,
    product: Product,
    program: Program,
    pgbench: Pgbench,
    fastapi: FastApi,
    cluster: Cluster,
    scratch: TempDir,
}

/// What was measured.
struct Measured {
    requests: Vec<requests::Figures>,
    statements: Vec<statements::Figures>,
    /// The most memory that the product had at once; `None` where the system does not tell.
    memory_bytes: Option<u64>,
    lending: orm::Lending,
    copies: Vec<bulk::Figures>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    ensure!(
        options.rounds > 0 && options.copies > 0 && options.rows > 0,
        "nothing to measure"
    );
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    let bench = Bench {
        workspace,
        options,
        product: Product::build(workspace, profile)?,
        program: Program::build(workspace, profile)?,
        pgbench: Pgbench::find_or_install()?,
        fastapi: FastApi::find_or_install(workspace)?,
        cluster: Cluster::start(Durability::Committed)?,
        scratch: tempfile::Builder::new()
            .prefix("tallystick-bench-db-")
            .tempdir()?,
    };
    make_service_role(&bench.cluster)?;
    let report = measure(&bench)?;
    println!("\n{report}");
    if options.no_write || options.debug {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}

fn measure(bench: &Bench) -> Result<Report> {
    let fixture = Fixture::make(bench)?;
    let server = bench
        .product
        .serve(&fixture.service, bench.scratch.path())?;
    let ours = fixture.account.log_in(&server.target)?;
    let requests = requests::measure(bench, &fixture, &ours)?;
    let memory_bytes = server.peak_memory_bytes();
    drop(server);
    // What was inserted spoils the plans until the server's own housekeeping comes by.
    bench.cluster.psql(&fixture.name, "VACUUM ANALYZE")?;
    let measured = Measured {
        requests,
        memory_bytes,
        statements: statements::measure(bench, &fixture)?,
        lending: bench.program.lending(&fixture.database)?,
        copies: bulk::measure(bench)?,
    };
    Ok(Report {
        command: "bench db",
        machine: format!("{}; {}", machine::describe()?, beside(bench, &fixture)?),
        tables: tables(&measured),
        appendix: statements::appendix(),
    })
}

fn tables(measured: &Measured) -> Vec<Table> {
    vec![
        goals::table(measured),
        requests::table(&measured.requests),
        statements::table(&measured.statements),
        bulk::table(&measured.copies),
    ]
}

fn beside(bench: &Bench, fixture: &Fixture) -> Result<String> {
    let server = bench.cluster.psql(&fixture.name, "SHOW server_version")?;
    let server = server.split_whitespace().next().context("no version")?;
    let python = bench.fastapi.versions()?;
    let sqlite = sqlite::version()?;
    Ok(format!(
        "PostgreSQL {server}; SQLite's shell {sqlite}; {python}"
    ))
}

/// A server whose answers are compared.
type Contender<'a> = (&'a str, &'a Target);
