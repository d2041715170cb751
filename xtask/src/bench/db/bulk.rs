//! A million price rows from one file: the product's way beside each engine's own loader.

mod content;
mod postgres;
mod sqlite_file;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::Bench;
use crate::bench::figures::{cut, median, raised};
use crate::bench::report::Table;
use crate::process;
use content::Content;

/// Medians of whole processes, in seconds.
pub struct Figures {
    pub engine: &'static str,
    pub loader: &'static str,
    pub rows: usize,
    pub ours: f64,
    pub theirs: f64,
}

impl Figures {
    /// How many times as long ours takes.
    pub fn times(&self) -> f64 {
        self.ours / self.theirs
    }
}

/// Databases that are alike, each for one copy.
trait Target {
    const ENGINE: &'static str;
    const LOADER: &'static str;

    /// A new one without prices; answers its URL.
    fn renew(&self) -> Result<String>;
    fn load(&self, file: &Path) -> Command;
    fn count(&self, by_loader: bool) -> Result<String>;
}

pub fn measure(bench: &Bench) -> Result<Vec<Figures>> {
    let content = Content::write(bench.scratch.path(), bench.options.rows)?;
    let postgres = postgres::Postgres::prepare(bench, &content)?;
    let sqlite = sqlite_file::SqliteFile::prepare(bench, &content)?;
    Ok(vec![
        compare(bench, &content, &postgres)?,
        compare(bench, &content, &sqlite)?,
    ])
}

fn compare<T: Target>(bench: &Bench, content: &Content, target: &T) -> Result<Figures> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..bench.options.copies {
        target.renew()?;
        theirs.push(time(&mut target.load(&content.file))?);
        check(content, &target.count(true)?)?;
        let database = target.renew()?;
        ours.push(time(&mut bench.program.copy(&database, &content.file))?);
        check(content, &target.count(false)?)?;
    }
    let figures = Figures {
        engine: T::ENGINE,
        loader: T::LOADER,
        rows: content.rows,
        ours: median(&ours),
        theirs: median(&theirs),
    };
    println!(
        "{} rows into {}: {} {} s, ours {} s",
        figures.rows,
        figures.engine,
        figures.loader,
        raised(figures.theirs, 2),
        raised(figures.ours, 2)
    );
    Ok(figures)
}

fn check(content: &Content, count: &str) -> Result<()> {
    let rows = content.rows;
    ensure!(
        count == rows.to_string(),
        "{count} rows arrived instead of {rows}"
    );
    Ok(())
}

fn time(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    process::read(command)?;
    Ok(start.elapsed().as_secs_f64())
}

#[allow(clippy::cast_precision_loss)]
pub fn table(all: &[Figures]) -> Table {
    let mut table = Table::new(
        "Price rows from one file, whole processes, seconds, medians",
        &[
            "Engine",
            "Rows",
            "Loader",
            "Its time",
            "Tallystick",
            "Rows a second",
            "Times the loader's",
        ],
    );
    for figures in all {
        table.add([
            figures.engine.to_owned(),
            figures.rows.to_string(),
            figures.loader.to_owned(),
            raised(figures.theirs, 2),
            raised(figures.ours, 2),
            cut(figures.rows as f64 / figures.ours, 0),
            raised(figures.times(), 2),
        ]);
    }
    table
}
