use std::{fmt, str::FromStr};

/// A kind of file that books are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A ledger of Beancount 3.
    Beancount,
    /// The table of transactions that `import --format csv` reads.
    Csv,
    /// One document, with amounts as strings.
    Json,
    /// A table of typed columns.
    Parquet,
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format to export: use beancount, csv, json or parquet")]
pub struct UnknownFormat(pub String);

impl Format {
    pub const ALL: [Self; 4] = [Self::Beancount, Self::Csv, Self::Json, Self::Parquet];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Beancount => "beancount",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
        }
    }

    /// As in the header `Content-Type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Beancount => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == word);
        known.ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}
