//! The product's command line, as far as the bench uses it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use super::server::Server;
use crate::process;
use crate::workspace::Workspace;

const DATABASE_VARIABLE: &str = "DATABASE_URL";
/// Every portfolio of the example ledger lies under it.
const ACCOUNTS: [&str; 2] = ["--accounts", "Assets"];

/// The release builds of the product and of the bare handler.
pub struct Product {
    tallystick: PathBuf,
    xtask: PathBuf,
}

/// One import of a ledger, in milliseconds.
pub struct Import {
    pub inside: f64,
    pub whole_process: f64,
}

impl Product {
    pub fn build(workspace: &Workspace) -> Result<Self> {
        let mut build = process::cargo(&workspace.root);
        build.args([
            "build",
            "--release",
            "--locked",
            "-p",
            "tallystick",
            "-p",
            "xtask",
        ]);
        process::run(&mut build)?;
        let release = workspace.target.join("release");
        Ok(Self {
            tallystick: release.join("tallystick"),
            xtask: release.join("xtask"),
        })
    }

    pub fn migrate(&self, database: &str, directory: &Path) -> Result<()> {
        let mut migrate = self.tallystick(directory);
        migrate
            .args(["migrate", "up"])
            .env(DATABASE_VARIABLE, database);
        process::read(&mut migrate).map(|_| ())
    }

    pub fn import(&self, ledger: &Path, database: &str, directory: &Path) -> Result<Import> {
        let mut import = self.tallystick(directory);
        import.args(["ledger", "import"]).arg(ledger).args(ACCOUNTS);
        import
            .args(["--portfolio", "bench", "--json"])
            .env(DATABASE_VARIABLE, database);
        let start = Instant::now();
        let printed = process::read(&mut import)?;
        let whole_process = start.elapsed().as_secs_f64() * 1e3;
        let answer: Value = serde_json::from_str(&printed).context("import printed no JSON")?;
        let inside = answer["timings_ms"]["total"].as_f64();
        let inside = inside.context("import --json printed no timings_ms.total")?;
        Ok(Import {
            inside,
            whole_process,
        })
    }

    /// Milliseconds of one valuation without a database, as a whole process.
    pub fn value(&self, ledger: &Path, directory: &Path) -> Result<f64> {
        let mut value = self.tallystick(directory);
        value
            .args(["ledger", "value"])
            .arg(ledger)
            .args(ACCOUNTS)
            .arg("--json");
        time(&mut value)
    }

    pub fn demo_ledger(&self, directory: &Path) -> Result<String> {
        process::read(self.tallystick(directory).args(["demo", "--print-ledger"]))
    }

    /// The demo over its own portfolios; its data lie in the directory or in the database.
    pub fn serve_demo(&self, database: &str, directory: &Path) -> Result<Server> {
        let mut demo = self.tallystick(directory);
        demo.args([
            "demo",
            "--port",
            &testservers::free_port()?.to_string(),
            "--json",
        ]);
        Server::start(demo.env(DATABASE_VARIABLE, database))
    }

    pub fn serve_bare(&self, bytes: usize) -> Result<Server> {
        let mut bare = Command::new(&self.xtask);
        bare.args(["bare-server", "--port", "0", "--bytes", &bytes.to_string()]);
        Server::start(&mut bare)
    }

    /// In a directory of its own, so that no configuration file of the caller's is read.
    fn tallystick(&self, directory: &Path) -> Command {
        let mut command = Command::new(&self.tallystick);
        command
            .current_dir(directory)
            .env_remove(DATABASE_VARIABLE)
            .stdin(Stdio::null());
        command
    }
}

/// Milliseconds that a command takes from its start to its end.
pub fn time(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    process::read(command)?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}
