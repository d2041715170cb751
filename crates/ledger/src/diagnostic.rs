use std::fmt;

/// How many diagnostics a report shows before it says "and N more".
pub const MAX_REPORTED: usize = 50;

/// One fault of a ledger, addressed to the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Diagnostic {
    /// The file as it was named: a path, or the name that [`crate::parse`] was given.
    pub file: String,
    /// Line in the file, the first is 1.
    pub line: u32,
    /// What is wrong, with its figures, and what to do about it.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// All faults of a ledger, in the order of files and lines.
///
/// Its text has one line for each of the first [`MAX_REPORTED`], then "and N more".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Sorts the faults and drops repetitions of the same one.
    pub fn new(mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort();
        diagnostics.dedup();
        Self(diagnostics)
    }

    /// The first `n`, or all if there are fewer.
    pub fn first(&self, n: usize) -> &[Diagnostic] {
        &self.0[..n.min(self.0.len())]
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Diagnostic] {
        &self.0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none; never so for a value returned as an error.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of files and lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.first(MAX_REPORTED).iter().enumerate() {
            if position > 0 {
                writeln!(f)?;
            }
            write!(f, "{diagnostic}")?;
        }
        match self.len().saturating_sub(MAX_REPORTED) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Diagnostics {}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
