//! From files to drafts: reading and includes, the first scan, the grammar.

mod convert;
pub(crate) mod draft;
mod explain;
mod expression;
mod files;
mod grammar;
mod plain;
mod pragmas;
mod scan;
mod text;

use std::fmt::Write as _;
use std::thread;

use draft::Draft;
pub(crate) use draft::Origin;
use grammar::{File, Part, accounts_in};
use pragmas::Pragma;
use scan::Scan;
use text::Lines;

pub(crate) use files::{SourceFile, read_tree};

use crate::diagnostic::MAX_REPORTED;
use crate::names::Names;
use crate::options::Options;

/// Parts smaller than this are not worth a thread.
const SMALLEST_PART: usize = 64 * 1024;

/// The stack of a thread that reads a part; the grammar is recursive.
const STACK: usize = 16 * 1024 * 1024;

/// A fault or warning and where it is.
pub(crate) type Located = (Origin, String);

/// All that a tree of files says, in the order of dates.
#[derive(Default)]
pub(crate) struct Reading {
    /// By the number that [`Origin::file`] holds.
    pub files: Vec<String>,
    pub names: Names,
    pub options: Options,
    pub drafts: Vec<Draft>,
    pub faults: Vec<Located>,
    pub warnings: Vec<Located>,
    /// Accounts that stand in directives which could not be read.
    pub doubtful: Vec<String>,
    /// Whether reading stopped at too many faults: then nothing else is checked.
    pub is_given_up: bool,
}

/// How files are read; the outcome is the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ways {
    /// Into how many parts a file may be cut, a thread each.
    pub parts: usize,
    /// Whether plain directives go the short way past the grammar crate.
    pub shortcut: bool,
}

/// Reads files that are in memory.
pub(crate) fn read(sources: &[SourceFile], mut reading: Reading, ways: Ways) -> Reading {
    let lines: Vec<Lines> = sources
        .iter()
        .map(|source| Lines::of(&source.text))
        .collect();
    for (index, (source, lines)) in (0..).zip(sources.iter().zip(&lines)) {
        read_pragmas(index, &source.scan, lines, &mut reading);
        let broken = source.scan.broken.iter();
        reading
            .doubtful
            .extend(broken.flat_map(|range| accounts_in(&source.text[range.clone()])));
    }
    let root_names = sources
        .first()
        .map(|s| type_names(&s.scan))
        .unwrap_or_default();
    let preambles: Vec<String> = sources
        .iter()
        .map(|source| Some(type_names(&source.scan)).filter(|own| !own.is_empty()))
        .map(|own| own.unwrap_or_else(|| root_names.clone()))
        .collect();
    let mut jobs: Vec<(File<'_>, usize, usize)> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        for (from, to) in cut(source, ways.parts) {
            let file = File {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                source: &source.text,
                scan: &source.scan,
                lines: &lines[index],
                preamble: &preambles[index],
            };
            jobs.push((file, from, to));
        }
    }
    let mut faults: Vec<Vec<Located>> = sources.iter().map(|_| Vec::new()).collect();
    for (job, part) in jobs.iter().zip(read_parts(&jobs, ways)) {
        faults[job.0.index as usize].append(&mut adopt(&mut reading, &job.0, part));
    }
    for mut of_file in faults {
        // So many are found in any number of parts.
        if of_file.len() > MAX_REPORTED {
            of_file.truncate(MAX_REPORTED + 1);
            reading.is_given_up = true;
        }
        reading.faults.append(&mut of_file);
    }
    // Beancount's order: by date, opens first and closes last in a day, then by line.
    reading
        .drafts
        .sort_by_key(|draft| (draft.date, rank(draft), draft.origin.line));
    reading
}

/// The `name_…` options as lines: the grammar must know what account types are called.
fn type_names(scan: &Scan) -> String {
    let mut lines = String::new();
    for (_, pragma) in &scan.pragmas {
        if let Pragma::Option { name, value } = pragma
            && name.starts_with("name_")
            && !value.contains(['"', '\\', '\n'])
        {
            let _ = writeln!(lines, "option \"{name}\" \"{value}\"");
        }
    }
    lines
}

/// Cuts a file at the starts of directives into parts of about the same size.
fn cut(source: &SourceFile, parts: usize) -> Vec<(usize, usize)> {
    let length = source.text.len();
    let parts = parts.min(length / SMALLEST_PART).max(1);
    let starts = &source.scan.directives;
    let mut cuts: Vec<usize> = (1..parts)
        .filter_map(|part| {
            let after = starts.partition_point(|start| *start < length / parts * part);
            starts.get(after).copied()
        })
        .collect();
    cuts.push(length);
    cuts.dedup();
    let from = std::iter::once(0).chain(cuts.clone());
    from.zip(cuts).collect()
}

