//! The first reading of a file: strings and comments, `{{…}}`, arithmetic, and the lines that are
//! not directives (`option`, `include`, `plugin`, push and pop). What the grammar crate reads
//! differently from Beancount is taken out here and replaced by text of the same length, so that
//! every offset stays true; docs/decisions/0002-beancount-parser.md lists what and why.

use std::ops::Range;

use chrono::NaiveDate;
use memchr::{memchr, memchr2};
use rust_decimal::Decimal;

use super::explain;
use super::expression::{self, Expression};
use super::pragmas::Pragma;

/// A file's text made ready for the grammar.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// As long as the file, with lines at the same offsets.
    pub text: Vec<u8>,
    /// The values of calculations, each replaced by a plain `0` at its offset; zero for one with a fault.
    pub calculations: Vec<(usize, Decimal)>,
    /// Where `{{` was replaced by ` {`: the offset of the brace that stayed.
    pub total_costs: Vec<usize>,
    pub pragmas: Vec<(usize, Pragma)>,
    /// Where lines begin without a space, outside strings: every directive starts at one of them.
    pub directives: Vec<usize>,
    pub faults: Vec<(usize, String)>,
    /// Directives that were blanked because they cannot be read at all.
    pub broken: Vec<Range<usize>>,
}

/// Reads a whole file.
pub(super) fn scan(source: &str) -> Scan {
    let mut scanner = Scanner {
        source,
        bytes: source.as_bytes(),
        at: 0,
        scan: Scan {
            text: source.as_bytes().to_vec(),
            ..Scan::default()
        },
        long_string: None,
        broken_from: None,
    };
    while scanner.at < source.len() {
        scanner.line();
    }
    scanner.end_broken(source.len());
    let mut scan = scanner.scan;
    for range in scan.broken.clone() {
        blank(&mut scan.text[range]);
    }
    scan
}

/// Replaces all but the ends of lines by spaces.
pub(super) fn blank(text: &mut [u8]) {
    text.iter_mut()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .for_each(|byte| *byte = b' ');
}

pub(super) struct Scanner<'a> {
    pub(super) source: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) scan: Scan,
    /// The first string that runs over a line which looks like a directive.
    long_string: Option<usize>,
    broken_from: Option<usize>,
}

