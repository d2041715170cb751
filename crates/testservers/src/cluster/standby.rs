//! Streaming standbys: making one, promoting it, and holding it back.

use std::fs::OpenOptions;
use std::io::Write;

use anyhow::Result;

use super::{Cluster, ROLE, wait_until};
use crate::process;

/// So that a standby that was stopped or held back for a while can still follow.
const KEPT_LOG: &str = "256MB";

impl Cluster {
    /// A copy of this running cluster that follows it, with a port of its own, and answers
    /// reads. The primary knows it by `name`, in `pg_stat_replication` and for
    /// `synchronous_standby_names`; the copy itself begins with no such names.
    ///
    /// To lead its stream through a proxy, `set` its `primary_conninfo`.
    pub fn standby(&self, name: &str) -> Result<Self> {
        self.set("wal_keep_size", KEPT_LOG)?;
        let (durability, extra) = (self.durability, &self.extra_settings);
        let mut standby = Self::without_data(self.binaries.clone(), durability, extra)?;
        standby.copy(self, name)?;
        standby.first_start()?;
        Ok(standby)
    }

    fn copy(&self, primary: &Self, name: &str) -> Result<()> {
        let primary = format!(
            "host=127.0.0.1 port={} user={ROLE} application_name={name}",
            primary.port
        );
        let mut copy = self.command("pg_basebackup");
        copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync"])
            .args(["-d", &primary, "-D"])
            .arg(self.data());
        process::read_quietly(&mut copy)?;
        // A copied list would let a promoted standby wait for itself.
        let settings = self.data().join("postgresql.auto.conf");
        let mut settings = OpenOptions::new().append(true).open(settings)?;
        Ok(writeln!(settings, "synchronous_standby_names = ''")?)
    }

    /// Makes a standby a primary and waits until it takes writes.
    pub fn promote(&self) -> Result<()> {
        process::read_quietly(&mut self.pg_ctl("promote")).map(drop)
    }

    /// Whether it follows another server, or recovers from a crash.
    pub fn is_standby(&self) -> Result<bool> {
        Ok(self.psql("postgres", "SELECT pg_is_in_recovery()")? == "t")
    }

    /// Holds a standby back: from its return on, it receives changes but does not show them.
    pub fn pause_replay(&self) -> Result<()> {
        self.psql("postgres", "SELECT pg_wal_replay_pause()")?;
        let state = "SELECT pg_get_wal_replay_pause_state()";
        wait_until("the replay stands still", || {
            Ok(self.psql("postgres", state)? == "paused")
        })
    }

    /// Lets a standby that was held back go on.
    pub fn resume_replay(&self) -> Result<()> {
        self.psql("postgres", "SELECT pg_wal_replay_resume()")
            .map(drop)
    }

    /// Waits until this standby shows all that the primary has written by now.
    pub fn catch_up_with(&self, primary: &Self) -> Result<()> {
        // A position that a record ends at, flushed, whatever the settings say about commits.
        let mark = "SET LOCAL synchronous_commit = local; \
                    SELECT pg_logical_emit_message(true, 'testservers', '')";
        let written = primary.psql("postgres", mark)?;
        let shows_it = format!("SELECT pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
        wait_until("the standby has caught up", || {
            Ok(self.psql("postgres", &shows_it)? == "t")
        })
    }
}
