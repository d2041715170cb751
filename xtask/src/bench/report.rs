//! Markdown tables, printed and kept between two markers of a document.

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const FILE: &str = "docs/performance.md";

pub struct Report {
    /// The arguments of `cargo xtask`, which also name the markers in the file.
    pub command: &'static str,
    pub machine: String,
    pub tables: Vec<Table>,
    /// Markdown below the tables.
    pub appendix: String,
}

pub struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, header: &[&str]) -> Self {
        let header = header.iter().map(|&cell| cell.to_owned()).collect();
        Self {
            title: title.to_owned(),
            rows: vec![header],
        }
    }

    pub fn add<const N: usize>(&mut self, row: [String; N]) {
        println!("{}", row.join("  "));
        self.rows.push(row.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:\n", self.title)?;
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        };
        let widths: Vec<usize> = (0..columns).filter_map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (cell, &width) in row.iter().zip(&widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if index == 0 {
                for width in &widths {
                    write!(f, "|{}", "-".repeat(width + 2))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            command, machine, ..
        } = self;
        writeln!(f, "Measured by `cargo xtask {command}` on {machine}.")?;
        for table in &self.tables {
            write!(f, "\n{table}")?;
        }
        if !self.appendix.is_empty() {
            write!(f, "\n{}", self.appendix)?;
        }
        Ok(())
    }
}

impl Report {
    pub fn write(&self, root: &Path) -> Result<()> {
        keep(root, FILE, &self.marker(), &self.to_string())
    }

    fn marker(&self) -> String {
        self.command.replace(' ', "-")
    }
}

/// Replaces what stands between the two lines with `marker` in `file`.
pub fn keep(root: &Path, file: &str, marker: &str, report: &str) -> Result<()> {
    let path = root.join(file);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {file}"))?;
    let (begin, end) = markers(marker);
    let replaced = replace(&text, marker, report)
        .with_context(|| format!("{file} needs a line {begin} and, below it, a line {end}"))?;
    fs::write(&path, replaced)?;
    println!("wrote {file}");
    Ok(())
}

fn markers(marker: &str) -> (String, String) {
    (
        format!("<!-- {marker}:begin -->"),
        format!("<!-- {marker}:end -->"),
    )
}

fn replace(text: &str, marker: &str, report: &str) -> Option<String> {
    let (begin, end) = markers(marker);
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{report}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{Report, Table, replace};

    #[test]
    fn a_table_is_aligned_markdown() {
        let mut table = Table::new("Times", &["What", "ms"]);
        table.add(["import".into(), "1.5".into()]);
        assert_eq!(
            table.to_string(),
            "Times:\n\n| What   | ms  |\n|--------|-----|\n| import | 1.5 |\n"
        );
    }

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let text = "# Speed\n\n<!-- bench:begin -->\nold\n<!-- bench:end -->\n\nEnd\n";
        let expected = "# Speed\n\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\n\nEnd\n";
        assert_eq!(replace(text, "bench", "new\n").as_deref(), Some(expected));
        assert_eq!(replace("no markers", "bench", "new"), None);
    }

    #[test]
    fn each_command_has_a_marker_of_its_own() {
        let report = Report {
            command: "bench db",
            machine: "a machine".into(),
            tables: Vec::new(),
            appendix: String::new(),
        };
        assert_eq!(report.marker(), "bench-db");
    }
}
