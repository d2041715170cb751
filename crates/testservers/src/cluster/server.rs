//! Starting, stopping and killing the server.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use super::{Cluster, Durability, PATIENCE, free_port};
use crate::process;

const START_ATTEMPTS: usize = 3;

/// How the server is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Waits until every client has left.
    Smart,
    /// Rolls back what is open and says good-bye.
    Fast,
    /// Drops everything; the next start recovers from the log.
    Immediate,
}

impl StopMode {
    fn name(self) -> &'static str {
        match self {
            Self::Smart => "smart",
            Self::Fast => "fast",
            Self::Immediate => "immediate",
        }
    }
}

impl Cluster {
    /// Stops the server and waits until it has.
    pub fn stop(&self, mode: StopMode) -> Result<()> {
        process::read_quietly(self.pg_ctl("stop").args(["-m", mode.name()])).map(drop)
    }

    /// Starts a stopped or killed server on the port that it had.
    pub fn start_again(&self) -> Result<()> {
        ensure!(!self.is_running(), "the server is running");
        self.launch()
    }

    /// Ends every connection, rolls back what is open, and starts again on the same port.
    pub fn restart_fast(&self) -> Result<()> {
        self.stop(StopMode::Fast)?;
        self.start_again()
    }

    /// Whether the server's main process is there; it may still be recovering.
    pub fn is_running(&self) -> bool {
        self.postmaster().is_some()
    }

    /// Kills the server and all of its processes with SIGKILL, as a crash does, and returns when
    /// none is left.
    pub fn kill_9(&self) -> Result<()> {
        let postmaster = self.postmaster().context("the server is not running")?;
        postmaster.kill_with_children()?;
        // They name a process that looks alive to the next server until somebody reaps it.
        fs::remove_file(self.pid_file())?;
        Ok(fs::remove_file(self.socket_lock())?)
    }

    /// Another process may take the free port before the server does, hence the attempts.
    pub(super) fn first_start(&mut self) -> Result<()> {
        let initial = fs::read_to_string(self.configuration())?;
        for attempt in 1..=START_ATTEMPTS {
            self.port = free_port()?;
            let settings = self.settings();
            fs::write(self.configuration(), format!("{initial}\n{settings}"))?;
            match self.launch() {
                Err(_) if attempt < START_ATTEMPTS && !process::interrupted() => {}
                outcome => return outcome,
            }
        }
        bail!("PostgreSQL does not start")
    }

    fn launch(&self) -> Result<()> {
        let mut start = self.pg_ctl("start");
        match process::read_quietly(start.arg("-l").arg(self.log())) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.context(format!(
                "PostgreSQL does not start; its log ends:\n{}",
                self.log_tail()
            ))),
        }
    }

    pub(super) fn pg_ctl(&self, action: &str) -> std::process::Command {
        let mut pg_ctl = self.command("pg_ctl");
        let patience = PATIENCE.as_secs().to_string();
        pg_ctl.args([action, "-s", "-w", "-t", &patience, "-D"]);
        pg_ctl.arg(self.data());
        pg_ctl
    }

    fn settings(&self) -> String {
        let speed = match self.durability {
            Durability::Throwaway => {
                "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"
            }
            Durability::Committed => "",
        };
        format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\n\
             max_connections = 300\n{speed}{}\n",
            self.port,
            self.directory.path().display(),
            self.extra_settings,
        )
    }

    fn configuration(&self) -> PathBuf {
        self.data().join("postgresql.conf")
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    fn socket_lock(&self) -> PathBuf {
        let name = format!(".s.PGSQL.{}.lock", self.port);
        self.directory.path().join(name)
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
        if !self.pid_file().exists() {
            return;
        }
        let mut stop = self.pg_ctl("stop");
        // In a group of its own, so that a second Ctrl-C does not end the clean-up.
        let stopped = stop.args(["-m", "immediate"]).process_group(0).output();
        if !stopped.is_ok_and(|output| output.status.success()) {
            eprintln!(
                "PostgreSQL in {} did not stop",
                self.directory.path().display()
            );
        }
    }
}
