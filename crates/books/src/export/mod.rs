//! The books of a portfolio as files that other programs read.
//!
//! What counts at one moment is written in the order of booking, a page of transactions at a time, so that the
//! memory that is needed does not grow with the books. The same books give the same bytes. See `docs/export.md`.

mod beancount;
mod csv;
mod format;
mod json;
mod parquet;
mod source;

use std::io::Write;

use db::ConnectionTrait;
use entity::books::portfolio;
use identity::Ctx;

pub use format::{Format, UnknownFormat};

use crate::{Error, holdings::AsOf, rules};
use source::Source;

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The revision of the books that was written.
    pub books_revision: i64,
    pub transactions: u64,
}

/// The program that writes, as it is named in what it writes.
const WRITER: &str = concat!("Tallystick ", env!("CARGO_PKG_VERSION"));

/// Writes what counts at `asof` of a portfolio.
///
/// # Errors
/// [`Error::NotWritten`] if `out` takes no more; [`Error::Unbookable`] or [`Error::Overflow`] where figures
/// that follow from the transactions cannot be held.
pub async fn export<W: Write + Send>(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio: &portfolio::Model,
    asof: AsOf,
    format: Format,
    out: &mut W,
) -> Result<Exported, Error> {
    let rules = rules::at(portfolio, asof.revision)?;
    // As it was at that revision.
    let portfolio = portfolio::Model {
        lot_method: rules.method,
        allows_shorts: rules.allows_shorts,
        ..portfolio.clone()
    };
    let source = Source::open(ctx, db, &portfolio, asof).await?;
    let transactions = match format {
        Format::Beancount => beancount::write(&source, out).await?,
        Format::Csv => csv::write(&source, out).await?,
        Format::Json => json::write(&source, out).await?,
        Format::Parquet => parquet::write(&source, out).await?,
    };
    out.flush().map_err(Error::NotWritten)?;
    Ok(Exported {
        books_revision: source.revision,
        transactions,
    })
}