fn read_parts(jobs: &[(File<'_>, usize, usize)], ways: Ways) -> Vec<Option<Part>> {
    let mut parts: Vec<Option<Part>> = jobs.iter().map(|_| None).collect();
    let workers = ways.parts.clamp(1, jobs.len().max(1));
    thread::scope(|scope| {
        let running: Vec<_> = (0..workers)
            .map(|worker| {
                let own = move || {
                    jobs.iter()
                        .enumerate()
                        .skip(worker)
                        .step_by(workers)
                        .map(|(at, (file, from, to))| {
                            (at, grammar::read_part(file, *from..*to, ways.shortcut))
                        })
                        .collect::<Vec<_>>()
                };
                thread::Builder::new()
                    .stack_size(STACK)
                    .spawn_scoped(scope, own)
            })
            .collect();
        for worker in running.into_iter().flatten() {
            for (at, part) in worker.join().unwrap_or_default() {
                parts[at] = Some(part);
            }
        }
    });
    parts
}

/// Takes a part into the whole and answers its faults. A part that is missing stopped the grammar
/// crate itself.
fn adopt(reading: &mut Reading, file: &File<'_>, part: Option<Part>) -> Vec<Located> {
    let Some(mut part) = part else {
        let origin = Origin {
            file: file.index,
            line: 1,
        };
        let fault = "this file could not be read: it stops the grammar; please report it".into();
        return vec![(origin, fault)];
    };
    let (accounts, currencies) = reading.names.adopt(&part.names);
    for draft in &mut part.drafts {
        draft.renumber(&accounts, &currencies);
    }
    reading.drafts.append(&mut part.drafts);
    reading.doubtful.append(&mut part.doubtful);
    let located = |(offset, fault): (usize, String)| {
        (
            Origin {
                file: file.index,
                line: file.lines.number(offset),
            },
            fault,
        )
    };
    part.faults.into_iter().map(located).collect()
}

fn rank(draft: &Draft) -> i8 {
    match draft.body {
        draft::Body::Open { .. } => -2,
        draft::Body::Balance(_) => -1,
        draft::Body::Remark { .. } => 1,
        draft::Body::Close { .. } => 2,
        _ => 0,
    }
}

/// Options, plugins and the pairs of push and pop. Includes are followed in [`read_tree`].
fn read_pragmas(file: u32, scan: &Scan, lines: &Lines, reading: &mut Reading) {
    let at = |offset: usize| Origin {
        file,
        line: lines.number(offset),
    };
    for (offset, fault) in &scan.faults {
        reading.faults.push((at(*offset), fault.clone()));
    }
    let mut open: Vec<(usize, String)> = Vec::new();
    for (offset, pragma) in &scan.pragmas {
        match pragma {
            Pragma::Option { name, value } => {
                // Only the first file's options count, but all name operating currencies.
                if file == 0 {
                    if let Err(fault) = reading.options.set(name, value) {
                        reading.faults.push((at(*offset), fault));
                    }
                } else if name == "operating_currency" {
                    reading.options.add_operating_currency(value);
                }
            }
            Pragma::Plugin(module) => reading.warnings.push((
                at(*offset),
                format!("plugin \"{module}\" is not run: what it would add or check is missing"),
            )),
            Pragma::PushTag(tag) => open.push((*offset, format!("tag #{tag}"))),
            Pragma::PushMeta { key, .. } => open.push((*offset, format!("meta {key}:"))),
            Pragma::PopTag(tag) => close(&mut open, &format!("tag #{tag}"), at(*offset), reading),
            Pragma::PopMeta(key) => close(&mut open, &format!("meta {key}:"), at(*offset), reading),
            Pragma::Include(_) => {}
        }
    }
    for (offset, what) in open {
        let fault = format!("push{what} is never closed: add pop{what}");
        reading.faults.push((at(offset), fault));
    }
}

fn close(open: &mut Vec<(usize, String)>, what: &str, origin: Origin, reading: &mut Reading) {
    match open.iter().rposition(|(_, pushed)| pushed == what) {
        Some(place) => {
            open.remove(place);
        }
        None => reading
            .faults
            .push((origin, format!("pop{what} has no push{what} before it"))),
    }
}
