//! Plain-text ledgers in Beancount's format: read, booked, checked, and seen as a portfolio.
//!
//! [`load`] reads a file with its includes, [`parse`] a text. Both answer with a [`Ledger`], in which
//! every transaction is booked exactly as Beancount 3 books it, or with [`Diagnostics`]: all faults
//! at once, each at its file and line. [`Ledger::portfolio`] shows the accounts under some prefixes
//! as entries, lots and closures, and [`PortfolioView::holdings`] what they leave.
//!
//! ```
//! let ledger = ledger::parse(
//!     "example",
//!     r#"
//! 2020-01-01 open Assets:Broker
//! 2020-01-01 open Equity:Start
//! 2020-01-02 * "buy"
//!   Assets:Broker   10 GLD {150.00 USD}
//!   Equity:Start
//! 2020-01-03 price GLD 160 USD
//! "#,
//! )?;
//! let view = ledger.portfolio(&["Assets:Broker"], None)?;
//! let holdings = view.holdings(None).unwrap_or_default();
//! assert_eq!(holdings.securities[0].quantity.to_string(), "10");
//! assert_eq!(holdings.securities[0].cost_basis[0].amount.to_string(), "1500.00");
//! # Ok::<(), ledger::Diagnostics>(())
//! ```
//!
//! # The way of a ledger
//!
//! - `syntax`: files and includes; a first scan that takes out what the grammar crate reads
//!   differently; the grammar, in parts on several threads, with a short way for plain directives;
//!   drafts of directives.
//! - `assemble`: drafts become a ledger, by way of
//!   - `book`: currencies, reductions, missing numbers, tolerances;
//!   - `check`: accounts, balance assertions, pads.
//! - `ledger`, `transaction`, `prices`: what comes out.
//! - `portfolio`: accounts as a portfolio.
//! - `arithmetic`: exact decimals with Beancount's rounding; `names`: accounts and currencies by
//!   number; `options`; `diagnostic`.
//!
//! The crate does nothing but read: no clock, no database, no state.

mod arithmetic;
mod assemble;
mod book;
mod check;
mod diagnostic;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod ledger;
mod names;
mod options;
mod portfolio;
mod prices;
mod syntax;
mod transaction;

use std::path::Path;
use std::thread;

pub use diagnostic::{Diagnostic, Diagnostics, MAX_REPORTED};
pub use ledger::{Commodity, Ledger};
pub use names::{AccountId, CurrencyId};
pub use portfolio::{
    CashBalance, Closure, CostBasis, Entry, EntryKind, Holding, Holdings, Lot, Opening,
    PortfolioView, SecurityInfo,
};
pub use prices::PriceDirective;
pub use transaction::{Cost, Posting, Price, Transaction};

use syntax::{Reading, SourceFile, Ways};

/// Reads a ledger from a file and the files that it includes.
///
/// # Errors
/// Every fault that was found, at its file and line.
pub fn load(path: &Path) -> Result<Ledger, Diagnostics> {
    let (sources, reading) = syntax::read_tree(path);
    assemble::assemble(syntax::read(&sources, reading, ways()))
}

/// Reads a ledger from a text, such as an upload; `name` stands for the file in diagnostics.
///
/// # Errors
/// Every fault that was found, at its line. An `include` is one: no file is read.
pub fn parse(name: &str, text: &str) -> Result<Ledger, Diagnostics> {
    parse_by(name, text, ways())
}

fn parse_by(name: &str, text: &str, ways: Ways) -> Result<Ledger, Diagnostics> {
    let source = SourceFile::new(text.to_owned());
    let reading = Reading {
        files: vec![name.to_owned()],
        faults: source.refuse_includes(),
        ..Reading::default()
    };
    assemble::assemble(syntax::read(&[source], reading, ways))
}

/// A file may be cut into as many parts as there are processors.
fn ways() -> Ways {
    let parts = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8);
    Ways {
        parts,
        shortcut: true,
    }
}

#[cfg(test)]
mod tests;
