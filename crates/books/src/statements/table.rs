//! Formats of one table: a header, and a transaction on each line below it.

use std::io::{Read, Seek};

use super::{
    cells::Cells,
    columns::Columns,
    fault::{FileFault, RowFault},
    faults::Faults,
    header::{self, Header},
    layout::{Amounts, Layout},
    lines::TOO_LONG,
    mapping::Mapping,
    notation::Notation,
    records::{Next, Records},
    row::Row,
    source::Source,
    survey::Survey,
};

pub(super) struct Table<R> {
    records: Records<R>,
    columns: Columns,
    notation: Notation,
    layout: &'static Layout,
    mapping: Option<Mapping>,
    header_line: u64,
}

impl<R: Read + Seek> Table<R> {
    /// Reads the file once to learn its notation, and stands at its beginning again.
    pub fn open(
        layout: &'static Layout,
        mapping: Option<&Mapping>,
        input: R,
    ) -> Result<Self, FileFault> {
        check_mapping(layout, mapping)?;
        let encoding = mapping.and_then(|mapping| mapping.encoding);
        let source = Source::open(input, encoding, layout.wanted)?;
        let (header, source) = header::find(source, layout, mapping)?;
        let Header {
            delimiter,
            line,
            columns,
        } = header;
        let mut table = Self {
            records: Records::open(source, delimiter)?,
            columns,
            notation: Notation::PLAIN,
            layout,
            mapping: mapping.cloned(),
            header_line: line,
        };
        table.notation = table.survey()?;
        let source = table.records.into_source();
        let records = Records::open(source, delimiter)?;
        Ok(Self { records, ..table })
    }

    fn survey(&mut self) -> Result<Notation, FileFault> {
        let mut survey = Survey::new();
        loop {
            let line = match self.records.next()? {
                Next::Record { line } => line,
                Next::NotText { line } => return Err(FileFault::Encoding { line }),
                Next::TooLong { .. } | Next::End => break,
            };
            if line > self.header_line && self.has_shape() {
                let cells = self.cells(line);
                survey.add(&cells);
                survey.add_sign(&cells, self.layout, self.mapping.as_ref());
            }
        }
        survey.decide(&self.columns, self.layout, self.mapping.as_ref())
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
                Err(error) => return fault(self.records.line(), &super::unreadable(&error)),
            };
            if line <= self.header_line || self.records.record().iter().all(is_blank) {
                continue;
            }
            if !self.has_shape() {
                let detail = format!(
                    "the row has {} fields, the header has {}",
                    self.records.record().len(),
                    self.columns.width()
                );
                return fault(line, &detail);
            }
            match self.row(line) {
                Ok(None) => {}
                Ok(Some(row)) => return Some(Ok(row)),
                Err(faults) => return Some(Err(faults)),
            }
        }
    }

    fn row(&self, line: u64) -> Result<Option<Row>, Vec<RowFault>> {
        let cells = self.cells(line);
        let mut faults = Faults::new(line);
        let more = self
            .mapping
            .as_ref()
            .map_or(&[][..], |mapping| &mapping.types);
        let booking = cells.booking(self.layout.words, more, &mut faults);
        if booking.is_none() && faults.is_empty() {
            return Ok(None);
        }
        cells.check_text(&mut faults);
        let row = booking.and_then(|booking| (self.layout.read)(&cells, booking, &mut faults));
        match row {
            Some(row) if faults.is_empty() => Ok(Some(row)),
            _ => Err(faults.into_inner()),
        }
    }

    /// As many fields as the header, apart from empty ones at the end.
    fn has_shape(&self) -> bool {
        let record = self.records.record();
        let width = self.columns.width();
        record.len() >= width && record.iter().skip(width).all(is_blank)
    }

    fn cells(&self, line: u64) -> Cells<'_> {
        Cells {
            line,
            record: self.records.record(),
            columns: &self.columns,
            notation: &self.notation,
            constants: self
                .mapping
                .as_ref()
                .map_or(&[][..], |mapping| &mapping.constants),
        }
    }
}

/// A key that would change nothing is a misunderstanding.
fn check_mapping(layout: &Layout, mapping: Option<&Mapping>) -> Result<(), FileFault> {
    let is_idle = |mapping: &Mapping| mapping.amount_sign.is_some() || mapping.amount_is_gross;
    if layout.amounts == Amounts::ByFile || !mapping.is_some_and(is_idle) {
        return Ok(());
    }
    let detail = format!(
        "amount_sign and amount_is are for the format csv; what the amounts of {} mean is known",
        layout.wanted
    );
    Err(FileFault::Mapping { detail })
}

fn is_blank(field: &str) -> bool {
    field.trim().is_empty()
}
