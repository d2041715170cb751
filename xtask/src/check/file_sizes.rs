//! Files stay near 300 lines; one that grows past 450 is asking to be split.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

const REPORTED_ABOVE: usize = 300;
const FAILING_ABOVE: usize = 450;

pub fn check(root: &Path) -> Result<()> {
    let mut too_long = 0;
    for file in rust_files(root)? {
        let text = fs::read_to_string(root.join(&file)).with_context(|| file.clone())?;
        let lines = text.lines().count();
        if lines > REPORTED_ABOVE {
            let fails = lines > FAILING_ABOVE && !holds_tests(&file);
            too_long += usize::from(fails);
            println!(
                "{file}: {lines} lines{}",
                if fails { ", too long" } else { "" }
            );
        }
    }
    match too_long {
        0 => Ok(()),
        count => bail!("{count} files over {FAILING_ABOVE} lines"),
    }
}

/// Tracked files and those that wait to be added.
fn rust_files(root: &Path) -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        "*.rs",
    ]);
    let files = process::read(git.current_dir(root))?;
    let present = files.lines().filter(|file| root.join(file).is_file());
    Ok(present.map(str::to_owned).collect())
}

fn holds_tests(file: &str) -> bool {
    Path::new(file)
        .components()
        .any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

#[cfg(test)]
mod tests {
    use super::holds_tests;

    #[test]
    fn tests_are_known_by_their_place() {
        assert!(holds_tests("tests/it/portfolios.rs"));
        assert!(holds_tests("crates/books/src/lots/tests.rs"));
        assert!(!holds_tests("crates/testkit/src/lib.rs"));
        assert!(!holds_tests("crates/books/src/lots.rs"));
    }
}
