//! Collecting the faults of one row.

use super::fault::RowFault;

/// Collects the faults of one row.
pub(super) struct Faults {
    line: u64,
    faults: Vec<RowFault>,
}

impl Faults {
    pub fn new(line: u64) -> Self {
        let faults = Vec::new();
        Self { line, faults }
    }

    pub fn note(&mut self, column: Option<&str>, detail: impl Into<String>) {
        let fault = RowFault {
            line: self.line,
            column: column.map(str::to_owned),
            detail: detail.into(),
        };
        // A field that is looked at twice is told once.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Notes that something is missing, unless it is there and was found wrong.
    pub fn note_missing(&mut self, column: Option<&str>, detail: impl Into<String>) {
        let is_wrong = |fault: &RowFault| column.is_some() && fault.column.as_deref() == column;
        if !self.faults.iter().any(is_wrong) {
            self.note(column, detail);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    pub fn into_inner(self) -> Vec<RowFault> {
        self.faults
    }
}
