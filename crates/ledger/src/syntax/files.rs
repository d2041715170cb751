//! Files and the files that they include.

use std::collections::{HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use super::draft::Origin;
use super::pragmas::Pragma;
use super::scan::{self, Scan};
use super::text::Lines;
use super::{Located, Reading};

/// A file that is in memory, scanned once.
pub(crate) struct SourceFile {
    pub(super) text: String,
    pub(super) scan: Scan,
}

impl SourceFile {
    pub(crate) fn new(mut text: String) -> Self {
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let scan = scan::scan(&text);
        Self { text, scan }
    }

    /// A fault for every `include`: there is no file system to read from.
    pub(crate) fn refuse_includes(&self) -> Vec<Located> {
        let includes = self.includes();
        let refuse = |(path, origin)| {
            let fault = format!(
                "include \"{path}\" cannot be followed in an upload: put everything into one file, \
                 or import from the command line"
            );
            (origin, fault)
        };
        includes.into_iter().map(refuse).collect()
    }

    /// The paths of `include` lines; the file's number in their origins is 0.
    fn includes(&self) -> Vec<(&str, Origin)> {
        let mut found = Vec::new();
        let mut lines = None;
        for (offset, pragma) in &self.scan.pragmas {
            if let Pragma::Include(path) = pragma {
                let lines = lines.get_or_insert_with(|| Lines::of(&self.text));
                found.push((
                    path.as_str(),
                    Origin {
                        file: 0,
                        line: lines.number(*offset),
                    },
                ));
            }
        }
        found
    }
}

/// Reads a file and all that it includes, breadth first as Beancount does.
pub(crate) fn read_tree(root: &Path) -> (Vec<SourceFile>, Reading) {
    let mut tree = Tree::default();
    let start = Origin { file: 0, line: 1 };
    tree.reading.files.push(root.display().to_string());
    match read_text(root) {
        Ok(text) => tree.add(root, text),
        Err(fault) => tree.reading.faults.push((start, fault)),
    }
    while let Some((pattern, origin)) = tree.pending.pop_front() {
        tree.include(&pattern, origin);
    }
    (tree.sources, tree.reading)
}

#[derive(Default)]
struct Tree {
    sources: Vec<SourceFile>,
    reading: Reading,
    pending: VecDeque<(PathBuf, Origin)>,
    seen: HashSet<PathBuf>,
}

impl Tree {
    fn add(&mut self, path: &Path, text: String) {
        self.seen.insert(identity(path));
        let file = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        let source = SourceFile::new(text);
        let folder = path.parent().unwrap_or(Path::new(""));
        for (pattern, origin) in source.includes() {
            self.pending
                .push_back((folder.join(pattern), Origin { file, ..origin }));
        }
        self.sources.push(source);
    }

    fn include(&mut self, pattern: &Path, origin: Origin) {
        let fault = match matching(pattern) {
            Ok(paths) if paths.is_empty() => {
                format!("include \"{}\": there is no such file", pattern.display())
            }
            Ok(paths) => {
                return paths
                    .iter()
                    .for_each(|path| self.include_file(path, origin));
            }
            Err(fault) => fault,
        };
        self.reading.faults.push((origin, fault));
    }

    fn include_file(&mut self, path: &Path, origin: Origin) {
        let fault = if self.seen.contains(&identity(path)) {
            format!(
                "include \"{}\": the file is read already; include it once",
                path.display()
            )
        } else {
            match read_text(path) {
                Ok(text) => {
                    self.reading.files.push(path.display().to_string());
                    return self.add(path, text);
                }
                Err(fault) => format!("include \"{}\": {fault}", path.display()),
            }
        };
        self.reading.faults.push((origin, fault));
    }
}

/// The files that a path or pattern stands for, in the order of their names.
fn matching(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let text = pattern.to_string_lossy();
    if !text.contains(['*', '?', '[']) {
        return Ok(if pattern.exists() {
            vec![pattern.to_owned()]
        } else {
            Vec::new()
        });
    }
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let found = glob::glob_with(&text, options)
        .map_err(|error| format!("include \"{text}\": the pattern is wrong: {}", error.msg))?;
    Ok(found
        .filter_map(Result::ok)
        .filter(|path| path.is_file())
        .collect())
}

fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| format!("the file cannot be read: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..valid]).count();
        format!("the file is not UTF-8 text, from line {line} on: convert it to UTF-8")
    })
}
