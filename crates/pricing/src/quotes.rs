//! The prices and rates that a valuation reads from a pack.

mod quotient;

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{
    books::security,
    pricing::{fx_rate, pack, price},
    values::{Price, PriceAdjustment, Rate},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    Error,
    content::{Content, PriceRow, RowKey},
    packs, policy,
};
use quotient::{Factors, quotient};

/// Every quote of one pack, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotes {
    /// `None` for quotes that no stored pack stands behind.
    pub pack_id: Option<String>,
    /// `None` while the pack is warming.
    pub pack_hash: Option<String>,
    pub asof_date: NaiveDate,
    /// The currency through which two others are converted; see [`policy::pivot`].
    pub pivot: String,
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

/// How one currency becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion<'a> {
    /// Units of the second for one of the first.
    pub rate: Rate,
    /// The currencies on the way, both ends among them, where it goes through a third one.
    pub path: Option<[&'a str; 3]>,
}

/// One step of a conversion: a rate of the pack, or one that the pack has the other way round.
#[derive(Clone, Copy)]
enum Leg {
    Written(Decimal),
    Inverse(Decimal),
}

impl Quotes {
    /// Without a stored pack: of a content that was made in memory.
    pub fn from_content(content: &Content) -> Self {
        let mut quotes = Self::empty(content.asof_date, &content.policy);
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

    /// The rate of [`Quotes::conversion`].
    pub fn rate(&self, from: &str, to: &str) -> Option<Rate> {
        self.conversion(from, to).map(|conversion| conversion.rate)
    }

    /// From one currency to another: 1 between the same, the pack's own rate where it has one, else
    /// the inverse of the rate the other way round, else through the [`Quotes::pivot`], each of the
    /// two steps by its own rate or an inverse; `None` where a step has neither.
    ///
    /// A rate that is computed is one quotient: rates that are written the way of the path are
    /// multiplied, the others divide. It has 28 significant digits and at most 28 decimals, half to
    /// even: of an inverse that is what Beancount and Python's `decimal` compute.
    pub fn conversion<'a>(&'a self, from: &'a str, to: &'a str) -> Option<Conversion<'a>> {
        let direct = |rate| Conversion { rate, path: None };
        if from == to {
            return Some(direct(Rate::new(Decimal::ONE)));
        }
        if let Some(leg) = self.leg(from, to) {
            return convert(&[leg]).map(direct);
        }
        let pivot = self.pivot.as_str();
        let rate = convert(&[self.leg(from, pivot)?, self.leg(pivot, to)?])?;
        let path = Some([from, pivot, to]);
        Some(Conversion { rate, path })
    }

    /// Takes over what another pack's quotes have for one row: its figure, or that it is not there.
    pub fn adopt(&mut self, row: &RowKey, from: &Self) {
        match row {
            RowKey::Price { symbol } => match from.prices.get(symbol) {
                Some(price) => {
                    self.prices.insert(symbol.clone(), price.clone());
                }
                None => {
                    self.prices.remove(symbol);
                }
            },
            RowKey::Fx { base, quote } => match from.stored_rate(base, quote) {
                Some(rate) => self.add_rate(base.clone(), quote.clone(), rate),
                None => self.remove_rate(base, quote),
            },
        }
    }

    fn leg(&self, from: &str, to: &str) -> Option<Leg> {
        self.stored_rate(from, to)
            .map(|rate| Leg::Written(rate.decimal()))
            .or_else(|| Some(Leg::Inverse(self.stored_rate(to, from)?.decimal())))
    }

    fn stored_rate(&self, base: &str, quote: &str) -> Option<Rate> {
        self.rates.get(base)?.get(quote).copied()
    }

    fn empty(asof_date: NaiveDate, policy: &str) -> Self {
        Self {
            pack_id: None,
            pack_hash: None,
            asof_date,
            pivot: policy::pivot(policy).to_owned(),
            prices: HashMap::new(),
            rates: HashMap::new(),
        }
    }

    fn remove_rate(&mut self, base: &str, quote: &str) {
        if let Some(of_base) = self.rates.get_mut(base) {
            of_base.remove(quote);
        }
    }

    fn add_rate(&mut self, base: String, quote: String, rate: Rate) {
        self.rates.entry(base).or_default().insert(quote, rate);
    }
}

/// A rate that the pack has as it is wanted keeps all its digits.
fn convert(legs: &[Leg]) -> Option<Rate> {
    if let [Leg::Written(rate)] = legs {
        return Some(Rate::new(*rate));
    }
    let (mut dividend, mut divisor) = (Factors::one(), Factors::one());
    for leg in legs {
        match leg {
            Leg::Written(rate) => dividend.multiply(*rate),
            Leg::Inverse(rate) => divisor.multiply(*rate),
        }
    }
    quotient(&dividend, &divisor)
        .filter(|rate| !rate.is_zero())
        .map(Rate::new)
}

/// Reads a pack's quotes, in two queries. [`Error::MixedAdjustments`] where its prices are not all adjusted
/// for the same, as those of a warming pack may be: no valuation mixes them.
pub async fn load(
    _ctx: &Ctx,
    db: &impl ConnectionTrait,
    pack: &pack::Model,
) -> Result<Quotes, Error> {
    let mut quotes = Quotes::empty(pack.asof_date, &pack.policy);
    quotes.pack_id = Some(pack.id.clone());
    quotes.pack_hash.clone_from(&pack.hash);
    let prices: Vec<(String, Price, String, String, PriceAdjustment)> =
        packs::stored_prices(&pack.id)
            .select_only()
            .column(security::Column::Symbol)
            .columns([
                price::Column::Close,
                price::Column::Currency,
                price::Column::Source,
                price::Column::Adjustment,
            ])
            .into_tuple()
            .all(db)
            .await?;
    if prices.iter().any(|row| row.4 != prices[0].4) {
        packs::require_one_adjustment(db, &pack.id).await?;
    }
    for (symbol, price, currency, source, _) in prices {
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
