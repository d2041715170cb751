//! The binary of the release before this one, for tests of what it makes of this version's schema.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::bench::product::Profile;
use crate::process;
use crate::workspace::Workspace;

pub const BINARY_VARIABLE: &str = "TALLYSTICK_PREVIOUS_BINARY";
const NAMED_IN: &str = "xtask/previous-release";

/// The configured binary, or the one under target/, if it is there.
pub fn find(workspace: &Workspace) -> Option<PathBuf> {
    let configured = env::var_os(BINARY_VARIABLE).filter(|value| !value.is_empty());
    let binary = match configured {
        Some(configured) => PathBuf::from(configured),
        None => folder(workspace, &commit(workspace).ok()?, Profile::Debug).join("tallystick"),
    };
    binary.is_file().then_some(binary)
}

pub fn find_or_build(workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
    let commit = commit(workspace)?;
    let folder = folder(workspace, &commit, profile);
    let binary = folder.join("tallystick");
    if binary.is_file() {
        return Ok(binary);
    }
    require(workspace, &commit)?;
    fs::create_dir_all(&folder)?;
    let source = tempfile::Builder::new()
        .prefix("source")
        .tempdir_in(&folder)?;
    extract(workspace, &commit, &source)?;
    let built = build(workspace, source.path(), profile);
    // The workspace's own binary has the same place: it is linked again by the next build.
    touch(&workspace.root.join("crates/tallystick/src/main.rs"))?;
    fs::copy(built?, folder.join("unfinished"))?;
    fs::rename(folder.join("unfinished"), &binary)?;
    Ok(binary)
}

/// The commit that the file names: the only line that is no comment.
fn commit(workspace: &Workspace) -> Result<String> {
    let text = fs::read_to_string(workspace.root.join(NAMED_IN)).context(NAMED_IN)?;
    let mut lines = text.lines().map(str::trim);
    let commit = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    let commit = commit.with_context(|| format!("{NAMED_IN} names no commit"))?;
    let is_whole = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(
        is_whole,
        "{NAMED_IN} names {commit:?}: give all 40 digits of a commit"
    );
    Ok(commit.to_owned())
}

fn folder(workspace: &Workspace, commit: &str, profile: Profile) -> PathBuf {
    let folder = workspace.target.join("previous").join(commit);
    match profile {
        Profile::Debug => folder,
        Profile::Release => folder.join("release"),
    }
}

fn git(workspace: &Workspace) -> Command {
    let mut git = Command::new("git");
    git.current_dir(&workspace.root).stdin(Stdio::null());
    git
}

fn require(workspace: &Workspace, commit: &str) -> Result<()> {
    let mut ask = git(workspace);
    ask.args(["cat-file", "-e", &format!("{commit}^{{commit}}")]);
    let asked = ask.stderr(Stdio::null()).status();
    ensure!(
        asked.is_ok_and(|status| status.success()),
        "the previous release, commit {commit}, is not in this clone; `git fetch --unshallow` brings it"
    );
    Ok(())
}

/// With the present time for each file, not the commit's: cargo takes what is older than a result for done.
fn extract(workspace: &Workspace, commit: &str, source: &TempDir) -> Result<()> {
    let archive = source.path().join("source.tar");
    let mut pack = git(workspace);
    pack.args(["archive", "--format=tar", "--output"]);
    process::run(pack.arg(&archive).arg(commit))?;
    let mut unpack = Command::new("tar");
    unpack
        .arg("-xmf")
        .arg(&archive)
        .arg("-C")
        .arg(source.path());
    process::run(&mut unpack)
}

/// In the workspace's own target folder, where most dependencies are built already.
///
/// Two versions of one package would be one to cargo, each taking the other's result for its own. They
/// are told apart by whether they have lines for backtraces, which changes nothing for dependencies from
/// elsewhere, nor for the code that is made. They have the features that the whole workspace asks for.
fn build(workspace: &Workspace, source: &Path, profile: Profile) -> Result<PathBuf> {
    let mut cargo = process::cargo(source);
    cargo
        .args([
            "build",
            "--locked",
            "--quiet",
            "--workspace",
            "--bin",
            "tallystick",
        ])
        .arg("--target-dir")
        .arg(&workspace.target)
        .stdout(std::io::stderr());
    match profile {
        Profile::Debug => cargo.env("CARGO_PROFILE_DEV_DEBUG", "none"),
        Profile::Release => cargo.arg("--release").args([
            "--config",
            "profile.release.debug=\"line-tables-only\"",
            "--config",
            "profile.release.package.\"*\".debug=false",
        ]),
    };
    process::run(&mut cargo)?;
    Ok(profile.directory(workspace).join("tallystick"))
}

fn touch(file: &Path) -> Result<()> {
    let opened = fs::File::options().append(true).open(file)?;
    Ok(opened.set_modified(std::time::SystemTime::now())?)
}
