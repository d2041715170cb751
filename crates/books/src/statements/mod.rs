//! Files of transactions that people have already: of brokers, and of other programs.
//!
//! A file is read twice: first its notation (which decimal mark, whether days stand before months, what
//! the sign of an amount means) is learned from whole columns, then its rows are given out one by one.
//! That is why the input must be able to go back. What stays in memory is one row; of Ghostfolio's JSON
//! also a name for each security.
//!
//! Nothing is guessed: what can be read in two ways is refused, with the line of a [`Mapping`] that says
//! which one is meant. See `docs/import.md` for the formats.

mod assemble;
mod booking;
mod cells;
mod columns;
mod dates;
mod evidence;
mod exact;
mod fault;
mod faults;
mod field;
mod format;
mod formats;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod header;
mod isin;
mod json;
mod layout;
mod lines;
mod mapping;
mod notation;
mod numbers;
mod records;
mod row;
mod signs;
mod source;
mod survey;
mod table;
mod words;

use std::{
    collections::VecDeque,
    io::{self, Read, Seek},
};

pub use fault::{FileFault, RowFault};
pub use format::{Format, UnknownFormat};
pub use mapping::{Mapping, MappingFault};
pub use row::{Row, SecurityName};

use formats::{
    generic, ghostfolio_csv, ghostfolio_json::GhostfolioJson, interactive_brokers::Flex,
    portfolio_performance, wealthfolio,
};
use layout::Layout;
use table::Table;

/// An opened file: an iterator over its rows and their faults, in their order. A row with several faults
/// gives each of them.
pub struct Statement<R> {
    rows: Rows<R>,
    /// Faults of the last row that were not given out yet.
    faults: VecDeque<RowFault>,
}

enum Rows<R> {
    Table(Box<Table<R>>),
    Flex(Box<Flex<R>>),
    Json(Box<GhostfolioJson<R>>),
}

/// Opens a file, from where `input` stands: finds its encoding, delimiter, header and notation.
///
/// A [`FileFault`] is what refuses the file as a whole; faults of single rows come with the rows.
pub fn read<R: Read + Seek>(
    format: Format,
    mapping: Option<&Mapping>,
    input: R,
) -> Result<Statement<R>, FileFault> {
    let rows = match format {
        Format::Csv => table(&generic::LAYOUT, mapping, input)?,
        Format::GhostfolioCsv => table(&ghostfolio_csv::LAYOUT, mapping, input)?,
        Format::PortfolioPerformance => table(&portfolio_performance::LAYOUT, mapping, input)?,
        Format::Wealthfolio => table(&wealthfolio::LAYOUT, mapping, input)?,
        Format::InteractiveBrokersFlex => {
            refuse_mapping(format, mapping)?;
            Rows::Flex(Box::new(Flex::open(input)?))
        }
        Format::GhostfolioJson => {
            refuse_mapping(format, mapping)?;
            Rows::Json(Box::new(GhostfolioJson::open(input)?))
        }
    };
    let faults = VecDeque::new();
    Ok(Statement { rows, faults })
}

fn table<R: Read + Seek>(
    layout: &'static Layout,
    mapping: Option<&Mapping>,
    input: R,
) -> Result<Rows<R>, FileFault> {
    let table = Table::open(layout, mapping, input)?;
    Ok(Rows::Table(Box::new(table)))
}

/// Its columns are known, and its notation is always the same.
fn refuse_mapping(format: Format, mapping: Option<&Mapping>) -> Result<(), FileFault> {
    if mapping.is_none() {
        return Ok(());
    }
    let detail = format!("files of the format {format} are read without one");
    Err(FileFault::Mapping { detail })
}

impl<R: Read + Seek> Iterator for Statement<R> {
    type Item = Result<Row, RowFault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fault) = self.faults.pop_front() {
                return Some(Err(fault));
            }
            let row = match &mut self.rows {
                Rows::Table(table) => table.next(),
                Rows::Flex(flex) => flex.next(),
                Rows::Json(json) => json.next(),
            };
            match row? {
                Ok(row) => return Some(Ok(row)),
                Err(faults) => self.faults.extend(faults),
            }
        }
    }
}

fn unreadable(error: &io::Error) -> String {
    format!("the file cannot be read any further: {error}")
}