impl Scanner<'_> {
    /// Reads one line, or several if a string runs over their ends.
    fn line(&mut self) {
        let first = self.bytes[self.at];
        match first {
            // Headings of outline modes and the like are comments to Beancount.
            b'*' | b'!' | b'&' | b'#' | b'?' | b'%' | b':' => {
                let start = self.at;
                self.skip_to_line_end();
                blank(&mut self.scan.text[start..self.at]);
            }
            b' ' | b'\t' | b'\r' | b'\n' | b';' => self.words(),
            b'a'..=b'z' if self.pragma() => self.end_broken(self.at),
            _ => {
                self.end_broken(self.at);
                if let Some(fault) = self.no_directive() {
                    self.scan.faults.push((self.at, fault));
                    self.broken_from = Some(self.at);
                }
                self.scan.directives.push(self.at);
                self.words();
            }
        }
    }

    /// What is wrong with the beginning of a line that should begin a directive.
    fn no_directive(&self) -> Option<String> {
        let mut words = self.source[self.at..self.line_end()].split_whitespace();
        let first = explain::shortened(words.next().unwrap_or_default());
        if !expression::is_date(first.as_bytes()) {
            return Some(format!(
                "\"{first}\" begins no directive: a line that is not indented begins with a date, or \
                 with option, include, plugin, pushtag, poptag, pushmeta or popmeta"
            ));
        }
        let date = first.replace('/', "-");
        if first.len() != 10 || date.parse::<NaiveDate>().is_err() {
            return Some(format!(
                "\"{first}\" is not a date: a date is written 2020-01-31"
            ));
        }
        let keyword = words.next().unwrap_or_default();
        let is_flag = matches!(
            keyword.as_bytes(),
            [b'*' | b'!' | b'&' | b'#' | b'?' | b'%', ..]
        ) || keyword.starts_with('\'');
        if explain::is_keyword(keyword) || is_flag {
            return None;
        }
        Some(if keyword.is_empty() {
            "nothing follows the date: write *, open, close, balance, price or another directive"
                .into()
        } else {
            let keyword = explain::shortened(keyword);
            format!(
                "\"{keyword}\" is not a directive: use *, open, close, balance, pad, price, commodity, \
                 note, document, event, query or custom"
            )
        })
    }

    /// A directive that cannot be read ends where the next one begins.
    fn end_broken(&mut self, next: usize) {
        if let Some(begin) = self.broken_from.take() {
            self.scan.broken.push(begin..next.min(self.bytes.len()));
        }
    }

    fn skip_to_line_end(&mut self) {
        self.at = (self.line_end() + 1).min(self.bytes.len());
    }

    pub(super) fn line_end(&self) -> usize {
        memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |length| self.at + length)
    }

    /// Reads to the end of the line, word by word.
    fn words(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    return;
                }
                b';' => return self.skip_to_line_end(),
                b'"' => {
                    self.string();
                }
                b'{' if self.bytes.get(self.at + 1) == Some(&b'{') => {
                    self.scan.text[self.at] = b' ';
                    self.scan.total_costs.push(self.at + 1);
                    self.at += 2;
                }
                b'}' if self.bytes.get(self.at + 1) == Some(&b'}') => {
                    self.scan.text[self.at + 1] = b' ';
                    self.at += 2;
                }
                b'0'..=b'9' | b'(' | b'-' | b'+' => self.number(),
                b'#' | b'^' => self.tag(),
                _ if byte.is_ascii_alphabetic() || byte >= 0x80 => self.word(),
                _ => self.at += 1,
            }
        }
    }

    /// Steps over an account, a currency or a keyword, whose digits and dashes are no numbers.
    fn word(&mut self) {
        while self.bytes.get(self.at).is_some_and(|b| {
            b.is_ascii_alphanumeric()
                || matches!(b, b':' | b'-' | b'_' | b'.' | b'\'')
                || *b >= 0x80
        }) {
            self.at += 1;
        }
    }

    /// Steps over a tag or link; a lone `#` separates two costs.
    fn tag(&mut self) {
        self.at += 1;
        while self
            .bytes
            .get(self.at)
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
        {
            self.at += 1;
        }
    }

    fn number(&mut self) {
        match expression::read(&self.bytes[self.at..]) {
            Expression::None(_) if expression::is_date(&self.bytes[self.at..]) => self.at += 10,
            Expression::None(_) if self.bytes[self.at].is_ascii_digit() => self.word(),
            Expression::None(length) => self.at += length.max(1),
            Expression::Number(length) => {
                self.at += length;
                // `100.` is a number to Beancount.
                if self.bytes[self.at - 1] == b'.' {
                    self.scan.text[self.at - 1] = b' ';
                }
            }
            Expression::Calculation(length, value) => {
                self.scan.text[self.at..self.at + length].fill(b' ');
                self.scan.text[self.at] = b'0';
                let value = value.unwrap_or_else(|fault| {
                    self.scan.faults.push((self.at, fault));
                    Decimal::ZERO
                });
                self.scan.calculations.push((self.at, value));
                self.at += length;
            }
        }
    }

    /// Steps over a string; the answer is where its text begins and ends.
    pub(super) fn string(&mut self) -> Option<(usize, usize)> {
        let opened = self.at;
        self.at += 1;
        while let Some(length) = memchr2(b'"', b'\\', &self.bytes[self.at..]) {
            self.at += length;
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                self.note_long_string(opened);
                return Some((opened + 1, self.at - 1));
            }
            // An escape is read again, as Beancount does, from the file's text.
            self.scan.text[self.at] = b'_';
            if self.bytes.get(self.at + 1).is_some_and(u8::is_ascii) {
                self.scan.text[self.at + 1] = b'_';
                self.at += 1;
            }
            self.at = (self.at + 1).min(self.bytes.len());
        }
        self.unclosed_string(opened);
        None
    }

    fn note_long_string(&mut self, opened: usize) {
        let inside = &self.bytes[opened..self.at];
        if self.long_string.is_none()
            && memchr::memchr_iter(b'\n', inside).any(|end| expression::is_date(&inside[end + 1..]))
        {
            self.long_string = Some(opened);
        }
    }

    fn unclosed_string(&mut self, opened: usize) {
        let begins = self.long_string.unwrap_or(opened);
        self.scan.faults.push((
            begins,
            "the text in quotes that begins on this line is not closed: add the missing \"".into(),
        ));
        let directives = &mut self.scan.directives;
        directives.truncate(directives.partition_point(|start| *start <= begins));
        let directive = directives.last().map_or(begins, |start| *start);
        self.broken_from = Some(self.broken_from.unwrap_or(directive).min(directive));
        self.at = self.bytes.len();
    }
}
