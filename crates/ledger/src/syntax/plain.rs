//! A short way for directives in their plainest form, which are nearly all of a ledger.
//!
//! It reads exactly what the grammar crate would read, only sooner, and leaves everything else to
//! it: metadata, tags, links, comments, labels, calculations, and whatever is wrong. A test compares
//! the two on whole ledgers.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::draft::{
    Assertion, Body, CostNumber, Draft, DraftCost, DraftPosting, DraftPrice, DraftTransaction,
    Origin,
};
use super::grammar::File;
use crate::names::{AccountId, CurrencyId, Names};

/// What accounts begin with; where options rename them, the short way is closed.
const ACCOUNT_TYPES: [&[u8]; 5] = [b"Assets", b"Liabilities", b"Equity", b"Income", b"Expenses"];

/// More digits than this are left to the grammar.
const MAX_DIGITS: usize = 18;

/// Reads the directive between two offsets if it is plain.
pub(super) fn read(file: &File<'_>, begin: usize, end: usize, names: &mut Names) -> Option<Draft> {
    let scan = file.scan;
    let changed = |offsets: &[usize]| {
        offsets
            .get(offsets.partition_point(|at| *at < begin))
            .is_some_and(|at| *at < end)
    };
    let calculated = scan.calculations.partition_point(|(at, _)| *at < begin);
    if scan
        .calculations
        .get(calculated)
        .is_some_and(|(at, _)| *at < end)
        || changed(&scan.total_costs)
    {
        return None;
    }
    let mut reader = Reader {
        source: file.source,
        text: &scan.text[..end],
        at: begin,
        names,
    };
    let date = reader.date()?;
    reader.space()?;
    let line = file.lines.number(begin);
    let body = match reader.text.get(reader.at)? {
        b'*' | b'!' => reader.transaction(line, scan.pushed_tags(begin))?,
        b'b' => reader.balance()?,
        b'p' => reader.price()?,
        _ => return None,
    };
    reader.rest_is_blank()?;
    Some(Draft {
        date,
        origin: Origin {
            file: file.index,
            line,
        },
        body,
    })
}

