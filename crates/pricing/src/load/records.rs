//! The records of a file, each with its line and the fields as they were written.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use csv::{ByteRecord, ErrorKind};
use serde::de::DeserializeOwned;

use super::{
    Format,
    lines::{LONGEST_RECORD, LineCounter, TOO_LONG},
};
use crate::{Error, RowError, error::MOST_ROW_ERRORS};

/// The names that a file's fields may have.
pub(super) struct Columns {
    pub required: &'static [&'static str],
    pub optional: &'static [&'static str],
}

/// One record; `fields` says what is wrong where it could not be read.
pub(super) struct Record<T> {
    pub line: u64,
    pub fields: Result<T, Vec<String>>,
}

impl<T> Record<T> {
    fn fault(line: u64, detail: impl Into<String>) -> Self {
        Self {
            line,
            fields: Err(vec![detail.into()]),
        }
    }
}

pub(super) enum Records<R> {
    Csv(Box<CsvRecords<R>>),
    Ndjson(JsonLines<R>),
}

impl<R: Read> Records<R> {
    pub fn open(format: Format, file: R, columns: &Columns) -> Result<Self, Error> {
        Ok(match format {
            Format::Csv => Self::Csv(Box::new(CsvRecords::open(file, columns)?)),
            Format::Ndjson => Self::Ndjson(JsonLines::open(file)),
        })
    }

    /// The next record; `None` at the end, which comes early after a record of no bounded length.
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Record<T>>, Error> {
        match self {
            Self::Csv(records) => records.next(),
            Self::Ndjson(records) => records.next(),
        }
    }
}

/// A file behind its first bytes.
type Unmarked<R> = Chain<Cursor<Vec<u8>>, R>;

/// The byte order mark of UTF-8.
const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Without byte order marks. The reader of CSV knows one only if it comes in one piece.
fn behind_mark<R: Read>(mut file: R) -> io::Result<Unmarked<R>> {
    let mut first = MARK.to_vec();
    while first == MARK {
        first.clear();
        (&mut file).take(3).read_to_end(&mut first)?;
    }
    Ok(Cursor::new(first).chain(file))
}

pub(super) struct CsvRecords<R> {
    reader: csv::Reader<LineCounter<Unmarked<R>>>,
    header: ByteRecord,
    record: ByteRecord,
    ended: bool,
}

impl<R: Read> CsvRecords<R> {
    fn open(file: R, columns: &Columns) -> Result<Self, Error> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(LineCounter::new(behind_mark(file)?));
        let (header, record) = (ByteRecord::new(), ByteRecord::new());
        let mut records = Self {
            reader,
            header,
            record,
            ended: false,
        };
        let Some(Record { line, fields }) = records.read()? else {
            let wanted = columns.required.join(",");
            let detail = format!("the file is empty; its first line must be {wanted}");
            return Err(Error::BadRows(vec![RowError { line: 1, detail }]));
        };
        records.header.clone_from(&records.record);
        let faults = fields.map_or_else(
            |details| details,
            |()| faults_of_header(&records.header, columns),
        );
        if faults.is_empty() {
            return Ok(records);
        }
        let at_line = |detail| RowError { line, detail };
        let faults = faults.into_iter().take(MOST_ROW_ERRORS);
        Err(Error::BadRows(faults.map(at_line).collect()))
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Record<T>>, Error> {
        let Some(Record { line, fields }) = self.read()? else {
            return Ok(None);
        };
        let fields = fields.and_then(|()| {
            let read = self.record.deserialize(Some(&self.header));
            read.map_err(|error| vec![describe(&error)])
        });
        Ok(Some(Record { line, fields }))
    }

    /// Reads into `record`; answers its line, and what is wrong with its shape.
    fn read(&mut self) -> Result<Option<Record<()>>, Error> {
        if self.ended {
            return Ok(None);
        }
        self.reader.get_mut().begin_record();
        let offset = self.reader.position().byte();
        let shape = match self.reader.read_byte_record(&mut self.record) {
            Ok(false) => return Ok(None),
            Ok(true) => Ok(()),
            Err(error) => Err(vec![self.fault_of_shape(error)?]),
        };
        let line = self.reader.get_mut().line_at(offset);
        Ok(Some(Record {
            line,
            fields: shape,
        }))
    }

    fn fault_of_shape(&mut self, error: csv::Error) -> Result<String, Error> {
        match error.into_kind() {
            ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => Ok(format!(
                "the row has {len} fields, the header has {expected_len}"
            )),
            ErrorKind::Io(_) if self.reader.get_ref().is_exhausted() => {
                self.ended = true;
                Ok(TOO_LONG.to_owned())
            }
            ErrorKind::Io(error) => Err(error.into()),
            other => Ok(format!("the row cannot be read: {other:?}")),
        }
    }
}

fn faults_of_header(header: &ByteRecord, columns: &Columns) -> Vec<String> {
    let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
    let known = || columns.required.iter().chain(columns.optional);
    let mut faults = Vec::new();
    for (position, name) in names.iter().enumerate() {
        if !known().any(|column| column == name) {
            let known: Vec<&str> = known().copied().collect();
            faults.push(format!(
                "unknown column `{name}`; the columns are {}",
                known.join(",")
            ));
        } else if names[..position].contains(name) {
            faults.push(format!("the column `{name}` stands twice"));
        }
    }
    let missing = columns
        .required
        .iter()
        .filter(|column| !names.iter().any(|n| n == *column));
    faults.extend(missing.map(|column| format!("the column `{column}` is missing")));
    faults
}

fn describe(error: &csv::Error) -> String {
    match error.kind() {
        ErrorKind::Deserialize { err, .. } => match err.field() {
            Some(field) => format!("column {}: {}", field + 1, err.kind()),
            None => err.kind().to_string(),
        },
        _ => error.to_string(),
    }
}

pub(super) struct JsonLines<R> {
    file: BufReader<R>,
    line: u64,
    text: Vec<u8>,
    ended: bool,
}

impl<R: Read> JsonLines<R> {
    fn open(file: R) -> Self {
        Self {
            file: BufReader::new(file),
            line: 0,
            text: Vec::new(),
            ended: false,
        }
    }

    fn next<T: DeserializeOwned>(&mut self) -> Result<Option<Record<T>>, Error> {
        while self.read_line()? {
            if self.text.len() > LONGEST_RECORD {
                self.ended = true;
                return Ok(Some(Record::fault(self.line, TOO_LONG)));
            }
            let text = if self.line == 1 {
                without_mark(&self.text)
            } else {
                &self.text
            };
            return Ok(Some(match text.trim_ascii_start().first() {
                None => continue,
                Some(b'{') => match serde_json::from_slice(text) {
                    Ok(fields) => Record {
                        line: self.line,
                        fields: Ok(fields),
                    },
                    Err(error) => Record::fault(self.line, describe_json(&error)),
                },
                Some(_) => Record::fault(self.line, "the line is not a JSON object"),
            }));
        }
        Ok(None)
    }

    fn read_line(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        self.text.clear();
        let mut bounded = (&mut self.file).take(LONGEST_RECORD as u64 + 1);
        let read = bounded.read_until(b'\n', &mut self.text)?;
        self.line += 1;
        Ok(read > 0)
    }
}

fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text)
}

/// The message without its own line, which is always the first of one record.
fn describe_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message);
    format!("column {}: {message}", error.column())
}
