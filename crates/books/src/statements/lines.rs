//! Which line of a file a record begins on, and a bound on how long a record may be.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

/// In bytes: more is not a transaction but another kind of file, or a quote that was left open.
const LONGEST_RECORD: usize = 64 * 1024;

pub(super) const TOO_LONG: &str = "the row is longer than 64 KiB; is a quote left open, or is this another kind of file? \
     Nothing after it was read";

/// Counts lines under a [`csv::Reader`], whose own count is wrong after blank lines and `\r\n`.
pub(super) struct LineCounter<R> {
    file: R,
    /// Of the next byte.
    offset: u64,
    line: u64,
    in_line: bool,
    /// Offset and number of each line that is not blank, from the current record on.
    starts: VecDeque<(u64, u64)>,
    allowance: usize,
}

impl<R> LineCounter<R> {
    pub fn new(file: R) -> Self {
        Self {
            file,
            offset: 0,
            line: 1,
            in_line: false,
            starts: VecDeque::new(),
            allowance: LONGEST_RECORD,
        }
    }

    pub fn into_inner(self) -> R {
        self.file
    }

    /// Grants the next record its length.
    pub fn begin_record(&mut self) {
        self.allowance = LONGEST_RECORD;
    }

    /// Whether the record that is being read was cut off for its length.
    pub fn is_exhausted(&self) -> bool {
        self.allowance == 0
    }

    /// The line of the record that begins at an offset, or after the line ends that follow it.
    /// Offsets must not go back.
    pub fn line_at(&mut self, offset: u64) -> u64 {
        while self
            .starts
            .front()
            .is_some_and(|(start, _)| *start < offset)
        {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }
}

impl<R: Read> Read for LineCounter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_exhausted() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TOO_LONG));
        }
        let room = buffer.len().min(self.allowance);
        let read = self.file.read(&mut buffer[..room])?;
        self.allowance -= read;
        for byte in &buffer[..read] {
            let ends_line = matches!(byte, b'\r' | b'\n');
            if !ends_line && !self.in_line {
                self.starts.push_back((self.offset, self.line));
            }
            self.in_line = !ends_line;
            self.line += u64::from(*byte == b'\n');
            self.offset += 1;
        }
        Ok(read)
    }
}