struct Reader<'a> {
    source: &'a str,
    text: &'a [u8],
    at: usize,
    names: &'a mut Names,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, expected: &[u8]) -> Option<()> {
        self.text[self.at..]
            .starts_with(expected)
            .then(|| self.at += expected.len())
    }

    fn space(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    /// Steps over the end of a line, with spaces before it.
    fn line_end(&mut self) -> Option<()> {
        let _ = self.space();
        if self.at == self.text.len() {
            return Some(());
        }
        let _ = self.take(b"\r");
        self.take(b"\n")
    }

    fn rest_is_blank(&self) -> Option<()> {
        let mut rest = self.text[self.at..].iter();
        rest.all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
            .then_some(())
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let text = self.text.get(self.at..self.at + 10)?;
        if text[4] != b'-' || text[7] != b'-' {
            return None;
        }
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0_u32, |number, byte| {
                byte.is_ascii_digit()
                    .then(|| number * 10 + u32::from(byte - b'0'))
            })
        };
        self.at += 10;
        let year = i32::try_from(number(&text[..4])?).ok()?;
        NaiveDate::from_ymd_opt(year, number(&text[5..7])?, number(&text[8..10])?)
    }

    fn word(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&is_part) {
            self.at += 1;
        }
        &self.source[start..self.at]
    }

    fn account(&mut self) -> Option<AccountId> {
        let word = self.word(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-'));
        let mut components = word.as_bytes().split(|byte| *byte == b':');
        let is_type = ACCOUNT_TYPES.contains(&components.next()?);
        let mut below = 0;
        for component in components {
            let first = component.first()?;
            below += usize::from(first.is_ascii_uppercase() || first.is_ascii_digit());
        }
        let colons = word.bytes().filter(|byte| *byte == b':').count();
        (is_type && below > 0 && below == colons).then(|| self.names.intern_account(word))
    }

    fn currency(&mut self) -> Option<CurrencyId> {
        let first = self.peek()?;
        let word = self.word(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let is_plain = first.is_ascii_uppercase()
            && (2..=20).contains(&word.len())
            && !matches!(word, "TRUE" | "FALSE" | "NULL");
        is_plain.then(|| self.names.intern_currency(word))
    }

    fn number(&mut self) -> Option<Decimal> {
        let is_negative = self.take(b"-").is_some();
        let digits = self.word(|byte| byte.is_ascii_digit() || byte == b'.');
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let written = whole.len() + decimals.len();
        if whole.is_empty() || decimals.is_empty() || written > MAX_DIGITS || decimals.contains('.')
        {
            return None;
        }
        let scale = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        let mantissa = digits
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0_i64, |number, byte| number * 10 + i64::from(byte - b'0'));
        if is_negative && mantissa == 0 {
            return None;
        }
        let mantissa = if is_negative { -mantissa } else { mantissa };
        Some(Decimal::new(mantissa, u32::try_from(scale).ok()?))
    }

    /// A text in quotes on one line, without escapes.
    fn string(&mut self) -> Option<&'a str> {
        self.take(b"\"")?;
        let length = memchr::memchr3(b'"', b'\n', b'\r', &self.text[self.at..])?;
        let inside = &self.source[self.at..self.at + length];
        self.at += length;
        self.take(b"\"")?;
        (!inside.contains('\\')).then_some(inside)
    }

    fn price(&mut self) -> Option<Body> {
        self.take(b"price")?;
        self.space()?;
        let currency = self.currency()?;
        self.space()?;
        let number = self.number()?;
        self.space()?;
        let quote = self.currency()?;
        self.line_end()?;
        Some(Body::Price {
            currency,
            number,
            quote,
        })
    }

    fn balance(&mut self) -> Option<Body> {
        self.take(b"balance")?;
        self.space()?;
        let account = self.account()?;
        self.space()?;
        let number = self.number()?;
        self.space()?;
        let currency = self.currency()?;
        self.line_end()?;
        Some(Body::Balance(Assertion {
            account,
            number,
            currency,
            tolerance: None,
        }))
    }

    fn transaction(&mut self, line: u32, mut tags: Vec<String>) -> Option<Body> {
        let flag = char::from(self.peek()?);
        self.at += 1;
        self.space()?;
        let first = self.string()?;
        let has_second = self.space().is_some() && self.peek() == Some(b'"');
        let second = if has_second {
            Some(self.string()?)
        } else {
            None
        };
        self.line_end()?;
        let (payee, narration) = match second {
            Some(second) => (Some(first), Some(second)),
            None => (None, Some(first)),
        };
        let written = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let mut postings = Vec::with_capacity(4);
        let mut line = line + 1;
        while self.rest_is_blank().is_none() {
            postings.push(self.posting(line)?);
            line += 1;
        }
        tags.sort_unstable();
        tags.dedup();
        Some(Body::Transaction(Box::new(DraftTransaction {
            flag,
            payee: written(payee),
            narration: written(narration),
            tags,
            links: Vec::new(),
            postings,
        })))
    }

    fn posting(&mut self, line: u32) -> Option<DraftPosting> {
        self.space()?;
        let mut posting = DraftPosting {
            line,
            flag: None,
            account: self.account()?,
            units: None,
            currency: None,
            cost: None,
            price: None,
        };
        let start = self.at;
        if self.line_end().is_some() {
            return Some(posting);
        }
        self.at = start;
        self.space()?;
        posting.units = Some(self.number()?);
        self.space()?;
        posting.currency = Some(self.currency()?);
        let _ = self.space();
        if self.peek() == Some(b'{') {
            posting.cost = Some(self.cost()?);
            let _ = self.space();
        }
        if self.peek() == Some(b'@') {
            posting.price = Some(self.posting_price()?);
        }
        self.line_end()?;
        Some(posting)
    }

    fn cost(&mut self) -> Option<DraftCost> {
        self.take(b"{")?;
        let mut cost = DraftCost {
            per_unit: CostNumber::Missing,
            total: CostNumber::Absent,
            currency: None,
            date: None,
            label: None,
            merge: false,
        };
        if self.take(b"}").is_some() {
            return Some(cost);
        }
        cost.per_unit = CostNumber::Given(self.number()?);
        self.space()?;
        cost.currency = Some(self.currency()?);
        if self.take(b",").is_some() {
            let _ = self.space();
            cost.date = Some(self.date()?);
        }
        self.take(b"}")?;
        Some(cost)
    }

    fn posting_price(&mut self) -> Option<DraftPrice> {
        self.take(b"@")?;
        let total = self.take(b"@").is_some();
        self.space()?;
        let number = Some(self.number()?);
        self.space()?;
        let currency = Some(self.currency()?);
        Some(DraftPrice {
            number,
            currency,
            total,
        })
    }
}
