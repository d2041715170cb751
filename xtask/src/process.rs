//! Child processes: cargo, programs on the PATH, and what a signal does to them.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

static SIGNALS: AtomicUsize = AtomicUsize::new(0);
static CHILD_GROUP: AtomicI32 = AtomicI32::new(0);

/// From here on Ctrl-C and SIGTERM end the running child and let this process unwind, so that
/// guards clean up behind it.
pub fn unwind_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        SIGNALS.fetch_add(1, Ordering::SeqCst);
        forward_signal();
    })
    .context("cannot handle signals")
}

pub fn interrupted() -> bool {
    SIGNALS.load(Ordering::SeqCst) > 0
}

pub fn stop_if_interrupted() -> Result<()> {
    ensure!(!interrupted(), "interrupted");
    Ok(())
}

fn forward_signal() {
    let group = CHILD_GROUP.load(Ordering::SeqCst);
    let signal = if SIGNALS.load(Ordering::SeqCst) > 1 {
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
    stop_if_interrupted()?;
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", describe(command)))?;
    ensure!(
        output.status.success(),
        "{} failed: {}",
        describe(command),
        output.status
    );
    String::from_utf8(output.stdout).with_context(|| format!("{} printed bytes", describe(command)))
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

fn describe(command: &Command) -> String {
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
