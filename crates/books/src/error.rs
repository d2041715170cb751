use chrono::NaiveDate;
use entity::values::{ArithmeticOverflow, ImportId, TransactionId};

use crate::booking::Unbookable;

/// Why the books could not be read or changed, in words for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no portfolio `{portfolio}`; check its name or id in the list of portfolios")]
    PortfolioNotFound {
        /// The id or the name that was asked for.
        portfolio: String,
    },
    #[error("there is no security `{security}`; check its symbol or id in the list of securities")]
    SecurityNotFound {
        /// The id or the symbol that was asked for.
        security: String,
    },
    #[error("there is no import {id}")]
    ImportNotFound { id: ImportId },
    #[error("a portfolio named `{name}` exists already; choose another name")]
    NameTaken { name: String },
    #[error("a security with the symbol `{symbol}` exists already; use that one")]
    SymbolTaken { symbol: String },
    #[error("{field}: {detail}")]
    Invalid {
        /// Where the fault is, as a JSON pointer into the request.
        field: &'static str,
        detail: String,
    },
    #[error("the portfolio has changed since it was read; read it again, then repeat the change")]
    Changed,
    #[error(
        "the base currency of `{portfolio}` cannot change any more, since it has transactions; \
         make another portfolio with the currency that is wanted"
    )]
    HasTransactions { portfolio: String },
    #[error(
        "the ledger does not hold any more what was imported into `{portfolio}`: the transaction of \
         {date}{} {change}; restore it in the ledger, or import the ledger into a new portfolio",
        quoted(narration.as_deref())
    )]
    LedgerChanged {
        portfolio: String,
        /// Of the first transaction that differs.
        date: NaiveDate,
        narration: Option<String>,
        /// What is different about it.
        change: Change,
    },
    #[error(
        "there is no transaction {id} in this portfolio; check its id in the list of transactions"
    )]
    TransactionNotFound { id: TransactionId },
    #[error("the transaction {id} is voided already; it can neither be voided nor corrected again")]
    AlreadyVoided { id: TransactionId },
    #[error("the transaction at {at}, {field}: {detail}")]
    InvalidTransaction {
        /// Its place in what was given, from 0.
        at: usize,
        /// Which of its members.
        field: &'static str,
        detail: String,
    },
    /// The lots do not allow a transaction, be it a new one or one that was there before.
    #[error("{0}")]
    Unbookable(Unbookable),
    /// The lots of another portfolio do not allow what a transfer changes there.
    #[error(
        "a transfer changes the portfolio `{portfolio}` along, whose lots do not allow it: {unbookable}"
    )]
    UnbookableIn {
        portfolio: String,
        unbookable: Box<Unbookable>,
    },
    #[error(
        "this changes another portfolio than `{portfolio}` along, between which there are transfers: only the \
         owner of both can do that"
    )]
    ReachesOther { portfolio: String },
    #[error(
        "`{portfolio}` follows a ledger: record it there and import the ledger again, or record it in \
         another portfolio"
    )]
    FollowsLedger { portfolio: String },
    #[error(
        "`{portfolio}` follows a ledger and cannot be booked by another method: the transaction of {date}{} \
         takes units out of lots at no price, so that only the lots that the ledger names say what they \
         brought; ask without a method, or by the method specific",
        quoted(narration.as_deref())
    )]
    LedgerNamesLots {
        portfolio: String,
        date: NaiveDate,
        narration: Option<String>,
    },
    #[error(
        "the transactions of `{portfolio}` are recorded here, and a ledger cannot be imported into it; \
         import the ledger into another portfolio"
    )]
    IsRecorded { portfolio: String },
    #[error(
        "an external id among the transactions is taken by another transaction of the portfolio, which may \
         be a voided one; leave out what was recorded before, or give it another id"
    )]
    ExternalIdTaken,
    /// A file of transactions that is refused as a whole.
    #[error(transparent)]
    StatementFile(#[from] crate::statements::FileFault),
    /// Rows of a file that cannot be imported, in the order of their lines; nothing was imported.
    #[error("nothing was imported:\n{}", lines(.0))]
    StatementRows(Vec<crate::statements::RowFault>),
    #[error("the stored terms of a transaction cannot be read: {0}")]
    Terms(serde_json::Error),
    #[error("the stored rules of booking of a portfolio cannot be read: {0}")]
    FormerRules(serde_json::Error),
    #[error("the lots in the database do not fit the transactions; nothing was changed")]
    Inconsistent,
    /// The ledger has faults, or holds what a portfolio cannot.
    #[error(transparent)]
    Ledger(#[from] ledger::Diagnostics),
    #[error("the export could not be written: {0}; make room for it, or choose another place")]
    NotWritten(std::io::Error),
    #[error("a sum in the books has more digits than a number can hold")]
    Overflow,
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// How a transaction of a ledger differs from what was imported of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Gone,
    OtherFigures,
    OtherLots,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gone => "is gone or was changed",
            Self::OtherFigures => "has other figures, as if other accounts were imported",
            Self::OtherLots => "takes its units from other lots",
        })
    }
}

impl Error {
    /// Of a portfolio that changes along with the one that was asked for.
    pub(crate) fn in_portfolio(self, name: &str) -> Self {
        match self {
            Self::Unbookable(unbookable) => Self::UnbookableIn {
                portfolio: name.to_owned(),
                unbookable: Box::new(unbookable),
            },
            other => other,
        }
    }
}

fn lines(faults: &[crate::statements::RowFault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn quoted(narration: Option<&str>) -> String {
    narration.map_or_else(String::new, |text| format!(" “{text}”"))
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}

impl From<ArithmeticOverflow> for Error {
    fn from(_: ArithmeticOverflow) -> Self {
        Self::Overflow
    }
}
