//! From the rows of a source to prices and rates, for what was asked.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::values::{Price, PriceAdjustment, Quantity, Rate};

use super::{
    Pair,
    answer::{Answer, Fault, Question},
    numbers,
    row::{Part, Row},
    settings::{Holds, Source},
    shape::Shape,
};
use crate::content::{FxRow, PriceRow};

/// What the rows of a text are about, where they do not say it themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum About {
    Symbol(String),
    Pair(Pair),
    Rows,
}

impl About {
    fn name(&self) -> Option<String> {
        match self {
            Self::Symbol(symbol) => Some(symbol.clone()),
            Self::Pair(pair) => Some(pair.to_string()),
            Self::Rows => None,
        }
    }
}

/// Reads one text of a source.
pub(super) fn read(
    (name, source): (&str, &Source),
    shape: &Shape,
    question: &Question,
    about: &About,
    text: &[u8],
) -> Answer {
    let reader = Reader {
        name,
        source,
        shape,
        question,
        about,
        ours: ours(source, question),
    };
    let mut answer = Answer::default();
    let read = shape.each(text, |row| {
        let of_row = |detail| Fault {
            about: about.name(),
            detail,
        };
        let added = row
            .map_err(of_row)
            .and_then(|row| reader.add(row, &mut answer));
        answer.faults.extend(added.err());
    });
    match read {
        Ok(()) => answer,
        Err(detail) => Answer {
            faults: vec![Fault {
                about: about.name(),
                detail,
            }],
            ..Answer::default()
        },
    }
}

struct Reader<'r> {
    name: &'r str,
    source: &'r Source,
    shape: &'r Shape,
    question: &'r Question,
    about: &'r About,
    /// Our symbols by the source's.
    ours: HashMap<&'r str, &'r str>,
}

fn ours<'r>(source: &'r Source, question: &'r Question) -> HashMap<&'r str, &'r str> {
    let name = |(symbol, _): &'r (String, String)| {
        let theirs = source.symbols.get(symbol).unwrap_or(symbol);
        (theirs.as_str(), symbol.as_str())
    };
    question.prices.iter().map(name).collect()
}

impl Reader<'_> {
    /// Takes a row in if it is one of those that were asked for.
    fn add(&self, row: &Row, answer: &mut Answer) -> Result<(), Fault> {
        match self.shape.holds {
            Holds::Prices => {
                let Some(symbol) = self.symbol(row) else {
                    return Ok(());
                };
                let in_row = |detail: String| fault(symbol.to_owned(), row, &detail);
                if let Some(price) = self.price(row, symbol).map_err(in_row)? {
                    answer.prices.push(price);
                }
            }
            Holds::Rates => {
                let Some(pair) = self.pair(row) else {
                    return Ok(());
                };
                let in_row = |detail: String| fault(pair.to_string(), row, &detail);
                if let Some(rate) = self.rate(row, &pair).map_err(in_row)? {
                    answer.rates.push(rate);
                }
            }
        }
        Ok(())
    }

    fn symbol(&self, row: &Row) -> Option<&str> {
        match self.about {
            About::Symbol(symbol) if self.shape.fields.symbol.is_none() => Some(symbol),
            About::Symbol(symbol) => match row.text(Part::Symbol) {
                None => Some(symbol),
                Some(theirs) => {
                    let ours = self.ours.get(theirs).copied();
                    ours.filter(|ours| ours == symbol)
                }
            },
            _ => self.ours.get(row.text(Part::Symbol)?).copied(),
        }
    }

    fn pair(&self, row: &Row) -> Option<Pair> {
        let pair = match (self.about, row.text(Part::Base), row.text(Part::Quote)) {
            (About::Pair(pair), None, None) => return Some(pair.clone()),
            (_, Some(base), Some(quote)) if base != quote => Pair::new(base, quote),
            _ => return None,
        };
        self.question.wants_pair(&pair).then_some(pair)
    }

    /// The day of a row that is of interest and has a value.
    fn day(&self, row: &Row, value: Part) -> Result<Option<NaiveDate>, String> {
        let date = match row.text(Part::Date) {
            Some(text) => numbers::date(text, self.shape.dates)?,
            // A file that is one day's own says so in its name.
            None if self.is_of_the_day() => self.question.asof,
            None => return Err("it has no day".to_owned()),
        };
        let has_value = row
            .text(value)
            .is_some_and(|text| text != self.shape.no_value);
        Ok((has_value && self.question.wants_day(date)).then_some(date))
    }

    fn is_of_the_day(&self) -> bool {
        let of = |place: Option<&str>| place.is_some_and(|place| place.contains("{asof}"));
        let path = self.source.path.as_deref().and_then(|path| path.to_str());
        of(path) || of(self.source.url.as_deref())
    }

    fn price(&self, row: &Row, symbol: &str) -> Result<Option<(NaiveDate, PriceRow)>, String> {
        let Some(date) = self.day(row, Part::Close)? else {
            return Ok(None);
        };
        let currency = self.currency(row, symbol)?;
        let adjustment = match row.text(Part::Adjustment) {
            None => self.source.adjustment,
            Some(word) => word
                .parse::<PriceAdjustment>()
                .map_err(|error| error.to_string())?,
        };
        let price = PriceRow {
            symbol: symbol.to_owned(),
            close: numbers::positive(row.text(Part::Close).unwrap_or_default())?,
            currency,
            open: optional(row, Part::Open)?,
            high: optional(row, Part::High)?,
            low: optional(row, Part::Low)?,
            volume: volume(row)?,
            source: self.name.to_owned(),
            adjustment,
        };
        Ok(Some((date, price)))
    }

    /// A price that is in another currency than its security's is no price of it.
    fn currency(&self, row: &Row, symbol: &str) -> Result<String, String> {
        let wanted = self.question.currency_of(symbol).unwrap_or_default();
        let said = row
            .text(Part::Currency)
            .or(self.source.currency.as_deref())
            .ok_or("it names no currency")?;
        if said == wanted {
            Ok(said.to_owned())
        } else {
            Err(format!(
                "it is in {}, not in {wanted}, the security's currency",
                numbers::shortened(said)
            ))
        }
    }

    fn rate(&self, row: &Row, pair: &Pair) -> Result<Option<(NaiveDate, FxRow)>, String> {
        let Some(date) = self.day(row, Part::Rate)? else {
            return Ok(None);
        };
        let rate: Rate = numbers::positive(row.text(Part::Rate).unwrap_or_default())?;
        let rate = FxRow {
            base: pair.base.clone(),
            quote: pair.quote.clone(),
            rate,
            source: self.name.to_owned(),
        };
        Ok(Some((date, rate)))
    }
}

/// Vendors write zero where they know none.
fn optional(row: &Row, part: Part) -> Result<Option<Price>, String> {
    let Some(text) = row.text(part) else {
        return Ok(None);
    };
    let price: Price = numbers::exact(text)?;
    if price < Price::ZERO {
        return Err(format!("`{price}` is negative"));
    }
    Ok((!price.is_zero()).then_some(price))
}

fn volume(row: &Row) -> Result<Option<Quantity>, String> {
    let Some(text) = row.text(Part::Volume) else {
        return Ok(None);
    };
    let volume: Quantity = numbers::exact(text)?;
    if volume < Quantity::ZERO {
        return Err(format!("`{volume}` is negative"));
    }
    Ok(Some(volume))
}

fn fault(about: String, row: &Row, detail: &str) -> Fault {
    Fault {
        about: Some(about),
        detail: format!("row {}: {detail}", row.number),
    }
}
