//! A throw-away PostgreSQL cluster: made for one run, gone with its guard.

mod binaries;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use nix::unistd::{User, geteuid};
use tempfile::TempDir;

use crate::process;

const ROLE: &str = "tallystick";
const START_ATTEMPTS: usize = 3;

/// What a crash of the machine may cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything: for tests.
    Throwaway,
    /// Nothing that was committed: for measurements.
    Committed,
}

/// A running cluster. Dropping it stops the server and removes its directory.
pub struct Cluster {
    binaries: PathBuf,
    owner: Option<User>,
    port: u16,
    directory: TempDir,
}

impl Cluster {
    pub fn start(durability: Durability) -> Result<Self> {
        let binaries = binaries::find_or_install()?;
        let owner = unprivileged_user()?;
        let directory = tempfile::Builder::new()
            .prefix("tallystick-postgres-")
            .tempdir()?;
        if let Some(user) = &owner {
            chown(&directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let mut cluster = Self {
            binaries,
            owner,
            port: 0,
            directory,
        };
        cluster.initialize()?;
        cluster.start_server(durability)?;
        Ok(cluster)
    }

    /// The URL of a database in the cluster, for a role that may do everything.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn create_database(&self, name: &str) -> Result<()> {
        let port = self.port.to_string();
        let connection = ["-h", "127.0.0.1", "-p", &port, "-U", ROLE];
        process::run(self.command("createdb").args(connection).arg(name))
    }

    fn initialize(&self) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb.args([
            "-A",
            "trust",
            "--no-sync",
            "-U",
            ROLE,
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
        ]);
        process::read(initdb.arg(self.data())).map(|_| ())
    }

    /// Another process may take the free port before the server does, hence the attempts.
    fn start_server(&mut self, durability: Durability) -> Result<()> {
        let initial = fs::read_to_string(self.configuration())?;
        for attempt in 1..=START_ATTEMPTS {
            self.port = free_port()?;
            let settings = self.settings(durability);
            fs::write(self.configuration(), format!("{initial}\n{settings}"))?;
            let mut start = self.command("pg_ctl");
            start
                .arg("-D")
                .arg(self.data())
                .arg("-l")
                .arg(self.log())
                .args(["-w", "start"]);
            match process::read(&mut start) {
                Ok(_) => return Ok(()),
                Err(error) if attempt == START_ATTEMPTS || process::interrupted() => {
                    eprintln!("{}", self.log_tail());
                    return Err(error.context("PostgreSQL does not start; its log ends as above"));
                }
                Err(_) => {}
            }
        }
        bail!("PostgreSQL does not start")
    }

    fn settings(&self, durability: Durability) -> String {
        let speed = match durability {
            Durability::Throwaway => {
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
            }
            Durability::Committed => "",
        };
        format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\n\
             max_connections = 300\n{speed}",
            self.port,
            self.directory.path().display(),
        )
    }

    /// A program of PostgreSQL's, as the cluster's owner: the server refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        if let Some(user) = &self.owner {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn configuration(&self) -> PathBuf {
        self.data().join("postgresql.conf")
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("server.log")
    }

    fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.data().join("postmaster.pid").exists() {
            return;
        }
        let mut stop = self.command("pg_ctl");
        stop.arg("-D")
            .arg(self.data())
            .args(["-m", "immediate", "-w", "stop"]);
        // In a group of its own, so that a second Ctrl-C does not end the clean-up.
        let stopped = stop.process_group(0).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            eprintln!(
                "PostgreSQL in {} did not stop",
                self.directory.path().display()
            );
        }
    }
}

fn unprivileged_user() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    let port = listener.local_addr()?.port();
    ensure!(port > 0, "no free port on 127.0.0.1");
    Ok(port)
}
