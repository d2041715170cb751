//! What the ledger says of the securities in a portfolio.

use std::collections::BTreeMap;

use super::rows::{PortfolioView, SecurityInfo};
use crate::ledger::Ledger;

/// Metadata keys that say what kind of security it is, the first that is there counts.
const KIND_KEYS: [&str; 7] = [
    "kind",
    "asset-class",
    "asset_class",
    "quote-type",
    "quote_type",
    "quotetype",
    "type",
];

pub(super) fn describe(ledger: &Ledger, view: &PortfolioView) -> Vec<SecurityInfo> {
    let mut currencies: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for symbol in view
        .entries
        .iter()
        .filter_map(|entry| entry.symbol.as_deref())
    {
        currencies.insert(symbol, None);
    }
    for lot in &view.lots {
        currencies.insert(&lot.symbol, Some(&lot.cost_currency));
    }
    let describe = |(symbol, of_lot): (&str, Option<&str>)| {
        let currency = of_lot
            .or_else(|| ledger.price_index.newest_quote(symbol))
            .or_else(|| ledger.operating_currencies.first().map(String::as_str))
            .unwrap_or("USD");
        let commodity = ledger.commodities.get(symbol);
        let value = |key: &str| commodity.and_then(|c| c.metadata.get(key)).cloned();
        SecurityInfo {
            symbol: symbol.to_owned(),
            name: value("name"),
            currency: currency.to_owned(),
            kind: KIND_KEYS
                .into_iter()
                .find_map(value)
                .map(|kind| kind.to_lowercase()),
            sector: value("sector"),
            country: value("country"),
            isin: value("isin"),
            figi: value("figi"),
            exchange: value("exchange"),
        }
    };
    currencies.into_iter().map(describe).collect()
}
