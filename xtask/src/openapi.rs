//! `openapi.json`: the published contract, written from the code and checked against it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

const SHOWN_DIFFERENCES: usize = 5;

pub fn write(workspace: &Workspace) -> Result<()> {
    let file = published(workspace);
    fs::write(&file, from_code(workspace)?)?;
    println!("wrote {}", file.display());
    Ok(())
}

pub fn check(workspace: &Workspace) -> Result<()> {
    let rewrite = "rewrite it: cargo xtask openapi";
    let published = fs::read_to_string(published(workspace))
        .with_context(|| format!("openapi.json cannot be read; {rewrite}"))?;
    let from_code = from_code(workspace)?;
    if published == from_code {
        return Ok(());
    }
    for difference in differences(&published, &from_code)
        .iter()
        .take(SHOWN_DIFFERENCES)
    {
        println!("{difference}");
    }
    bail!("openapi.json differs from the code; {rewrite}")
}

fn published(workspace: &Workspace) -> PathBuf {
    workspace.root.join("openapi.json")
}

fn from_code(workspace: &Workspace) -> Result<String> {
    let mut command = process::cargo(&workspace.root);
    process::read(command.args([
        "run",
        "--quiet",
        "--locked",
        "-p",
        "tallystick",
        "--",
        "openapi",
    ]))
}

fn differences(published: &str, from_code: &str) -> Vec<String> {
    let mut old = published.split('\n');
    let mut new = from_code.split('\n');
    let mut differences = Vec::new();
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => break,
            (old, new) if old == new => {}
            (old, new) => differences.push(format!(
                "line {number}:\n  - {}\n  + {}",
                old.unwrap_or("(end of openapi.json)"),
                new.unwrap_or("(end of the code's)"),
            )),
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn names_the_lines_that_differ() {
        assert!(differences("{\n}\n", "{\n}\n").is_empty());
        assert_eq!(differences("a\nb\n", "a\nc\n"), ["line 2:\n  - b\n  + c"]);
        assert_eq!(differences("a", "a\nb").len(), 1);
    }
}
