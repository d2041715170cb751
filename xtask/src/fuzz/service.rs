//! A service of its own for one run: its database, its folder and its users go with it.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::bench::server::Server;
use crate::process;

/// What is asked too often here is what a run is for.
const NO_LIMITS: [&str; 4] = [
    "TALLYSTICK__LIMITS__ADDRESS_PER_MINUTE",
    "TALLYSTICK__LIMITS__CREDENTIAL_PER_MINUTE",
    "TALLYSTICK__LIMITS__LOGIN_PER_MINUTE",
    "TALLYSTICK__LIMITS__REFUSALS_PER_MINUTE",
];
const SETTINGS: [&str; 4] = ["TALLYSTICK", "DATABASE_", "DB_", "PG"];

/// The program in a folder of its own, over a database of its own.
pub struct Home {
    program: PathBuf,
    database: Option<String>,
    folder: TempDir,
}

impl Home {
    /// `database` is the URL of an empty one; without it there is a file of SQLite's in the folder.
    pub fn new(program: PathBuf, database: Option<String>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("config"))?;
        let home = Self {
            program,
            database,
            folder,
        };
        home.run(&["migrate", "up"])?;
        Ok(home)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        process::read(&mut self.command(arguments))
    }

    /// What a command with `--json` prints.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let printed = self.run(&[arguments, &["--json"]].concat())?;
        serde_json::from_str(&printed)
            .with_context(|| format!("{} printed no JSON", arguments.join(" ")))
    }

    /// Adds a user with this password.
    pub fn add_user(&self, email: &str, role: &str, password: &str) -> Result<()> {
        let mut add = self.command(&["user", "add", email, "--role", role, "--password-stdin"]);
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = child.stdin.take().context("no standard input")?;
        writeln!(input, "{password}")?;
        drop(input);
        let status = child.wait()?;
        ensure!(status.success(), "user add {email} failed: {status}");
        Ok(())
    }

    pub fn serve(&self) -> Result<Server> {
        let mut serve = self.command(&["serve", "--port", "0", "--json"]);
        Server::start(serve.stderr(File::create(self.folder().join("serve.log"))?))
    }

    /// What the service has logged as its own faults.
    pub fn logged_errors(&self) -> Result<Vec<String>> {
        let log = fs::read_to_string(self.folder().join("serve.log"))?;
        // The HTTP library takes a malformed head, which it refuses, for an error of its own.
        let is_error = |line: &&str| line.contains(" ERROR ") && !line.contains(" actix_http::");
        let errors = log.lines().filter(is_error);
        Ok(errors.map(str::to_owned).collect())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if SETTINGS
                .iter()
                .any(|start| name.to_string_lossy().starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder())
            .envs(NO_LIMITS.map(|name| (name, "0")))
            .env("TALLYSTICK__LOG__LEVEL", "warn")
            // The hooks tell addresses apart, from which logins may fail.
            .env("TALLYSTICK__SERVER__TRUSTED_PROXIES", "127.0.0.1")
            .env("TALLYSTICK__SERVER__METRICS", "open")
            .env("TALLYSTICK__SIGNALS__PRODUCERS_FILE", "producers.toml")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        if let Some(url) = &self.database {
            command.env("DATABASE_URL", url);
        }
        command
    }
}
