use chrono::NaiveDate;
use entity::values::{BuildStep, PackStatus};

/// What can go wrong with a pricing pack, in words for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no pricing pack `{id}`")]
    PackNotFound { id: String },
    #[error(
        "there is no pricing pack of the policy `{policy}`{}; build one first",
        asof.map(|date| format!(" dated {date} or before")).unwrap_or_default()
    )]
    NoPack {
        policy: String,
        asof: Option<NaiveDate>,
    },
    #[error(
        "pricing pack `{id}` is {status}: its content is frozen, and only a warming pack can change"
    )]
    NotWarming { id: String, status: PackStatus },
    #[error("pricing pack `{id}` is still warming: nothing is proved until its content is frozen")]
    StillWarming { id: String },
    #[error(
        "pricing pack `{id}` is warming and can be changed as it is: only a frozen one is restated"
    )]
    NotFrozen { id: String },
    /// Another took its place, or it failed as a restatement of the current one.
    #[error(
        "pricing pack `{id}` is not the current one of its date and policy: `{current}` is; restate \
         that"
    )]
    NotCurrent { id: String, current: String },
    #[error(
        "a restatement of pricing pack `{id}` is warming already: load into `{restatement}`, or mark \
         it as failed"
    )]
    RestatementWarming { id: String, restatement: String },
    #[error("the pricing pack of {asof} under the policy `{policy}` is already there: `{id}`")]
    PackExists {
        asof: NaiveDate,
        policy: String,
        id: String,
    },
    #[error("pricing pack `{id}` has no price and no FX rate; it needs some before it can be used")]
    Empty { id: String },
    /// Symbols of each kind of price, the first few.
    #[error(
        "pricing pack `{id}` holds prices of different kinds, which no valuation may mix: {}; take all \
         from sources of one adjustment",
        kinds.join("; ")
    )]
    MixedAdjustments { id: String, kinds: Vec<String> },
    #[error(
        "the step `{step}` of pricing pack `{id}` was taken over by another program that builds it; \
         nothing of it was kept"
    )]
    StepTakenOver { id: String, step: BuildStep },
    #[error(
        "pricing pack `{id}` holds something else than it was built with: its hash would be {stored}, \
         and it was built as {built}; mark it as failed and build it anew"
    )]
    OtherContent {
        id: String,
        built: String,
        stored: String,
    },
    /// Rows of a file that cannot be loaded, in the order of their lines; nothing was loaded.
    #[error("{}", describe_rows(.0))]
    BadRows(Vec<RowError>),
    /// Of a file that is read on its own, with no database.
    #[error("this is not an exported pricing pack as it was written: {0}")]
    NotAnExport(RowError),
    #[error("pricing pack `{id}` holds no price of `{symbol}`")]
    SymbolNotInPack { id: String, symbol: String },
    /// `field` is a JSON pointer into the request.
    #[error("{detail}")]
    Invalid { field: &'static str, detail: String },
    #[error(transparent)]
    Database(#[from] db::Error),
    /// A pack of many rows is sorted there.
    #[error("the directory of temporary files cannot be used: {0}")]
    Scratch(#[source] std::io::Error),
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

/// One fault of a file of prices or rates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {detail}")]
pub struct RowError {
    /// The first line, a CSV file's header, is 1.
    pub line: u64,
    pub detail: String,
}

/// How many faults of a file are reported before the rest of it is left unread.
pub(crate) const MOST_ROW_ERRORS: usize = 50;

fn describe_rows(rows: &[RowError]) -> String {
    let mut lines: Vec<String> = rows.iter().map(RowError::to_string).collect();
    if lines.len() >= MOST_ROW_ERRORS {
        lines.push(format!(
            "(the first {MOST_ROW_ERRORS} faults; there may be more)"
        ));
    }
    format!("nothing was loaded:\n{}", lines.join("\n"))
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}
