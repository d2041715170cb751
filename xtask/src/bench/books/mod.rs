//! `cargo xtask bench books`: recorded books and large packs, beside a script and the engines' own loaders.

mod import;
mod lots;
mod pack;
mod positions;
mod script;
mod statement;
mod whole;

use anyhow::Result;
use clap::Args;
use tempfile::TempDir;
use testservers::{Cluster, Durability};

use super::product::{Product, Profile};
use super::report::Report;
use super::{Engine, machine, make_service_role};
use crate::workspace::Workspace;

#[derive(Args)]
pub struct Options {
    /// How often each command is timed; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Rows of the file that is imported
    #[arg(long, default_value_t = 100_000)]
    rows: usize,
    /// Prices of the large pack
    #[arg(long, default_value_t = 1_000_000)]
    prices: usize,
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
    profile: Profile,
    product: Product,
    cluster: Cluster,
    scratch: TempDir,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let profile = if options.debug {
        Profile::Debug
    } else {
        Profile::Release
    };
    let bench = Bench {
        workspace,
        options,
        profile,
        product: Product::build(workspace, profile)?,
        cluster: Cluster::start(Durability::Committed)?,
        scratch: tempfile::Builder::new()
            .prefix("tallystick-bench-books-")
            .tempdir()?,
    };
    make_service_role(&bench.cluster)?;
    let report = Report {
        command: "bench books",
        machine: machine::describe()?,
        tables: vec![
            import::measure(&bench)?,
            lots::measure(&bench)?,
            positions::measure(&bench)?,
            pack::measure(&bench)?,
        ],
        appendix: String::new(),
    };
    println!("\n{report}");
    if options.no_write || options.debug {
        Ok(())
    } else {
        report.write(&workspace.root)
    }
}

impl Bench<'_> {
    /// A database with its first user, as its owner sees it.
    fn new_database(&self, engine: Engine, name: &str) -> Result<String> {
        let directory = self.scratch.path();
        let database = engine.new_database(&self.cluster, directory, name)?;
        self.product.migrate(&database, directory)?;
        Ok(database)
    }
}
