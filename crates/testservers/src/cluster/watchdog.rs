//! Cleans up behind a process that ends without dropping its clusters: test runners kill.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use nix::unistd::User;

use super::as_owner;

/// Its input ends when this process does, however that happens. A program that this process
/// started may still be at work in the directory, hence the attempts.
const SCRIPT: &str = r#"
read -r _
for attempt in 1 2 3 4 5; do
    "$1" -D "$2/data" -m immediate -w stop
    rm -rf "$2" && exit
    sleep 1
done"#;

/// A shell that waits for this process's end. Dropping it sends it away.
#[derive(Debug)]
pub(super) struct Watchdog(Child);

impl Watchdog {
    pub fn start(binaries: &Path, directory: &Path, owner: Option<&User>) -> Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", SCRIPT, "watchdog"])
            .arg(binaries.join("pg_ctl"))
            .arg(directory)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A signal to this process's group is what it must outlive.
            .process_group(0);
        as_owner(&mut shell, owner);
        shell.spawn().map(Self).context("cannot run /bin/sh")
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // Before the pipe closes, or it would set to work.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
