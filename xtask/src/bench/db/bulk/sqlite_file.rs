//! SQLite: each copy has a file of its own. The shell imports text alone, while the product's keys
//! are bytes; so the shell has a table of its own that differs in that column and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::Target;
use super::content::Content;
use crate::bench::db::Bench;
use crate::bench::db::sqlite::{self, OURS, SHELLS};
use crate::process;

pub struct SqliteFile {
    template: PathBuf,
    file: PathBuf,
}

impl SqliteFile {
    pub fn prepare(bench: &Bench, content: &Content) -> Result<Self> {
        sqlite::find_or_install()?;
        let directory = bench.scratch.path();
        let prepared = Self {
            template: directory.join("copy-template.db"),
            file: directory.join("copy.db"),
        };
        bench.product.migrate(&url(&prepared.template), directory)?;
        let seed = directory.join("seed-sqlite.sql");
        let alike = sqlite::table_for_the_shell(&prepared.template)?;
        let rows = content.seed(|id| format!("X'{}'", id.replace('-', "")))?;
        fs::write(&seed, format!("{rows}{alike}"))?;
        let read = format!(".read {}", seed.display());
        let leave_no_log = "PRAGMA wal_checkpoint(TRUNCATE)";
        process::read(&mut sqlite::shell(
            &prepared.template,
            &[&read, leave_no_log],
        ))?;
        Ok(prepared)
    }
}

impl Target for SqliteFile {
    const ENGINE: &'static str = "SQLite";
    const LOADER: &'static str = "sqlite3 .import";

    fn renew(&self) -> Result<String> {
        for suffix in ["-wal", "-shm"] {
            let mut beside = self.file.clone().into_os_string();
            beside.push(suffix);
            // There is none after a clean end.
            let _ = fs::remove_file(beside);
        }
        fs::copy(&self.template, &self.file)?;
        Ok(url(&self.file))
    }

    fn load(&self, file: &Path) -> Command {
        let import = format!(".import {} {SHELLS}", file.display());
        sqlite::shell(
            &self.file,
            &["PRAGMA synchronous=FULL", ".mode csv", &import],
        )
    }

    fn count(&self, by_loader: bool) -> Result<String> {
        let table = if by_loader { SHELLS } else { OURS };
        let count = format!("SELECT count(*) FROM {table}");
        let printed = process::read(&mut sqlite::shell(&self.file, &[&count]))?;
        Ok(printed.trim().to_owned())
    }
}

fn url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}
