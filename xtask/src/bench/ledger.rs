//! The example ledger: Beancount's load beside our import, and one valuation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::account::Account;
use super::product::{self, Import};
use super::report::Table;
use super::{Bench, Engine};
use crate::process;

const EXAMPLE: &str = "shared/data/ledger/example.beancount";
/// Beancount keeps a parsed ledger beside the file unless it is told not to.
const NO_CACHE_VARIABLE: &str = "BEANCOUNT_DISABLE_LOAD_CACHE";
const LOAD_SCRIPT: &str = "
import sys, time
from beancount import loader
best = None
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    loader.load_file(sys.argv[1])
    elapsed = time.perf_counter() - start
    best = elapsed if best is None else min(best, elapsed)
print(best * 1e3)
";

pub fn measure(bench: &Bench) -> Result<Table> {
    let ledger = find_or_generate(bench)?;
    let lines = fs::read_to_string(&ledger)?.lines().count();
    let mut table = Table::new(
        &format!(
            "A ledger of {lines} lines, in milliseconds, best of {}",
            bench.options.repetitions
        ),
        &["What", "Beancount", "Tallystick", "Beancount takes"],
    );
    let (load, check) = match &bench.python {
        Some(python) => (
            Some(load_in_process(bench, python, &ledger)?),
            Some(best(bench, |_| check_in_process(python, &ledger))?),
        ),
        None => (None, None),
    };
    for engine in Engine::BOTH {
        let import = import(bench, engine, &ledger)?;
        let name = engine.name();
        table.add(row(
            &format!("Import into {name}, inside the process"),
            load,
            import.inside,
        ));
        let whole = format!("Import into {name}, the whole process");
        table.add(row(&whole, check, import.whole_process));
    }
    let value = best(bench, |_| {
        bench.product.value(&ledger, bench.scratch.path())
    })?;
    table.add(row(
        "Valuation of one portfolio, the whole process",
        check,
        value,
    ));
    Ok(table)
}

fn row(what: &str, beancount: Option<f64>, ours: f64) -> [String; 4] {
    let absent = || "not measured".to_owned();
    [
        what.to_owned(),
        beancount.map_or_else(absent, |time| format!("{time:.1}")),
        format!("{ours:.1}"),
        beancount.map_or_else(absent, |time| format!("{:.1} times as long", time / ours)),
    ]
}

fn find_or_generate(bench: &Bench) -> Result<PathBuf> {
    let mut directories = bench.workspace.root.ancestors();
    if let Some(example) = directories
        .find_map(|directory| Some(directory.join(EXAMPLE)).filter(|file| file.is_file()))
    {
        return Ok(example);
    }
    println!("{EXAMPLE} is not there: the demo's own ledger is measured");
    let generated = bench.scratch.path().join("demo.beancount");
    fs::write(&generated, bench.product.demo_ledger(bench.scratch.path())?)?;
    Ok(generated)
}

fn import(bench: &Bench, engine: Engine, ledger: &Path) -> Result<Import> {
    let directory = bench.scratch.path();
    let mut fastest = Import {
        inside: f64::INFINITY,
        whole_process: f64::INFINITY,
    };
    for repetition in 0..bench.options.repetitions {
        let name = format!("import_{repetition}");
        let database = engine.new_database(&bench.cluster, directory, &name)?;
        bench.product.migrate(&database, directory)?;
        Account::add(&bench.product, &database, directory)?;
        let import = bench.product.import(ledger, &database, directory)?;
        fastest.inside = fastest.inside.min(import.inside);
        fastest.whole_process = fastest.whole_process.min(import.whole_process);
    }
    Ok(fastest)
}

fn load_in_process(bench: &Bench, python: &Path, ledger: &Path) -> Result<f64> {
    let mut load = Command::new(python);
    load.args(["-c", LOAD_SCRIPT])
        .arg(ledger)
        .arg(bench.options.repetitions.to_string());
    let printed = process::read(load.env(NO_CACHE_VARIABLE, "1"))?;
    printed
        .trim()
        .parse()
        .context("the timing script printed no number")
}

fn check_in_process(python: &Path, ledger: &Path) -> Result<f64> {
    let mut check = Command::new(python);
    check.args(["-m", "beancount.scripts.check"]).arg(ledger);
    product::time(check.env(NO_CACHE_VARIABLE, "1"))
}

fn best(bench: &Bench, mut measure: impl FnMut(usize) -> Result<f64>) -> Result<f64> {
    (0..bench.options.repetitions).try_fold(f64::INFINITY, |best, repetition| {
        Ok(best.min(measure(repetition)?))
    })
}
