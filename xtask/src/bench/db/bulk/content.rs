//! The price rows, and the packs and securities that they name.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

const ROWS_IN_PACK: usize = 1000;
pub const COLUMNS: &str = "pack_id, security_id, close, currency, open, high, low, volume, source, adjustment, created_at";

pub struct Content {
    pub file: PathBuf,
    pub rows: usize,
}

impl Content {
    pub fn write(directory: &Path, rows: usize) -> Result<Self> {
        let file = directory.join("prices.csv");
        let mut lines = BufWriter::new(File::create(&file)?);
        for row in 0..rows {
            writeln!(lines, "{}", line(row))?;
        }
        lines.flush()?;
        Ok(Self { file, rows })
    }

    /// The rows that must be there before; `id` writes a security's key as the engine has it.
    pub fn seed(&self, id: impl Fn(&str) -> String) -> Result<String> {
        let mut sql = String::from("BEGIN;\n");
        for number in 0..ROWS_IN_PACK {
            let id = id(&security_id(number));
            writeln!(
                sql,
                "INSERT INTO securities (id, symbol, name, kind, currency, is_active, created_at, updated_at) \
                 VALUES ({id}, 'S{number}', 'S{number}', 'equity', 'USD', true, '{MADE}', '{MADE}');"
            )?;
        }
        for number in 0..self.rows.div_ceil(ROWS_IN_PACK) {
            writeln!(
                sql,
                "INSERT INTO pricing_packs (id, asof_date, policy, revision, sources_json, status, is_fresh, \
                 prewarm_done, reconciliation_passed, reconciliation_failed, created_at, updated_at) VALUES \
                 ('{}', '2025-01-01', 'P{number}', 0, '{{}}', 'warming', false, false, false, false, \
                 '{MADE}', '{MADE}');",
                pack_id(number)
            )?;
        }
        sql.push_str("COMMIT;\n");
        Ok(sql)
    }
}

const MADE: &str = "2026-01-01T00:00:00Z";

fn pack_id(number: usize) -> String {
    format!("PP_2025-01-01_P{number}")
}

fn security_id(number: usize) -> String {
    format!("00000000-0000-7000-8000-{number:012x}")
}

/// Every column has a value: an empty one is NULL to one loader and a text to the other.
fn line(row: usize) -> String {
    let (pack, security) = (row / ROWS_IN_PACK, row % ROWS_IN_PACK);
    let whole = 10 + security % 900;
    format!(
        "{},{},{whole}.{:02},USD,{whole}.01,{}.5,{}.5,{},bench,raw,{MADE}",
        pack_id(pack),
        security_id(security),
        1 + pack % 99,
        whole + 1,
        whole - 1,
        1000 + row
    )
}

#[cfg(test)]
mod tests {
    use super::{COLUMNS, line};

    #[test]
    fn a_line_has_a_value_for_each_column() {
        let line = line(1_001);
        assert_eq!(
            line,
            "PP_2025-01-01_P1,00000000-0000-7000-8000-000000000001,11.02,USD,11.01,12.5,10.5,2001,\
             bench,raw,2026-01-01T00:00:00Z"
        );
        assert_eq!(line.split(',').count(), COLUMNS.split(", ").count());
        assert!(line.split(',').all(|value| !value.is_empty()));
    }
}
