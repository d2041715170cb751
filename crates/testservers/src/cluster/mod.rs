//! A throw-away PostgreSQL cluster: made for one run, gone with its guard.

mod binaries;
mod port;
mod postmaster;
mod server;
mod standby;
mod watchdog;

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::unistd::{User, geteuid};
use tempfile::TempDir;

use crate::process;

pub use binaries::find_postgres;
pub use port::free_port;
pub use server::StopMode;
use watchdog::Watchdog;

const ROLE: &str = "tallystick";
/// How long the server may take for what it does soon.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// What a crash of the machine may cost. A crash of the server alone costs nothing with
/// `Committed`, and with `Throwaway` what was committed in its last moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Everything: for tests.
    Throwaway,
    /// Nothing that was committed: for measurements, and for tests of crashes.
    Committed,
}

/// A PostgreSQL server of its own on 127.0.0.1. Dropping it stops the server and removes its
/// directory; if this process is killed, that happens all the same.
///
/// Its functions block; a test on an asynchronous runtime calls them from a thread that may.
#[derive(Debug)]
pub struct Cluster {
    binaries: PathBuf,
    owner: Option<User>,
    port: u16,
    durability: Durability,
    extra_settings: String,
    /// Sent away before the directory is removed.
    _watchdog: Watchdog,
    directory: TempDir,
}

impl Cluster {
    /// A running cluster with the usual settings.
    pub fn start(durability: Durability) -> Result<Self> {
        Self::start_with(durability, "")
    }

    /// A running cluster with lines of `postgresql.conf` that win over the usual ones.
    pub fn start_with(durability: Durability, extra_postgresql_conf: &str) -> Result<Self> {
        let binaries = binaries::find_or_install()?;
        let mut cluster = Self::without_data(binaries, durability, extra_postgresql_conf)?;
        cluster.initialize()?;
        cluster.first_start()?;
        Ok(cluster)
    }

    fn without_data(binaries: PathBuf, durability: Durability, extra: &str) -> Result<Self> {
        let owner = unprivileged_user()?;
        let directory = tempfile::Builder::new()
            .prefix("tallystick-postgres-")
            .tempdir()?;
        if let Some(user) = &owner {
            chown(&directory, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
        }
        let watchdog = Watchdog::start(&binaries, directory.path(), owner.as_ref())?;
        Ok(Self {
            binaries,
            owner,
            port: 0,
            durability,
            extra_settings: extra.to_owned(),
            _watchdog: watchdog,
            directory,
        })
    }

    fn initialize(&self) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb
            .args(["-A", "trust", "--no-sync", "-U", ROLE, "-E", "UTF8"])
            .args(["--locale=C", "-D"])
            .arg(self.data());
        process::read_quietly(&mut initdb).map(drop)
    }

    /// The port on 127.0.0.1; the same as long as the cluster lives.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database in the cluster, for a role that may do everything.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{ROLE}@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let port = self.port.to_string();
        let connection = ["-h", "127.0.0.1", "-p", &port, "-U", ROLE];
        process::read_quietly(self.command("createdb").args(connection).arg(name)).map(drop)
    }

    /// What psql prints, unaligned and without headers. Several statements in one call share a
    /// transaction.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = self.command("psql");
        psql.env("PGCONNECT_TIMEOUT", "10")
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(["-d", &self.url(database), "-c", sql]);
        Ok(process::read_quietly(&mut psql)?.trim_end().to_owned())
    }

    /// Changes a setting and waits until new connections see it. One that needs a restart waits
    /// for `restart_fast`.
    pub fn set(&self, name: &str, value: &str) -> Result<()> {
        let value = value.replace('\'', "''");
        self.psql("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'"))?;
        let loaded_at = || self.psql("postgres", "SELECT pg_conf_load_time()");
        let before = loaded_at()?;
        self.psql("postgres", "SELECT pg_reload_conf()")?;
        wait_until("the settings are read again", || Ok(loaded_at()? != before))
    }

    /// A program of PostgreSQL's, as the cluster's owner: the server refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        as_owner(&mut command, self.owner.as_ref());
        command
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }
}

fn as_owner(command: &mut Command, owner: Option<&User>) {
    if let Some(user) = owner {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
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

fn wait_until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !holds().with_context(|| format!("waiting until {what}"))? {
        ensure!(start.elapsed() < PATIENCE, "in vain waited until {what}");
        process::stop_if_interrupted()?;
        sleep(POLL);
    }
    Ok(())
}
