use std::io::{self, Read, Seek, SeekFrom};
use std::{cell::Cell, rc::Rc};

use books::statements::{Format, read};

/// A file that is made while it is read: a head, then the same piece so many times, then a tail.
struct Made {
    head: &'static [u8],
    piece: &'static [u8],
    pieces: u64,
    tail: &'static [u8],
    at: u64,
    /// Bytes given since the last way back to the beginning.
    given: Rc<Cell<u64>>,
}

impl Made {
    fn byte(&self, at: u64) -> Option<u8> {
        let of = |bytes: &[u8], at: u64| bytes.get(usize::try_from(at).unwrap()).copied();
        let head = self.head.len() as u64;
        let body = self.piece.len() as u64 * self.pieces;
        match at {
            at if at < head => of(self.head, at),
            at if at < head + body => of(self.piece, (at - head) % self.piece.len() as u64),
            at => of(self.tail, at - head - body),
        }
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut read = 0;
        while let (Some(place), Some(byte)) = (buffer.get_mut(read), self.byte(self.at)) {
            *place = byte;
            (read, self.at) = (read + 1, self.at + 1);
        }
        self.given.set(self.given.get() + read as u64);
        Ok(read)
    }
}

impl Seek for Made {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Start(at) => {
                self.at = at;
                self.given.set(0);
            }
            SeekFrom::Current(0) => {}
            other => panic!("{other:?} is not needed"),
        }
        Ok(self.at)
    }
}

/// Rows are given out while the file is read, not after it.
fn is_streamed(format: Format, head: &'static [u8], piece: &'static [u8], tail: &'static [u8]) {
    const PIECES: u64 = 20_000;
    const BUFFERS: u64 = 32 * 1024;
    let given = Rc::new(Cell::new(0));
    let file = Made {
        head,
        piece,
        pieces: PIECES,
        tail,
        at: 0,
        given: given.clone(),
    };
    let mut rows = read(format, None, file).unwrap();
    assert!(rows.next().unwrap().is_ok());
    assert!(
        given.get() <= BUFFERS,
        "{} bytes were read for the first row",
        given.get()
    );
    let mut count = 1_u64;
    for row in rows {
        assert!(row.is_ok());
        count += 1;
        let due = head.len() as u64 + count * piece.len() as u64;
        assert!(
            given.get() <= due + BUFFERS,
            "{} bytes were read for row {count}",
            given.get()
        );
    }
    assert_eq!(count, PIECES);
}

#[test]
fn an_opened_file_can_go_to_another_thread() {
    fn can_go<T: Send>() {}
    can_go::<books::statements::Statement<std::fs::File>>();
}

#[test]
fn rows_of_a_table_are_given_out_as_they_are_read() {
    is_streamed(
        Format::Csv,
        b"Date,Type,Symbol,Quantity,Price,Amount,Currency\n",
        b"2024-01-02,Buy,X,1,10,-10,EUR\n",
        b"",
    );
    is_streamed(
        Format::InteractiveBrokersFlex,
        b"ClientAccountID,CurrencyPrimary,Type,Amount,Date/Time\n",
        b"U1,USD,Other Fees,-1,20240102\n",
        b"",
    );
}

#[test]
fn activities_are_given_out_as_they_are_read() {
    is_streamed(
        Format::GhostfolioJson,
        b"{\"activities\":[",
        b"{\"type\":\"BUY\",\"symbol\":\"X\",\"quantity\":1,\"unitPrice\":1,\"fee\":0,\"currency\":\"EUR\",\"date\":\"2024-01-02\"},",
        b"]}",
    );
}

/// A file whose disk fails at some time.
struct Failing {
    file: io::Cursor<Vec<u8>>,
    fails: Rc<Cell<bool>>,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.fails.get() {
            return Err(io::Error::other("the disk is gone"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn a_disk_that_fails_is_a_fault_and_the_end() {
    let row = "2024-01-02,Deposit,5,EUR\n".repeat(5_000);
    let table = format!("Date,Type,Amount,Currency\n{row}");
    let activity = r#"{"type":"BUY","symbol":"X","quantity":1,"unitPrice":1,"fee":0,"currency":"EUR","date":"2024-01-02"},"#;
    let export = format!("{{\"activities\":[{}]}}", activity.repeat(5_000));
    for (format, text) in [(Format::Csv, table), (Format::GhostfolioJson, export)] {
        let fails = Rc::new(Cell::new(false));
        let file = Failing {
            file: io::Cursor::new(text.into_bytes()),
            fails: fails.clone(),
        };
        let mut rows = read(format, None, file).unwrap();
        assert!(rows.next().unwrap().is_ok());
        fails.set(true);
        let rest: Vec<_> = rows.take(10_000).collect();
        let (last, before) = rest.split_last().unwrap();
        assert!(before.iter().all(Result::is_ok) && before.len() < 4_999);
        let fault = last.as_ref().unwrap_err().to_string();
        assert!(
            fault.contains("cannot be read any further: the disk is gone"),
            "{fault}"
        );
    }
}
