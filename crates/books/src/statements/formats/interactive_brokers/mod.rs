//! Activity flex queries of Interactive Brokers, as CSV: sections of trades and of cash transactions.
//!
//! Each section has a header of its own. Depending on the query's settings it is announced (`BOS`), its
//! lines are marked (`HEADER`, `DATA`), or its header just follows the rows before it.

mod sections;
mod transactions;

use std::io::{Read, Seek};

use csv::StringRecord;

use super::super::{
    cells::Cells,
    dates::{self, DateRule, Order},
    evidence::{Decision, Evidence},
    fault::{FileFault, RowFault},
    faults::Faults,
    field::Field,
    lines::TOO_LONG,
    notation::Notation,
    records::{Next, Records},
    row::Row,
    source::Source,
};
use sections::{Line, Section, Sections};

const WANTED: &str =
    "a flex query of Interactive Brokers as CSV (choose CSV as the query's format)";

pub(in super::super) struct Flex<R> {
    records: Records<R>,
    sections: Sections,
    survey: Survey,
    notation: [Notation; 2],
}

/// What the first reading has to find out.
#[derive(Default)]
struct Survey {
    /// Of each section, of each date field.
    dates: [[Evidence; Field::DATES.len()]; 2],
    /// Of each section: which levels of detail there are.
    executions: bool,
    orders: bool,
    details: bool,
}

impl<R: Read + Seek> Flex<R> {
    pub fn open(input: R) -> Result<Self, FileFault> {
        let source = Source::open(input, None, WANTED)?;
        let mut flex = Self {
            records: Records::open(source, b',')?,
            sections: Sections::default(),
            survey: Survey::default(),
            notation: [Notation::PLAIN, Notation::PLAIN],
        };
        flex.look_through()?;
        if !flex.sections.has_transactions() {
            let detail = "no section of the file is one of trades or of cash transactions: add Trades and Cash \
                 Transactions to the query, with the fields of docs/import.md"
                .to_owned();
            return Err(FileFault::Header { detail });
        }
        flex.decide_dates()?;
        let source = flex.records.into_source();
        Ok(Self {
            records: Records::open(source, b',')?,
            sections: Sections::default(),
            ..flex
        })
    }

    fn look_through(&mut self) -> Result<(), FileFault> {
        loop {
            let line = match self.records.next()? {
                Next::Record { line } => line,
                Next::NotText { line } => return Err(FileFault::Encoding { line }),
                Next::TooLong { .. } | Next::End => return Ok(()),
            };
            let read = self.sections.read(self.records.record());
            let read = read.map_err(|detail| FileFault::Header {
                detail: format!("line {line}: {detail}"),
            })?;
            if let Line::Row(section, record) = read {
                let cells = self
                    .sections
                    .cells(line, section, &record, &Notation::PLAIN);
                self.survey.add(section, &cells);
            }
        }
    }

    fn decide_dates(&mut self) -> Result<(), FileFault> {
        for section in Section::READ {
            for (place, field) in Field::DATES.into_iter().enumerate() {
                let order = match self.survey.dates[section as usize][place].decide() {
                    Decision::First | Decision::Either => Order::DayFirst,
                    Decision::Second => Order::MonthFirst,
                    Decision::Ambiguous(seen) | Decision::Contradictory(seen, _) => {
                        return Err(FileFault::Ambiguous(RowFault {
                            line: seen.line,
                            column: self.sections.name(section, field),
                            detail: format!(
                                "`{}` can be read with the day first or with the month first: choose yyyyMMdd \
                                 as the date format of the query",
                                seen.text
                            ),
                        }));
                    }
                };
                self.notation[section as usize].dates[field as usize] = DateRule::Order(order);
            }
        }
        Ok(())
    }

    /// The next transaction, or what is wrong with its row.
    pub fn next(&mut self) -> Option<Result<Row, Vec<RowFault>>> {
        loop {
            let fault = |line, detail: &str| {
                let mut faults = Faults::new(line);
                faults.note(None, detail);
                Some(Err(faults.into_inner()))
            };
            let line = match self.records.next() {
                Ok(Next::Record { line }) => line,
                Ok(Next::NotText { line }) => return fault(line, "the row is not UTF-8"),
                Ok(Next::TooLong { line }) => return fault(line, TOO_LONG),
                Ok(Next::End) => return None,
                Err(error) => return fault(self.records.line(), &super::super::unreadable(&error)),
            };
            match self.sections.read(self.records.record()) {
                Ok(Line::Other) => {}
                Ok(Line::Row(section, record)) => match self.row(line, section, &record) {
                    Ok(None) => {}
                    Ok(Some(row)) => return Some(Ok(row)),
                    Err(faults) => return Some(Err(faults)),
                },
                Ok(Line::Fault(detail)) | Err(detail) => return fault(line, &detail),
            }
        }
    }

    fn row(
        &self,
        line: u64,
        section: Section,
        record: &StringRecord,
    ) -> Result<Option<Row>, Vec<RowFault>> {
        let notation = &self.notation[section as usize];
        let cells = self.sections.cells(line, section, record, notation);
        if !self.survey.counts(section, &cells) {
            return Ok(None);
        }
        let mut faults = Faults::new(line);
        cells.check_text(&mut faults);
        let row = match section {
            Section::Trades => transactions::trade(&cells, &mut faults),
            Section::Cash => transactions::cash(&cells, &mut faults),
        };
        match row {
            Some(row) if faults.is_empty() => Ok(Some(row)),
            _ => Err(faults.into_inner()),
        }
    }
}

impl Survey {
    fn add(&mut self, section: Section, cells: &Cells<'_>) {
        for (place, field) in Field::DATES.into_iter().enumerate() {
            if let Some(text) = cells.text(field) {
                self.dates[section as usize][place].add(dates::says(text), cells.line, text);
            }
        }
        match (section, cells.text(Field::Level)) {
            (Section::Trades, Some("EXECUTION")) => self.executions = true,
            (Section::Trades, Some("ORDER")) => self.orders = true,
            (Section::Cash, Some("DETAIL")) => self.details = true,
            _ => {}
        }
    }

    /// Whether a row is a transaction, and not one more account of others: of the levels of detail that a
    /// query can have at once, the finest counts.
    fn counts(&self, section: Section, cells: &Cells<'_>) -> bool {
        match (section, cells.text(Field::Level)) {
            (_, None) | (Section::Trades, Some("EXECUTION")) | (Section::Cash, Some("DETAIL")) => {
                true
            }
            (Section::Trades, Some("ORDER")) => self.orders && !self.executions,
            (Section::Trades, Some(_)) => false,
            (Section::Cash, Some(_)) => !self.details,
        }
    }
}
