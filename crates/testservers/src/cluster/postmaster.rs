//! The server's main process and its children, as the system sees them.

use std::fs;

use anyhow::Result;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid as SignalledPid;
use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate};
use sysinfo::{System, UpdateKind};

use super::{Cluster, wait_until};

/// A main process that is known to be the cluster's own.
pub(super) struct Postmaster(Pid);

impl Cluster {
    /// `None` if it is gone. A number in a file that a crash left behind may be another program's
    /// by now, so the process must also stand in the cluster's data directory.
    pub(super) fn postmaster(&self) -> Option<Postmaster> {
        let pid_file = fs::read_to_string(self.pid_file()).ok()?;
        let pid: Pid = pid_file.lines().next()?.trim().parse().ok()?;
        let mut system = System::new();
        let with_directory = ProcessRefreshKind::nothing().with_cwd(UpdateKind::Always);
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, with_directory);
        let process = system.process(pid).filter(|process| is_alive(process))?;
        let data = fs::canonicalize(self.data()).ok()?;
        (process.cwd() == Some(&data)).then_some(Postmaster(pid))
    }
}

impl Postmaster {
    /// Returns when none of them is left, since the next server refuses to start before that.
    pub(super) fn kill_with_children(&self) -> Result<()> {
        // A stopped process makes no children behind the list's back.
        signal(self.0, Signal::SIGSTOP)?;
        let mut victims = children_of(self.0);
        victims.push(self.0);
        for victim in &victims {
            signal(*victim, Signal::SIGKILL)?;
        }
        wait_until("the killed server's processes are gone", || {
            Ok(!any_alive(&victims))
        })
    }
}

fn signal(pid: Pid, signal: Signal) -> Result<()> {
    match kill(SignalledPid::from_raw(i32::try_from(pid.as_u32())?), signal) {
        // A child may end by itself in between.
        Ok(()) | Err(nix::Error::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn children_of(parent: Pid) -> Vec<Pid> {
    let mut system = System::new();
    refresh(&mut system, ProcessesToUpdate::All);
    let processes = system.processes().iter();
    processes
        .filter(|(_, process)| process.parent() == Some(parent))
        .map(|(pid, _)| *pid)
        .collect()
}

fn any_alive(pids: &[Pid]) -> bool {
    let mut system = System::new();
    refresh(&mut system, ProcessesToUpdate::Some(pids));
    pids.iter()
        .filter_map(|pid| system.process(*pid))
        .any(is_alive)
}

fn refresh(system: &mut System, which: ProcessesToUpdate) {
    system.refresh_processes_specifics(which, true, ProcessRefreshKind::nothing());
}

/// One that has ended but was not reaped holds no memory and no port.
fn is_alive(process: &Process) -> bool {
    !matches!(
        process.status(),
        ProcessStatus::Zombie | ProcessStatus::Dead
    )
}
