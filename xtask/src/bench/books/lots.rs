//! A million transactions of one security, booked in memory by each method.

use anyhow::{Context, Result};

use super::statement::Statement;
use super::{Bench, script};
use crate::bench::figures::{cut, median, raised};
use crate::bench::report::Table;
use crate::process;

const TRANSACTIONS: usize = 1_000_000;

#[allow(clippy::cast_precision_loss)]
pub fn measure(bench: &Bench) -> Result<Table> {
    let mut table = Table::new(
        "Lots of a million transactions, in memory, medians; the script's are of 250 securities, ours of one",
        &[
            "Method",
            "Script, seconds",
            "Tallystick, seconds",
            "Transactions a second",
            "Times the script",
        ],
    );
    // Named with the rest, so that what they share is built once.
    let what = [
        "-p",
        "tallystick",
        "-p",
        "xtask",
        "-p",
        "books",
        "--example",
        "lots",
    ];
    bench.profile.build(bench.workspace, &what)?;
    let statement = Statement::write(bench.scratch.path(), TRANSACTIONS)?;
    let mut rounds = Vec::new();
    for _ in 0..bench.options.rounds {
        rounds.push(process::read(
            &mut bench.profile.example(bench.workspace, "lots"),
        )?);
    }
    for method in ["fifo", "lifo", "hifo", "average"] {
        let ours: Vec<f64> = rounds
            .iter()
            .map(|printed| seconds(printed, method).context("the example told no time"))
            .collect::<Result<_>>()?;
        let ours = median(&ours);
        let script = script::measure(bench, &statement, method)?;
        table.add([
            method.to_owned(),
            raised(script.book, 2),
            raised(ours, 2),
            cut(TRANSACTIONS as f64 / ours, 0),
            raised(ours / script.book, 2),
        ]);
    }
    Ok(table)
}

/// As the example prints them: `fifo: 812 ms, …`.
fn seconds(printed: &str, method: &str) -> Option<f64> {
    let told = printed
        .lines()
        .find_map(|line| line.strip_prefix(method)?.strip_prefix(": "))?;
    let milliseconds: f64 = told.split(' ').next()?.parse().ok()?;
    Some(milliseconds / 1e3)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn reads_what_the_example_prints() {
        let printed =
            "fifo: 812 ms, 5 closings, 1 lots open\nlifo: 90 ms, 5 closings, 1 lots open\n";
        assert!((seconds(printed, "lifo").unwrap() - 0.09).abs() < 1e-9);
        assert_eq!(seconds(printed, "hifo"), None);
    }
}
