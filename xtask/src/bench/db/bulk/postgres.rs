//! PostgreSQL: each copy has a database of its own, made from a template.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use testservers::{Cluster, find_postgres};

use super::Target;
use super::content::{COLUMNS, Content};
use crate::bench::db::Bench;
use crate::process;

const TEMPLATE: &str = "bench_copy_template";
const DATABASE: &str = "bench_copy";

pub struct Postgres<'a> {
    cluster: &'a Cluster,
    psql: PathBuf,
}

impl<'a> Postgres<'a> {
    pub fn prepare(bench: &'a Bench, content: &Content) -> Result<Self> {
        let binaries = find_postgres().context("PostgreSQL's programs are gone")?;
        let prepared = Self {
            cluster: &bench.cluster,
            psql: binaries.join("psql"),
        };
        let directory = bench.scratch.path();
        bench.cluster.create_database(TEMPLATE)?;
        let template = bench.cluster.url(TEMPLATE);
        bench.product.migrate(&template, directory)?;
        let seed = directory.join("seed-postgres.sql");
        fs::write(&seed, content.seed(|id| format!("'{id}'"))?)?;
        process::read(prepared.psql(TEMPLATE).arg("-f").arg(seed))?;
        Ok(prepared)
    }

    /// As this program's own user, who may read its files.
    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"])
            .arg(self.cluster.url(database))
            .stdin(Stdio::null());
        psql
    }
}

impl Target for Postgres<'_> {
    const ENGINE: &'static str = "PostgreSQL";
    const LOADER: &'static str = "psql \\copy";

    fn renew(&self) -> Result<String> {
        let server = |sql: &str| self.cluster.psql("postgres", sql);
        server(&format!("DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"))?;
        server(&format!("CREATE DATABASE {DATABASE} TEMPLATE {TEMPLATE}"))?;
        server("CHECKPOINT")?;
        Ok(self.cluster.url(DATABASE))
    }

    fn load(&self, file: &Path) -> Command {
        let copy = format!(
            "\\copy prices ({COLUMNS}) FROM '{}' WITH (FORMAT csv)",
            file.display()
        );
        let mut psql = self.psql(DATABASE);
        psql.arg("-c").arg(copy);
        psql
    }

    fn count(&self, _by_loader: bool) -> Result<String> {
        self.cluster.psql(DATABASE, "SELECT count(*) FROM prices")
    }
}
