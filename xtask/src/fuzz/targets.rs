//! `cargo xtask fuzz target` and `targets`: the fuzzer on what reads foreign bytes (docs/fuzzing.md).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::bench::machine;
use crate::bench::report::Table;
use crate::process;
use crate::workspace::Workspace;

/// What is kept of a target's findings in the repository: small files, and not many.
const LARGEST_FILE: u64 = 1024;
const LARGEST_CORPUS: u64 = 8 * 1024;

/// No input takes as long; one that does is a finding.
const SECONDS_AN_INPUT: u32 = 10;

#[derive(Args)]
pub struct Length {
    /// How long each target runs
    #[arg(long, default_value_t = 600)]
    seconds: u64,
}

/// Runs the target of this name, or all. Whether nothing was found.
pub fn run(workspace: &Workspace, name: Option<&String>, length: &Length) -> Result<bool> {
    process::unwind_on_signals()?;
    ensure!(
        process::find_program("cargo-fuzz").is_some(),
        "cargo-fuzz was not found; install it: cargo install cargo-fuzz --locked"
    );
    let all = targets(&workspace.root)?;
    match name {
        Some(name) if !all.contains(name) => {
            bail!("there is no target `{name}`; there are {}", all.join(", "))
        }
        Some(name) => fuzz(workspace, std::slice::from_ref(name), length),
        None => fuzz(workspace, &all, length),
    }
}

/// By the names of their files.
fn targets(root: &Path) -> Result<Vec<String>> {
    let pattern = root.join("fuzz/fuzz_targets/*.rs");
    let mut names = Vec::new();
    for path in glob::glob(&pattern.to_string_lossy())? {
        let path = path?;
        let name = path.file_stem().context("a target without a name")?;
        names.push(name.to_string_lossy().into_owned());
    }
    Ok(names)
}

fn fuzz(workspace: &Workspace, targets: &[String], length: &Length) -> Result<bool> {
    let header = [
        "Target",
        "Executions",
        "Edges",
        "Features",
        "Seconds",
        "Outcome",
    ];
    let mut table = Table::new("What each target came to", &header);
    let mut is_clean = true;
    for name in targets {
        let found = attack(workspace, name, length)?;
        is_clean &= found.is_clean;
        table.add([
            name.clone(),
            found.executions.to_string(),
            found.edges,
            found.features,
            found.seconds.to_string(),
            if found.is_clean {
                "nothing found"
            } else {
                "FOUND, see above"
            }
            .to_owned(),
        ]);
    }
    println!("\nOn {}:\n\n{table}", machine::describe()?);
    Ok(is_clean)
}

#[derive(Default)]
struct Found {
    executions: u64,
    edges: String,
    features: String,
    seconds: u64,
    is_clean: bool,
}

impl Found {
    /// libFuzzer writes `#123 NEW cov: 45 ft: 67 …`, and a line with the executions at its end.
    fn read_line(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        if line.starts_with("stat::number_of_executed_units:") {
            self.executions = words
                .nth(1)
                .and_then(|n| n.parse().ok())
                .unwrap_or_default();
        }
        if line.starts_with('#') {
            while let Some(word) = words.next() {
                match word {
                    "cov:" => words.next().unwrap_or_default().clone_into(&mut self.edges),
                    "ft:" => words
                        .next()
                        .unwrap_or_default()
                        .clone_into(&mut self.features),
                    _ => {}
                }
            }
        }
    }
}

fn attack(workspace: &Workspace, name: &str, length: &Length) -> Result<Found> {
    let kept = workspace.root.join("fuzz/corpus").join(name);
    let grown = workspace.target.join("fuzz-corpus").join(name);
    fs::create_dir_all(&grown).with_context(|| format!("cannot make {}", grown.display()))?;
    let begin = Instant::now();
    let mut found = Found::default();
    let mut command = fuzzer(workspace, name, &[&grown, &kept]);
    command.args([
        format!("-max_total_time={}", length.seconds),
        format!("-timeout={SECONDS_AN_INPUT}"),
        "-print_final_stats=1".to_owned(),
    ]);
    let status = process::watch(&mut command, |line| found.read_line(line))?;
    process::stop_if_interrupted()?;
    found.seconds = begin.elapsed().as_secs();
    found.is_clean = status.success();
    if found.is_clean {
        keep_new(workspace, name, &grown, &kept)?;
    }
    Ok(found)
}

/// The code has nothing unsafe that a sanitizer would watch over, and without one the stable compiler
/// will do.
fn fuzzer(workspace: &Workspace, name: &str, corpora: &[&Path]) -> Command {
    let mut command = process::cargo(&workspace.root);
    command.args(["fuzz", "run", "--sanitizer", "none", name]);
    command.args(corpora).arg("--");
    command
}

/// Copies the smallest of those files that reach what the kept ones do not.
fn keep_new(workspace: &Workspace, name: &str, grown: &Path, kept: &Path) -> Result<()> {
    let merged = workspace.target.join("fuzz-merged").join(name);
    if merged.exists() {
        fs::remove_dir_all(&merged)?;
    }
    fs::create_dir_all(&merged)?;
    for (_, path) in files(kept)? {
        copy_into(&path, &merged)?;
    }
    let mut merge = fuzzer(workspace, name, &[&merged, grown]);
    merge.args(["-set_cover_merge=1", &format!("-max_len={LARGEST_FILE}")]);
    process::watch(&mut merge, |_| ())?;
    let mut room = LARGEST_CORPUS.saturating_sub(files(kept)?.iter().map(|(size, _)| size).sum());
    for (size, path) in files(&merged)? {
        let is_new = path
            .file_name()
            .is_some_and(|name| !kept.join(name).exists());
        if is_new && size <= LARGEST_FILE && size <= room {
            copy_into(&path, kept)?;
            room -= size;
        }
    }
    Ok(())
}

fn copy_into(file: &Path, folder: &Path) -> Result<()> {
    let name = file.file_name().context("a file without a name")?;
    let copy = fs::copy(file, folder.join(name));
    copy.with_context(|| format!("cannot copy {}", file.display()))?;
    Ok(())
}

/// The smallest first.
fn files(folder: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        files.push((entry.metadata()?.len(), entry.path()));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::Found;

    #[test]
    fn the_figures_are_those_that_the_fuzzer_said_last() {
        let mut found = Found::default();
        for line in [
            "INFO: seed corpus: files: 8 min: 1b max: 900b",
            "#9\tINITED cov: 10 ft: 20 corp: 8/1Kb exec/s: 0 rss: 60Mb",
            "#512\tNEW    cov: 11 ft: 25 corp: 9/1Kb lim: 4096 exec/s: 256 rss: 60Mb L: 3/9 MS: 1",
            "stat::number_of_executed_units: 4711",
        ] {
            found.read_line(line);
        }
        let figures = (
            found.executions,
            found.edges.as_str(),
            found.features.as_str(),
        );
        assert_eq!(figures, (4711, "11", "25"));
    }
}
