//! Files of purchases and sales over twelve years in 250 securities.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

pub const SECURITIES: usize = 250;
const DAYS: usize = 12 * 12 * 28;

pub struct Statement {
    pub file: PathBuf,
    pub rows: usize,
}

impl Statement {
    pub fn write(directory: &Path, rows: usize) -> Result<Self> {
        let file = directory.join(format!("statement-{rows}.csv"));
        let mut lines = BufWriter::new(File::create(&file)?);
        writeln!(lines, "date,type,symbol,quantity,price,fee,currency")?;
        for row in 0..rows {
            writeln!(lines, "{}", line(row, rows))?;
        }
        lines.flush()?;
        Ok(Self { file, rows })
    }
}

/// Of each security, two purchases of five and one sale of four by turns.
fn line(row: usize, rows: usize) -> String {
    let (kind, quantity) = if row / SECURITIES % 3 == 2 {
        ("sell", 4)
    } else {
        ("buy", 5)
    };
    let (symbol, whole, cents) = (row % SECURITIES, 20 + row % 13, row % 100);
    let day = date(row * DAYS / rows);
    format!("{day},{kind},S{symbol},{quantity},{whole}.{cents:02},1,USD")
}

/// Months of 28 days.
pub fn date(number: usize) -> String {
    let (year, month, day) = (2012 + number / 336, 1 + number / 28 % 12, 1 + number % 28);
    format!("{year}-{month:02}-{day:02}")
}

pub const LAST_DAY: usize = DAYS - 1;

#[cfg(test)]
mod tests {
    use super::{LAST_DAY, date, line};

    #[test]
    fn rows_run_over_twelve_years() {
        assert_eq!(line(0, 1_000), "2012-01-01,buy,S0,5,20.00,1,USD");
        assert_eq!(line(501, 1_000), "2018-01-05,sell,S1,4,27.01,1,USD");
        assert_eq!(date(LAST_DAY), "2023-12-28");
    }
}
