//! Programs of others that are told of a pack.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    process::{Child, Command},
    time::timeout,
};

/// Runs a program with a pack's id as its only argument, and waits for it. What it prints goes to standard
/// error. `Err` says how it failed; `setting` is what names it, since who reads the steps need not know where
/// programs lie on this machine.
pub async fn run(
    setting: &str,
    program: &Path,
    pack_id: &str,
    patience: Duration,
) -> Result<(), String> {
    let child = Command::new(program)
        .arg(pack_id)
        .stdin(Stdio::null())
        .stdout(io::stderr())
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| format!("{setting} cannot be run: {error}"))?;
    match timeout(patience, child.wait()).await {
        Ok(Ok(status)) => judge(status).map_err(|how| format!("{setting} {how}")),
        Ok(Err(error)) => Err(format!("{setting} was lost: {error}")),
        Err(_) => {
            stop(&child);
            let _ = child.wait().await;
            Err(format!(
                "{setting} was stopped after {} s; pricing.hook_timeout_s gives it longer",
                patience.as_secs()
            ))
        }
    }
}

/// With all that it has started itself; what has ended meanwhile is no matter.
fn stop(child: &Child) {
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(id) = id {
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
}

fn judge(status: ExitStatus) -> Result<(), String> {
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => Err(format!("ended with status {code}")),
        None => Err("was killed".to_owned()),
    }
}
