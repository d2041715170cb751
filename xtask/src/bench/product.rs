//! The product's command line, as far as the bench uses it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::Value;

use super::server::Server;
use crate::previous;
use crate::process;
use crate::workspace::Workspace;

const DATABASE_VARIABLE: &str = "DATABASE_URL";
/// All load comes from one address, with one credential, and may last: its requests are counted and
/// its token's end is looked at, and neither is ever reached.
const UNREACHED_LIMITS: [(&str, &str); 6] = [
    ("TALLYSTICK__LIMITS__ADDRESS_PER_MINUTE", "100000000"),
    ("TALLYSTICK__LIMITS__ADDRESS_BURST", "100000000"),
    ("TALLYSTICK__LIMITS__CREDENTIAL_PER_MINUTE", "100000000"),
    ("TALLYSTICK__LIMITS__CREDENTIAL_BURST", "100000000"),
    ("TALLYSTICK__LIMITS__STREAMS_PER_USER", "1000000"),
    ("TALLYSTICK__AUTH__ACCESS_TOKEN_MINUTES", "60"),
];
/// Every portfolio of the example ledger lies under it.
const ACCOUNTS: [&str; 2] = ["--accounts", "Assets"];

/// How the programs are built that are measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Release,
    /// Not optimized: only to try whether a measurement works.
    Debug,
}

impl Profile {
    pub fn build(self, workspace: &Workspace, what: &[&str]) -> Result<()> {
        let mut build = process::cargo(&workspace.root);
        build.args(["build", "--locked"]).args(what);
        if self == Self::Release {
            build.arg("--release");
        }
        process::run(&mut build)
    }

    pub fn directory(self, workspace: &Workspace) -> PathBuf {
        workspace.target.join(match self {
            Self::Release => "release",
            Self::Debug => "debug",
        })
    }
}

impl Profile {
    /// An example that was built.
    pub fn example(self, workspace: &Workspace, name: &str) -> Command {
        Command::new(self.directory(workspace).join("examples").join(name))
    }
}

/// The builds of the product and of the bare handler.
pub struct Product {
    tallystick: PathBuf,
    xtask: PathBuf,
    settings: &'static [(&'static str, &'static str)],
}

/// One import of a ledger, in milliseconds.
pub struct Import {
    pub inside: f64,
    pub whole_process: f64,
}

impl Product {
    pub fn build(workspace: &Workspace, profile: Profile) -> Result<Self> {
        profile.build(workspace, &["--bins", "-p", "tallystick", "-p", "xtask"])?;
        let directory = profile.directory(workspace);
        Ok(Self {
            tallystick: directory.join("tallystick"),
            xtask: directory.join("xtask"),
            settings: &UNREACHED_LIMITS,
        })
    }

    /// The release before this one, which knew no accounts and no limits.
    pub fn find_or_build_previous(workspace: &Workspace, profile: Profile) -> Result<Self> {
        Ok(Self {
            tallystick: previous::find_or_build(workspace, profile)?,
            xtask: profile.directory(workspace).join("xtask"),
            settings: &[],
        })
    }

    pub fn migrate(&self, database: &str, directory: &Path) -> Result<()> {
        self.run(&["migrate", "up"], database, directory)
            .map(|_| ())
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

    /// Runs a command to its end; answers what it printed.
    pub fn run(&self, arguments: &[&str], database: &str, directory: &Path) -> Result<String> {
        process::read(&mut self.command(arguments, database, directory))
    }

    pub fn command(&self, arguments: &[&str], database: &str, directory: &Path) -> Command {
        let mut command = self.tallystick(directory);
        command.args(arguments).env(DATABASE_VARIABLE, database);
        command
    }

    /// With the settings that it has by default; its log goes to a file, as that of a service.
    pub fn serve(&self, database: &str, directory: &Path) -> Result<Server> {
        let mut serve = self.tallystick(directory);
        serve.args(["serve", "--port", "0", "--json"]);
        serve.stderr(File::create(directory.join("serve.log"))?);
        Server::start(serve.env(DATABASE_VARIABLE, database))
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
            .envs(self.settings.iter().copied())
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
