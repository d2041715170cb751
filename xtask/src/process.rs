//! Child processes: cargo, programs on the PATH, and what a signal does to them.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use testservers::process::{describe, interrupt, interruptions};
pub use testservers::process::{
    find_program, interrupted, read, run, stop_if_interrupted, version_line,
};

static CHILD_GROUP: AtomicI32 = AtomicI32::new(0);

/// From here on Ctrl-C and SIGTERM end the running child and let this process unwind, so that
/// guards clean up behind it.
pub fn unwind_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        interrupt();
        forward_signal();
    })
    .context("cannot handle signals")
}

fn forward_signal() {
    let group = CHILD_GROUP.load(Ordering::SeqCst);
    let signal = if interruptions() > 1 {
        Signal::SIGKILL
    } else {
        Signal::SIGTERM
    };
    if group > 0 {
        // The group may be gone already, which is what the signal is for.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

/// `cargo`, as if it was called from a shell. What `cargo run` sets for this program is removed:
/// build scripts that read it (ring's does) would otherwise rebuild half of the tree each time.
pub fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command.current_dir(directory).stdin(Stdio::null());
    command
}

/// Runs a command in a process group of its own, shows its output as it comes, and passes each
/// line without colours to `on_line`. A signal to this process ends the whole group.
pub fn watch(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    stop_if_interrupted()?;
    let (reader, writer) = io::pipe()?;
    command
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .stdin(Stdio::null())
        .process_group(0);
    if io::stdout().is_terminal() && env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    // The command keeps the pipe's writing ends; while it does, the reader sees no end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    CHILD_GROUP.store(i32::try_from(child.id())?, Ordering::SeqCst);
    if interrupted() {
        forward_signal();
    }
    let shown = show_lines(reader, &mut on_line);
    let status = child.wait();
    CHILD_GROUP.store(0, Ordering::SeqCst);
    shown?;
    Ok(status?)
}

/// Runs a command in a process group of its own, with its output in a file. A signal to this process
/// ends the whole group.
pub fn watch_into(command: &mut Command, file: &Path) -> Result<ExitStatus> {
    let output = File::create(file)?;
    command.stdout(output.try_clone()?).stderr(output);
    let mut child = command
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    CHILD_GROUP.store(i32::try_from(child.id())?, Ordering::SeqCst);
    if interrupted() {
        forward_signal();
    }
    let status = child.wait();
    CHILD_GROUP.store(0, Ordering::SeqCst);
    Ok(status?)
}

fn show_lines(reader: io::PipeReader, on_line: &mut impl FnMut(&str)) -> Result<()> {
    let mut stdout = io::stdout().lock();
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        stdout.write_all(&line)?;
        stdout.flush()?;
        let text = String::from_utf8_lossy(&line);
        on_line(anstream::adapter::strip_str(&text).to_string().trim_end());
        line.clear();
    }
    Ok(())
}
