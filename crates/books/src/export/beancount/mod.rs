//! A ledger that Beancount accepts, and that gives the same books where it is imported.
//!
//! Each lot has its cost, the day of its acquisition and a label; what leaves names the lot that it leaves, so
//! that nothing is left for Beancount to choose.

mod entry;
mod followed;
mod names;
mod recorded;
mod rows;
mod sheet;

use std::io::Write;

use db::ConnectionTrait;

use self::{names::Names, sheet::Sheet};
use super::source::{Source, place_of};
use crate::Error;

/// Answers with how many transactions of the books were written.
pub(super) async fn write<C: ConnectionTrait, W: Write + Send>(
    source: &Source<'_, C>,
    out: &mut W,
) -> Result<u64, Error> {
    let portfolio = source.portfolio;
    let names = Names::of(&portfolio.name, &source.securities);
    let mut sheet = Sheet::new(names, portfolio);
    sheet.head(
        portfolio,
        (source.revision, source.asof.date),
        &source.currencies,
    );
    let mut history = recorded::History::new(portfolio);
    let (mut written, mut after) = (0, None);
    loop {
        let page = source.page(after).await?;
        let first = page.first().map(|row| row.trade_date);
        let begin = first.unwrap_or_else(|| portfolio.created_at.date_naive());
        let cash = sheet.names.cash();
        sheet.open(&cash, begin);
        if portfolio.is_recorded {
            for row in &page {
                history.write(row, source, &mut sheet)?;
            }
        } else {
            followed::write(&page, source, &mut sheet).await?;
        }
        out.write_all(sheet.take().as_bytes())
            .map_err(Error::NotWritten)?;
        written += page.len() as u64;
        let Some(last) = page.last() else {
            return Ok(written);
        };
        after = Some(place_of(last));
    }
}
