//! One document: the portfolio, where the figures come from, securities, transactions, open lots.
//!
//! Members are called as over REST; numbers are strings. Each transaction stands on a line of its own.

mod out;

use std::{collections::BTreeSet, io::Write};

use db::ConnectionTrait;
use entity::{books::security, values::SecurityId};
use serde::Serialize;

use self::out::{LotOut, PortfolioOut, ProvenanceOut, SecurityOut, TransactionOut};
use super::source::{Source, place_of};
use crate::{
    Error,
    booked::booked_lots,
    booking::{Book, OpenLot, Rules},
    record::event_of,
};

/// Of the document's form.
const VERSION: u32 = 1;

pub(super) async fn write<C: ConnectionTrait, W: Write + Send>(
    source: &Source<'_, C>,
    out: &mut W,
) -> Result<u64, Error> {
    let mut document = Document {
        out,
        is_first: true,
    };
    document.text("{\"format\":\"tallystick-books\",\"version\":")?;
    document.value(&VERSION)?;
    document.text(",\n\"portfolio\":")?;
    document.value(&PortfolioOut::from(source.portfolio))?;
    document.text(",\n\"provenance\":")?;
    document.value(&ProvenanceOut::new(source.revision, source.asof.date))?;
    document.list("securities")?;
    for security in by_symbol(source) {
        document.item(&SecurityOut::from(security))?;
    }
    document.list_after("transactions")?;
    let (written, lots) = transactions(source, &mut document).await?;
    document.list_after("lots")?;
    for (security, lot) in &lots {
        let symbol = &source.security(*security)?.symbol;
        document.item(&LotOut::new(*security, symbol, lot))?;
    }
    document.text("\n]}\n")?;
    Ok(written)
}

/// Writes the transactions; answers how many they are, and with the lots that they leave open.
async fn transactions<C: ConnectionTrait, W: Write + Send>(
    source: &Source<'_, C>,
    document: &mut Document<'_, W>,
) -> Result<(u64, Vec<(SecurityId, OpenLot)>), Error> {
    let portfolio = source.portfolio;
    let mut book = Book::new(Rules {
        method: portfolio.lot_method,
        allows_shorts: portfolio.allows_shorts,
    });
    let mut held = BTreeSet::new();
    let (mut written, mut after) = (0, None);
    loop {
        let page = source.page(after).await?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(place_of(last));
        written += page.len() as u64;
        for row in &page {
            document.item(&TransactionOut::from(row))?;
            if !portfolio.is_recorded {
                continue;
            }
            if let Some(event) = event_of(row)? {
                book.book(&event).map_err(Error::Unbookable)?;
                held.extend(event.movement.securities());
            }
        }
        drop(book.take_booked());
    }
    if !portfolio.is_recorded {
        let lots = booked_lots(source.ctx, source.db, portfolio, source.asof, None).await?;
        return Ok((written, lots.open));
    }
    let mut lots = Vec::new();
    for security in by_symbol(source).filter(|security| held.contains(&security.id)) {
        let mut open = book.open_lots(security.id).map_err(Error::Unbookable)?;
        open.sort_by_key(|lot| (lot.acquired_on, lot.key.opened_by, lot.key.ordinal));
        lots.extend(open.into_iter().map(|lot| (security.id, lot)));
    }
    Ok((written, lots))
}

fn by_symbol<'a, C>(source: &'a Source<'_, C>) -> impl Iterator<Item = &'a security::Model> {
    let mut securities: Vec<_> = source.securities.values().collect();
    securities.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
    securities.into_iter()
}

struct Document<'a, W> {
    out: &'a mut W,
    /// Whether the list at hand has no item yet.
    is_first: bool,
}

impl<W: Write> Document<'_, W> {
    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.out
            .write_all(text.as_bytes())
            .map_err(Error::NotWritten)
    }

    fn value(&mut self, value: &impl Serialize) -> Result<(), Error> {
        let written = serde_json::to_writer(&mut *self.out, value);
        written.map_err(|error| Error::NotWritten(error.into()))
    }

    fn list(&mut self, name: &str) -> Result<(), Error> {
        self.is_first = true;
        self.text(&format!(",\n\"{name}\":["))
    }

    fn list_after(&mut self, name: &str) -> Result<(), Error> {
        self.text("\n]")?;
        self.list(name)
    }

    fn item(&mut self, item: &impl Serialize) -> Result<(), Error> {
        let before = if self.is_first { "\n" } else { ",\n" };
        self.is_first = false;
        self.text(before)?;
        self.value(item)
    }
}
