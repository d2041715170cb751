//! What is wrong with a file, or with one of its rows.

use std::io;

/// One fault of one row. The rest of the file can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {}{detail}", quoted(column.as_deref()))]
pub struct RowFault {
    /// Where the row begins; 1 for the first line of the file.
    pub line: u64,
    /// The column as the file's header names it, if the fault is in one.
    pub column: Option<String>,
    /// What is wrong, and what to do about it.
    pub detail: String,
}

fn quoted(column: Option<&str>) -> String {
    column.map_or_else(String::new, |name| format!("`{name}`: "))
}

/// Why a file is refused as a whole, in words for the person who brought it.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    #[error("the file is empty")]
    Empty,
    /// A spreadsheet, a PDF, an archive: by its first bytes.
    #[error("this is {seems}, not {wanted}")]
    OtherKind {
        seems: &'static str,
        wanted: &'static str,
    },
    #[error(
        "line {line}: the text is not UTF-8; save the file as UTF-8, or name its encoding in a mapping \
         (encoding = \"windows-1252\")"
    )]
    Encoding { line: u64 },
    /// No line of the file names the columns that its format needs.
    #[error("{detail}")]
    Header { detail: String },
    /// The values of a column can be read in two ways, and nothing in it says which one is meant.
    #[error(transparent)]
    Ambiguous(RowFault),
    /// Two values of a column cannot both be read in the same way.
    #[error(transparent)]
    Contradictory(RowFault),
    /// The mapping does not fit the file or its format.
    #[error("the mapping does not fit: {detail}")]
    Mapping { detail: String },
    #[error("{detail}")]
    TooMuch { detail: String },
    #[error("the file has changed while it was read; nothing was written")]
    Changed,
}
