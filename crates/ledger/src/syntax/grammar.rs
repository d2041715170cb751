//! One part of a file through the grammar crate, into drafts.

use std::ops::Range;

use beancount_parser_lima::{BeancountParser, BeancountSources, ParseSuccess, Report};

use super::convert::Converter;
use super::draft::Draft;
use super::explain::explain;
use super::plain;
use super::scan::Scan;
use super::text::Lines;
use crate::diagnostic::MAX_REPORTED;
use crate::names::Names;

/// How many directives are read together once a part was found to have a fault.
const BLOCK: usize = 64;

/// What one part of a file says.
#[derive(Default)]
pub(super) struct Part {
    pub names: Names,
    pub drafts: Vec<Draft>,
    pub faults: Vec<(usize, String)>,
    /// Accounts that stand in directives which could not be read.
    pub doubtful: Vec<String>,
    /// Whether reading stopped because there are more faults than anyone reads.
    pub is_given_up: bool,
}

/// A file as its parts see it.
pub(super) struct File<'a> {
    pub index: u32,
    pub source: &'a str,
    pub scan: &'a Scan,
    pub lines: &'a Lines,
    /// Lines to read before the part: the names of the account types.
    pub preamble: &'a str,
}

/// Reads a range of bytes between two boundaries of directives.
///
/// The grammar crate answers with all directives or with its first fault, so a part with a fault is
/// halved until the faulty directives are alone. `shortcut` is whether plain directives go the short
/// way.
pub(super) fn read_part(file: &File<'_>, range: Range<usize>, shortcut: bool) -> Part {
    let mut part = Part::default();
    let starts: Vec<usize> = std::iter::once(range.start)
        .chain(
            file.scan
                .directives
                .iter()
                .copied()
                .filter(|start| range.contains(start)),
        )
        .collect();
    let ends = starts.iter().skip(1).copied().chain([range.end]);
    let mut rest: Vec<Range<usize>> = Vec::new();
    for (begin, end) in starts.iter().copied().zip(ends) {
        if shortcut
            && file.preamble.is_empty()
            && let Some(draft) = plain::read(file, begin, end, &mut part.names)
        {
            part.drafts.push(draft);
        } else if begin < end {
            rest.push(begin..end);
        }
    }
    if read(file, &rest, &mut part).is_err() {
        for block in rest.chunks(BLOCK) {
            read_halves(file, block, &mut part);
        }
    }
    part
}

/// Reads directives together, or each half of them where one has a fault.
fn read_halves(file: &File<'_>, directives: &[Range<usize>], part: &mut Part) {
    if part.is_given_up {
        return;
    }
    let Err((offset, reason)) = read(file, directives, part) else {
        return;
    };
    let [directive] = directives else {
        let (first, second) = directives.split_at(directives.len() / 2);
        read_halves(file, first, part);
        read_halves(file, second, part);
        return;
    };
    let offset = offset.clamp(directive.start, directive.end - 1);
    part.faults.push((
        offset,
        explain(file.source, directive.start, offset, &reason),
    ));
    part.doubtful
        .extend(accounts_in(&file.source[directive.clone()]));
    part.is_given_up = part.faults.len() > MAX_REPORTED;
}

/// The words of a text that may be accounts.
pub(super) fn accounts_in(text: &str) -> impl Iterator<Item = String> {
    text.split_whitespace()
        .filter(|word| word.contains(':'))
        .map(str::to_owned)
}

/// Where the pieces of a text are in the file that they were taken from.
pub(super) struct Pieces(Vec<(usize, usize)>);

impl Pieces {
    pub(super) fn in_file(&self, in_text: usize) -> usize {
        let piece = self
            .0
            .partition_point(|(start, _)| *start <= in_text)
            .saturating_sub(1);
        self.0
            .get(piece)
            .map_or(0, |(start, file)| file + in_text.saturating_sub(*start))
    }
}

/// Reads all directives, or answers the offset and reason of the first fault.
fn read(
    file: &File<'_>,
    directives: &[Range<usize>],
    part: &mut Part,
) -> Result<(), (usize, String)> {
    if directives.is_empty() {
        return Ok(());
    }
    let length: usize = directives.iter().map(Range::len).sum();
    let mut text = Vec::with_capacity(file.preamble.len() + length + directives.len());
    text.extend_from_slice(file.preamble.as_bytes());
    let mut pieces = Pieces(Vec::with_capacity(directives.len()));
    for directive in directives {
        pieces.0.push((text.len(), directive.start));
        text.extend_from_slice(&file.scan.text[directive.clone()]);
        // Spaces that end a text without a line's end are a fault to the grammar crate.
        if !text.ends_with(b"\n") {
            text.push(b'\n');
        }
    }
    let text = String::from_utf8(text)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let sources = BeancountSources::from(text);
    let parser = BeancountParser::new(&sources);
    match parser.parse() {
        Ok(ParseSuccess { directives, .. }) => {
            let mut converter = Converter::new(file, &pieces, part);
            for directive in &directives {
                converter.directive(directive);
            }
            Ok(())
        }
        Err(refused) => {
            let first = refused.errors.iter().min_by_key(|error| error.span().start);
            let (offset, reason) =
                first.map_or((0, ""), |error| (error.span().start, error.reason()));
            Err((pieces.in_file(offset), reason.to_owned()))
        }
    }
}
