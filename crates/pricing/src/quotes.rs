//! The prices and rates that a valuation reads from a pack.

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    books::security,
    pricing::{fx_rate, pack, price},
    values::{Price, Rate},
};
use identity::Ctx;
use rust_decimal::{Decimal, RoundingStrategy};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    Error,
    content::{Content, PriceRow},
    packs,
};

/// Every quote of one pack, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotes {
    /// `None` for quotes that no stored pack stands behind.
    pub pack_id: Option<String>,
    /// `None` while the pack is warming.
    pub pack_hash: Option<String>,
    pub asof_date: NaiveDate,
    prices: HashMap<String, SecurityPrice>,
    rates: HashMap<String, HashMap<String, Rate>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct SecurityPrice {
    price: Price,
    currency: String,
    source: String,
}

/// What one unit of a security costs, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote<'a> {
    pub price: Price,
    /// ISO 4217.
    pub currency: &'a str,
    pub source: &'a str,
}

/// The significant digits of an inverted rate.
const INVERSE_DIGITS: u32 = 28;

impl Quotes {
    /// Without a stored pack: of a content that was made in memory.
    pub fn from_content(content: &Content) -> Self {
        let mut quotes = Self::empty(content.asof_date);
        for row in content.prices.iter().cloned() {
            let PriceRow {
                symbol,
                close: price,
                currency,
                source,
                ..
            } = row;
            quotes.prices.insert(
                symbol,
                SecurityPrice {
                    price,
                    currency,
                    source,
                },
            );
        }
        for row in content.fx_rates.iter().cloned() {
            quotes.add_rate(row.base, row.quote, row.rate);
        }
        quotes
    }

    /// The closing price of a security; `None` where the pack has none.
    pub fn price(&self, symbol: &str) -> Option<Quote<'_>> {
        self.prices.get(symbol).map(|quote| Quote {
            price: quote.price,
            currency: &quote.currency,
            source: &quote.source,
        })
    }

    /// Units of `to` for one of `from`: 1 between the same, the pack's own rate where it has one,
    /// else the inverse of the rate the other way round; `None` where it has neither.
    ///
    /// An inverse has 28 significant digits and at most 28 decimals, half to even: what Beancount
    /// and Python's `decimal` compute. Rates are never chained through a third currency.
    pub fn rate(&self, from: &str, to: &str) -> Option<Rate> {
        if from == to {
            return Some(Rate::new(Decimal::ONE));
        }
        self.stored_rate(from, to)
            .or_else(|| invert(self.stored_rate(to, from)?))
    }

    fn stored_rate(&self, base: &str, quote: &str) -> Option<Rate> {
        self.rates.get(base)?.get(quote).copied()
    }

    fn empty(asof_date: NaiveDate) -> Self {
        Self {
            pack_id: None,
            pack_hash: None,
            asof_date,
            prices: HashMap::new(),
            rates: HashMap::new(),
        }
    }

    fn add_rate(&mut self, base: String, quote: String, rate: Rate) {
        self.rates.entry(base).or_default().insert(quote, rate);
    }
}

fn invert(rate: Rate) -> Option<Rate> {
    let inverse = Decimal::ONE.checked_div(rate.decimal())?;
    inverse
        .round_sf_with_strategy(INVERSE_DIGITS, RoundingStrategy::MidpointNearestEven)
        .filter(|inverse| !inverse.is_zero())
        .map(Rate::new)
}

/// Reads a pack's quotes, in two queries.
pub async fn load(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack: &pack::Model,
) -> Result<Quotes, Error> {
    let mut quotes = Quotes::empty(pack.asof_date);
    quotes.pack_id = Some(pack.id.clone());
    quotes.pack_hash.clone_from(&pack.hash);
    let prices: Vec<(String, Price, String, String)> = packs::stored_prices(&pack.id)
        .select_only()
        .column(security::Column::Symbol)
        .columns([
            price::Column::Close,
            price::Column::Currency,
            price::Column::Source,
        ])
        .into_tuple()
        .all(db)
        .await?;
    for (symbol, price, currency, source) in prices {
        quotes.prices.insert(
            symbol,
            SecurityPrice {
                price,
                currency,
                source,
            },
        );
    }
    let rates = fx_rate::Entity::find().filter(fx_rate::Column::PackId.eq(pack.id.as_str()));
    for row in rates.all(db).await? {
        quotes.add_rate(row.base, row.quote, row.rate);
    }
    Ok(quotes)
}
