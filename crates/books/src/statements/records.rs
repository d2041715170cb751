//! The records of a CSV file, each with its line.

use std::io::{self, Read, Seek};

use csv::{ErrorKind, StringRecord};

use super::{lines::LineCounter, source::Source};

pub(super) struct Records<R> {
    reader: csv::Reader<LineCounter<Source<R>>>,
    record: StringRecord,
    /// Of the record that was read last.
    line: u64,
    ended: bool,
}

/// What became of reading a record.
pub(super) enum Next {
    Record {
        line: u64,
    },
    /// Its bytes are not UTF-8.
    NotText {
        line: u64,
    },
    /// It has no end that is near; nothing after it can be read.
    TooLong {
        line: u64,
    },
    End,
}

impl<R: Read + Seek> Records<R> {
    /// Reads the file from its beginning.
    pub fn open(mut source: Source<R>, delimiter: u8) -> io::Result<Self> {
        source.rewind()?;
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(LineCounter::new(source));
        Ok(Self {
            reader,
            record: StringRecord::new(),
            line: 1,
            ended: false,
        })
    }

    pub fn into_source(self) -> Source<R> {
        self.reader.into_inner().into_inner()
    }

    pub fn record(&self) -> &StringRecord {
        &self.record
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    /// Reads into `record`.
    pub fn next(&mut self) -> io::Result<Next> {
        if self.ended {
            return Ok(Next::End);
        }
        self.reader.get_mut().begin_record();
        let offset = self.reader.position().byte();
        let outcome = self.reader.read_record(&mut self.record);
        let line = self.reader.get_mut().line_at(offset);
        self.line = line;
        match outcome.map_err(csv::Error::into_kind) {
            Ok(true) => Ok(Next::Record { line }),
            Ok(false) => Ok(Next::End),
            Err(ErrorKind::Utf8 { .. }) => Ok(Next::NotText { line }),
            Err(ErrorKind::Io(_)) if self.reader.get_ref().is_exhausted() => {
                self.ended = true;
                Ok(Next::TooLong { line })
            }
            Err(ErrorKind::Io(error)) => {
                self.ended = true;
                Err(error)
            }
            Err(other) => {
                self.ended = true;
                Err(io::Error::other(format!("{other:?}")))
            }
        }
    }
}
