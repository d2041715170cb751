//! Finding the delimiter and the line that names the columns.

use std::io::{Read, Seek};

use super::{
    columns::Columns,
    fault::FileFault,
    field::Field,
    layout::Layout,
    mapping::Mapping,
    records::{Next, Records},
    source::Source,
    words::folded,
};

const DELIMITERS: [u8; 4] = *b",;\t|";

/// Brokers write titles above their tables.
const LINES_BEFORE: usize = 20;

/// No statement has so many; to look each of them up would take long.
const MOST_COLUMNS: usize = 500;

pub(super) struct Header {
    pub delimiter: u8,
    pub line: u64,
    pub columns: Columns,
}

/// A line that may be the header.
struct Candidate {
    delimiter: u8,
    line: u64,
    recognized: usize,
    names: Vec<String>,
}

/// The line, among the first ones, that names most columns, read with the delimiter for which it does.
pub(super) fn find<R: Read + Seek>(
    mut source: Source<R>,
    layout: &Layout,
    mapping: Option<&Mapping>,
) -> Result<(Header, Source<R>), FileFault> {
    let demanded = mapping.and_then(|mapping| mapping.delimiter);
    let delimiters = demanded.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let mut best: Option<Candidate> = None;
    for delimiter in delimiters {
        let mut records = Records::open(source, delimiter)?;
        for _ in 0..LINES_BEFORE {
            let Next::Record { line } = text_of(records.next()?)? else {
                break;
            };
            let names: Vec<String> = records.record().iter().map(str::to_owned).collect();
            let recognized = recognized(&names, layout, mapping);
            if recognized > best.as_ref().map_or(0, |best| best.recognized) {
                best = Some(Candidate {
                    delimiter,
                    line,
                    recognized,
                    names,
                });
            }
        }
        source = records.into_source();
    }
    let Some(best) = best else {
        return Err(no_header(layout));
    };
    Ok((header(&best, layout, mapping)?, source))
}

fn text_of(next: Next) -> Result<Next, FileFault> {
    match next {
        Next::NotText { line } => Err(FileFault::Encoding { line }),
        other => Ok(other),
    }
}

/// How many fields a line names columns for. A mapping's column that is not there counts for nothing here:
/// to say so, the header must be known.
fn recognized(names: &[String], layout: &Layout, mapping: Option<&Mapping>) -> usize {
    if names.len() > MOST_COLUMNS {
        return 0;
    }
    let keys: Vec<String> = names.iter().map(|name| folded(name)).collect();
    let is_there = |name: &&String| keys.contains(&folded(name));
    let mapped = mapping.map_or(0, |mapping| {
        let wanted = mapping.columns.iter().flat_map(|(_, names)| names);
        wanted.filter(is_there).count()
    });
    let is_known = |aliases: &[&str]| {
        aliases
            .iter()
            .any(|alias| keys.iter().any(|key| key == alias))
    };
    let known = layout.names.iter().filter(|(_, aliases)| is_known(aliases));
    mapped + known.count()
}

fn header(
    best: &Candidate,
    layout: &Layout,
    mapping: Option<&Mapping>,
) -> Result<Header, FileFault> {
    let names = best.names.iter().map(String::as_str);
    let columns = Columns::find(names, layout.names, mapping).map_err(|detail| {
        if mapping.is_some() {
            FileFault::Mapping { detail }
        } else {
            FileFault::Header { detail }
        }
    })?;
    let is_constant =
        |field: &Field| mapping.is_some_and(|mapping| mapping.constant(*field).is_some());
    let missing: Vec<&str> = layout
        .required
        .iter()
        .filter(|(_, fields)| {
            !fields
                .iter()
                .any(|field| columns.has(*field) || is_constant(field))
        })
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(Header {
            delimiter: best.delimiter,
            line: best.line,
            columns,
        });
    }
    let found: Vec<String> = best
        .names
        .iter()
        .map(|name| format!("`{}`", name.trim()))
        .collect();
    let detail = format!(
        "line {}: the header has no column for {}; it names {}. A mapping can say which column is meant, or \
         what holds for every row",
        best.line,
        missing.join(", "),
        found.join(", ")
    );
    Err(FileFault::Header { detail })
}

fn no_header(layout: &Layout) -> FileFault {
    let needed: Vec<&str> = layout.required.iter().map(|(name, _)| *name).collect();
    let detail = format!(
        "no line among the first {LINES_BEFORE} names the columns of {}; it needs {}",
        layout.wanted,
        needed.join(", ")
    );
    FileFault::Header { detail }
}
