//! Pattern `portfolio_overview`.

use std::collections::BTreeMap;

use entity::values::Money;
use performance::{
    Valuation,
    valuation::{Position, ratio},
};
use serde_json::{Value, json};

use crate::{Error, view};

/// `largest`: how many gains and how many losses to name.
pub(crate) fn overview(valuation: &Valuation, largest: usize) -> Result<Value, Error> {
    let by_kind = allocation(
        valuation,
        |item| item.security.kind.as_str().to_owned(),
        |_| "cash",
    )?;
    let by_currency = allocation(
        valuation,
        |item| item.price_currency.clone().unwrap_or_default(),
        |currency| currency,
    )?;
    let sector = |item: &Position| item.security.sector.clone().unwrap_or("unknown".to_owned());
    let by_sector = allocation(valuation, sector, |_| "cash")?;
    Ok(json!({
        "base_currency": valuation.base_currency,
        "positions": view::positions(valuation),
        "cash": view::cash(&valuation.cash),
        "totals": view::totals(valuation.totals),
        "allocation": {
            "by_kind": by_kind,
            "by_currency": by_currency,
            "by_sector": by_sector,
        },
        "largest_gains": largest_gains(valuation, largest),
        "largest_losses": largest_losses(valuation, largest),
    }))
}

/// Value and weight by key, the largest first; what has no value is in no group.
fn allocation<'a>(
    valuation: &'a Valuation,
    key_of_position: impl Fn(&Position) -> String,
    key_of_cash: impl Fn(&'a str) -> &'a str,
) -> Result<Vec<Value>, Error> {
    let mut groups: BTreeMap<String, Money> = BTreeMap::new();
    let positions = valuation.items.iter().filter_map(|item| {
        item.market_value
            .map(|value| (key_of_position(item), value))
    });
    let cash = valuation.cash.iter().filter_map(|cash| {
        cash.value
            .map(|value| (key_of_cash(&cash.currency).to_owned(), value))
    });
    for (key, value) in positions.chain(cash) {
        let group = groups.entry(key).or_default();
        *group = group.checked_add(value)?;
    }
    let whole = valuation
        .totals
        .market_value
        .checked_add(valuation.totals.cash)?;
    let mut groups: Vec<(String, Money)> = groups.into_iter().collect();
    groups.sort_by(|(a_key, a), (b_key, b)| b.cmp(a).then_with(|| a_key.cmp(b_key)));
    Ok(groups
        .into_iter()
        .map(|(key, value)| {
            json!({"key": key, "market_value": value, "weight": ratio(value, whole)})
        })
        .collect())
}

fn largest_gains(valuation: &Valuation, count: usize) -> Vec<Value> {
    let mut gains = gains_where(valuation, Money::is_positive);
    gains.sort_by(|(a_item, a), (b_item, b)| b.cmp(a).then_with(|| by_symbol(a_item, b_item)));
    gains.into_iter().take(count).map(gain).collect()
}

fn largest_losses(valuation: &Valuation, count: usize) -> Vec<Value> {
    let mut losses = gains_where(valuation, |gain| gain < Money::ZERO);
    losses.sort_by(|(a_item, a), (b_item, b)| a.cmp(b).then_with(|| by_symbol(a_item, b_item)));
    losses.into_iter().take(count).map(gain).collect()
}

fn gains_where(valuation: &Valuation, wanted: fn(Money) -> bool) -> Vec<(&Position, Money)> {
    valuation
        .items
        .iter()
        .filter_map(|item| item.unrealized_gain.map(|gain| (item, gain)))
        .filter(|(_, gain)| wanted(*gain))
        .collect()
}

fn by_symbol(a: &Position, b: &Position) -> std::cmp::Ordering {
    a.security.symbol.cmp(&b.security.symbol)
}

fn gain((item, gain): (&Position, Money)) -> Value {
    json!({
        "security_id": item.security.id,
        "symbol": item.security.symbol,
        "unrealized_gain": gain,
        "unrealized_gain_ratio": item.unrealized_gain_ratio,
    })
}
