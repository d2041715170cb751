//! The price list: what tokens of a model cost, and since when.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::values::Price;

/// What tokens of one model cost from a day on, each per million.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPrice {
    pub provider: String,
    pub model: String,
    /// The first day, in UTC.
    pub valid_from: NaiveDate,
    /// ISO 4217.
    pub currency: String,
    /// Of input that was not cached.
    pub input: Price,
    pub cached_input: Price,
    /// Of output that is not reasoning.
    pub output: Price,
    pub reasoning: Price,
}

/// The prices of all models that have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceList {
    /// By provider and model, in the order of their days.
    prices: HashMap<String, HashMap<String, Vec<TokenPrice>>>,
}

/// Why a price cannot stand in a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceListError {
    #[error("`{currency}` is no currency code of ISO 4217 in capitals, such as USD")]
    Currency { currency: String },
    #[error(
        "the price {price} of a million tokens of {provider}'s `{model}` is not from 0 to 999999.99999999, \
         with at most 8 decimals"
    )]
    Price {
        provider: String,
        model: String,
        price: Price,
    },
    #[error("{provider}'s `{model}` has two prices from {valid_from} on")]
    Twice {
        provider: String,
        model: String,
        valid_from: NaiveDate,
    },
}

const MOST_DECIMALS: u32 = 8;
const TOO_HIGH: i64 = 1_000_000;

impl PriceList {
    /// # Errors
    ///
    /// [`PriceListError`] for a price that is out of range, an unknown currency, and two prices of one model
    /// from the same day on.
    pub fn new(prices: Vec<TokenPrice>) -> Result<Self, PriceListError> {
        let mut list = Self::default();
        for price in prices {
            check(&price)?;
            list.of_model(&price).push(price);
        }
        for of_model in list.prices.values_mut().flat_map(HashMap::values_mut) {
            of_model.sort_by_key(|price| price.valid_from);
            refuse_twice(of_model)?;
        }
        Ok(list)
    }

    fn of_model(&mut self, price: &TokenPrice) -> &mut Vec<TokenPrice> {
        let of_provider = self.prices.entry(price.provider.clone()).or_default();
        of_provider.entry(price.model.clone()).or_default()
    }

    /// The newest price that counts at `instant`; `None` where the list has none.
    pub fn at(&self, provider: &str, model: &str, instant: DateTime<Utc>) -> Option<&TokenPrice> {
        let prices = self.prices.get(provider)?.get(model)?;
        let day = instant.date_naive();
        let begun = prices.partition_point(|price| price.valid_from <= day);
        prices.get(begun.checked_sub(1)?)
    }
}

fn check(price: &TokenPrice) -> Result<(), PriceListError> {
    if iso_currency::Currency::from_code(&price.currency).is_none() {
        let currency = price.currency.clone();
        return Err(PriceListError::Currency { currency });
    }
    let all = [
        price.input,
        price.cached_input,
        price.output,
        price.reasoning,
    ];
    let is_wrong = |price: &Price| {
        let number = price.decimal();
        number.is_sign_negative()
            || number >= TOO_HIGH.into()
            || number.normalize().scale() > MOST_DECIMALS
    };
    match all.into_iter().find(is_wrong) {
        None => Ok(()),
        Some(wrong) => Err(PriceListError::Price {
            provider: price.provider.clone(),
            model: price.model.clone(),
            price: wrong,
        }),
    }
}

fn refuse_twice(prices: &[TokenPrice]) -> Result<(), PriceListError> {
    let twice = prices
        .windows(2)
        .find(|two| two[0].valid_from == two[1].valid_from);
    match twice {
        None => Ok(()),
        Some(two) => Err(PriceListError::Twice {
            provider: two[0].provider.clone(),
            model: two[0].model.clone(),
            valid_from: two[0].valid_from,
        }),
    }
}

#[cfg(test)]
mod tests;
