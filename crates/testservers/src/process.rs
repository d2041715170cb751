//! Child processes that run to their end, and the wish to stop before the next one.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};

static INTERRUPTIONS: AtomicUsize = AtomicUsize::new(0);

/// For a signal handler: no further program is started, so that guards can clean up.
pub fn interrupt() {
    INTERRUPTIONS.fetch_add(1, Ordering::SeqCst);
}

/// How often this process was told to stop.
pub fn interruptions() -> usize {
    INTERRUPTIONS.load(Ordering::SeqCst)
}

/// Whether this process was told to stop.
pub fn interrupted() -> bool {
    interruptions() > 0
}

/// Fails if this process was told to stop.
pub fn stop_if_interrupted() -> Result<()> {
    ensure!(!interrupted(), "interrupted");
    Ok(())
}

/// Where a program lies on the PATH.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
}

/// Runs a command to its end with its output on the terminal; fails if it did.
pub fn run(command: &mut Command) -> Result<()> {
    stop_if_interrupted()?;
    let status = command
        .status()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    ensure!(status.success(), "{} failed: {status}", describe(command));
    Ok(())
}

/// What a command prints on its standard output; its errors go to the terminal.
pub fn read(command: &mut Command) -> Result<String> {
    read_output(command.stderr(Stdio::inherit()))
}

/// What a command prints on its standard output; its errors are part of the failure.
pub fn read_quietly(command: &mut Command) -> Result<String> {
    read_output(command.stderr(Stdio::piped()))
}

fn read_output(command: &mut Command) -> Result<String> {
    stop_if_interrupted()?;
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .output()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    if !status.success() {
        let errors = String::from_utf8_lossy(&stderr);
        let failure = format!("{} failed: {status}\n{errors}", describe(command));
        bail!("{}", failure.trim_end());
    }
    String::from_utf8(stdout).with_context(|| format!("{} printed bytes", describe(command)))
}

/// The command's name and arguments, for a message.
pub fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words: Vec<_> = std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}

/// The first line of a program's `--version`, if it runs.
pub fn version_line(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().next() {
        Some(line) if output.status.success() => Ok(line.trim().to_owned()),
        _ => bail!("{} failed: {}", describe(command), output.status),
    }
}
