//! Finds PostgreSQL's server programs, or installs them.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use nix::unistd::geteuid;

use crate::packages::{self, Package};
use crate::process;

const OLDEST_MAJOR: u32 = 14;
const PROGRAMS: [&str; 4] = ["initdb", "pg_ctl", "postgres", "createdb"];
const PACKAGE: Package = Package {
    apt: "postgresql",
    dnf: "postgresql-server",
    apk: "postgresql",
    brew: "postgresql@17",
};

/// Where distributions, Homebrew and Postgres.app keep the programs, off the PATH.
const USUAL_PLACES: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/libexec/postgresql*",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
];

/// The directory of the server programs; where there is none, they are installed if this can be
/// done without a question.
pub(super) fn find_or_install() -> Result<PathBuf> {
    if let Some(directory) = find_postgres() {
        return Ok(directory);
    }
    let missing = || format!("PostgreSQL {OLDEST_MAJOR} or newer was not found");
    keep_debian_from_making_a_cluster().with_context(missing)?;
    packages::install(&PACKAGE).with_context(missing)?;
    find_postgres().with_context(missing)
}

/// The directory of the server programs, if they are on this machine: what the user put on the
/// PATH comes first, then the newest.
pub fn find_postgres() -> Option<PathBuf> {
    let chosen = [on_path(), from_pg_config()].into_iter().flatten();
    chosen
        .chain(in_usual_places())
        .find(|directory| is_complete(directory))
}

fn on_path() -> Option<PathBuf> {
    let program = fs::canonicalize(process::find_program("initdb")?).ok()?;
    program.parent().map(Path::to_owned)
}

fn from_pg_config() -> Option<PathBuf> {
    process::version_line(Command::new("pg_config").arg("--bindir"))
        .ok()
        .map(PathBuf::from)
}

fn in_usual_places() -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = USUAL_PLACES
        .iter()
        .filter_map(|pattern| glob::glob(pattern).ok())
        .flat_map(|paths| paths.filter_map(Result::ok))
        .collect();
    directories.sort_by_cached_key(|directory| Reverse(major_version(directory)));
    directories
}

fn is_complete(directory: &Path) -> bool {
    PROGRAMS
        .iter()
        .all(|program| directory.join(program).is_file())
        && major_version(directory).is_some_and(|major| major >= OLDEST_MAJOR)
}

fn major_version(directory: &Path) -> Option<u32> {
    let mut postgres = Command::new(directory.join("postgres"));
    parse_major(&process::version_line(postgres.arg("--version")).ok()?)
}

/// Reads `postgres (PostgreSQL) 17.2 (Debian 17.2-1)` and `postgres (PostgreSQL) 18beta1`.
fn parse_major(line: &str) -> Option<u32> {
    let version = line.split_once("(PostgreSQL) ")?.1;
    let digits = version
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(version.len());
    version[..digits].parse().ok()
}

/// Debian's package makes and starts a cluster of its own unless it is told not to.
fn keep_debian_from_making_a_cluster() -> Result<()> {
    let file = Path::new("/etc/postgresql-common/createcluster.conf");
    if !geteuid().is_root() || process::find_program("apt-get").is_none() || file.exists() {
        return Ok(());
    }
    fs::create_dir_all("/etc/postgresql-common")?;
    Ok(fs::write(file, "create_main_cluster = false\n")?)
}

#[cfg(test)]
mod tests {
    use super::parse_major;

    #[test]
    fn reads_the_major_version_of_releases_and_betas() {
        assert_eq!(
            parse_major("postgres (PostgreSQL) 17.2 (Debian 17.2-1)"),
            Some(17)
        );
        assert_eq!(parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(parse_major("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(parse_major("something else"), None);
    }
}
