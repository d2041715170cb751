//! pgbench: how fast the server answers a client that does nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, ensure};
use testservers::find_postgres;
use testservers::packages::{self, Package};

use super::statements::{CLIENTS, Case};
use crate::process;

const PACKAGE: Package = Package {
    apt: "postgresql-contrib",
    dnf: "postgresql-contrib",
    apk: "postgresql-contrib",
    brew: "postgresql@17",
};
const THREADS: &str = "2";

pub struct Pgbench(PathBuf);

#[derive(Debug)]
pub struct Rate {
    pub per_second: f64,
    pub average_ms: f64,
}

impl Pgbench {
    pub fn find_or_install() -> Result<Self> {
        if let Some(program) = find() {
            return Ok(Self(program));
        }
        packages::install(&PACKAGE).context("pgbench was not found")?;
        Ok(Self(find().context("pgbench was not found")?))
    }

    /// Values by name are put in as the parameters of prepared statements.
    pub fn round(
        &self,
        case: &Case,
        values: &[(&str, &str)],
        database: &str,
        directory: &Path,
        seconds: u32,
    ) -> Result<Rate> {
        let owner = values.iter().find(|(name, _)| *name == "owner");
        let (_, owner) = owner.context("nobody owns the rows")?;
        let script = directory.join(format!("{}.pgbench", case.name));
        fs::write(&script, script_of(case, owner))?;
        let mut pgbench = Command::new(&self.0);
        pgbench
            .args(["-M", "prepared", "-n", "-c", &CLIENTS.to_string()])
            .args(["-j", THREADS, "-T", &seconds.to_string(), "-f"])
            .arg(&script);
        for (name, value) in values {
            pgbench.arg("-D").arg(format!("{name}={value}"));
        }
        // A number that grows from run to run: rows of another run are never met again.
        let base = UNIX_EPOCH.elapsed()?.as_micros();
        pgbench.args(["-D", "counter=0", "-D", &format!("base={base}")]);
        let printed = process::read(pgbench.arg(database))?;
        parse(&printed).with_context(|| format!("pgbench failed:\n{printed}"))
    }
}

fn find() -> Option<PathBuf> {
    let beside_the_server = find_postgres().map(|directory| directory.join("pgbench"));
    beside_the_server
        .filter(|file| file.is_file())
        .or_else(|| process::find_program("pgbench"))
}

/// The statement as it is, with pgbench's variables for its parameters. The highest number first:
/// `$1` is the beginning of `$13`.
fn script_of(case: &Case, owner: &str) -> String {
    let parameters = case.pgbench_parameters.iter().enumerate().rev();
    let sql = parameters.fold(case.sql.trim_end().to_owned(), |sql, (index, value)| {
        sql.replace(&format!("${}", index + 1), value)
    });
    if case.is_bound {
        // One round trip for both, as the product has it. SET takes no parameter.
        format!(
            "\\startpipeline\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n\
             SET LOCAL app.user_id = '{owner}';\n\\endpipeline\n{sql};\nCOMMIT;\n"
        )
    } else if case.writes {
        format!(
            "\\set counter :counter + 1\n\\set n :base + :counter * {CLIENTS} + :client_id\n\
             BEGIN;\n{sql};\nCOMMIT;\n"
        )
    } else {
        format!("{sql};\n")
    }
}

fn parse(printed: &str) -> Result<Rate> {
    let after = |label: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(label));
        line.and_then(|rest| rest.split_whitespace().next())
    };
    if let Some(failed) = after("number of failed transactions: ") {
        ensure!(failed == "0", "{failed} transactions failed");
    }
    let aborted = printed.contains(" aborted");
    ensure!(!aborted, "a client gave up");
    let number = |label| after(label).and_then(|text| text.parse().ok());
    Ok(Rate {
        per_second: number("tps = ").context("pgbench printed no rate")?,
        average_ms: number("latency average = ").context("pgbench printed no latency")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::statements::CASES;
    use super::{parse, script_of};

    const PRINTED: &str = "pgbench (15.14 (Debian 15.14-0+deb12u1))\n\
        transaction type: pack_by_id.pgbench\nscaling factor: 1\nquery mode: prepared\n\
        number of clients: 16\nnumber of threads: 2\nmaximum number of tries: 1\nduration: 2 s\n\
        number of transactions actually processed: 70311\n\
        number of failed transactions: 0 (0.000%)\nlatency average = 0.454 ms\n\
        initial connection time = 21.066 ms\n\
        tps = 35264.718812 (without initial connection time)\n";

    #[test]
    fn reads_the_rate_and_the_latency() {
        let rate = parse(PRINTED).unwrap();
        assert!((rate.per_second - 35_264.718_812).abs() < 1e-9);
        assert!((rate.average_ms - 0.454).abs() < 1e-9);
    }

    #[test]
    fn older_versions_print_no_failures() {
        let older = PRINTED.replace("number of failed transactions: 0 (0.000%)\n", "");
        assert!(parse(&older).is_ok());
    }

    #[test]
    fn failed_transactions_are_no_measurement() {
        assert!(parse(&PRINTED.replace("transactions: 0 (", "transactions: 3 (")).is_err());
        let aborted = format!("{PRINTED}Run was aborted; the above results are incomplete.\n");
        assert!(parse(&aborted).is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn every_parameter_of_a_statement_becomes_a_variable() {
        for case in &CASES {
            let script = script_of(case, "0");
            assert!(!script.contains('$'), "{script}");
            let begins = script.contains("BEGIN;\nINSERT");
            assert_eq!(begins, case.writes, "{script}");
        }
    }
}
