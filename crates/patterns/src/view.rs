//! Figures as the JSON of a result: decimals are strings, as everywhere.

use performance::valuation::{CashPosition, Position, Totals, Valuation};
use serde_json::{Value, json};

pub(crate) fn positions(valuation: &Valuation) -> Vec<Value> {
    valuation.items.iter().map(position).collect()
}

pub(crate) fn position(position: &Position) -> Value {
    let security = &position.security;
    let figures = json!({
        "security": {
            "id": security.id,
            "symbol": security.symbol,
            "name": security.name,
            "kind": security.kind,
        },
        "quantity": position.quantity,
        "price": position.price,
        "price_currency": position.price_currency,
        "fx_rate": position.fx_rate,
        "market_value": position.market_value,
        "cost_basis": position.cost_basis,
        "unrealized_gain": position.unrealized_gain,
        "unrealized_gain_ratio": position.unrealized_gain_ratio,
        "weight": position.weight,
        "open_lots": position.open_lots,
    });
    with_path(figures, position.fx_path.as_ref())
}

pub(crate) fn cash(cash: &[CashPosition]) -> Vec<Value> {
    cash.iter()
        .map(|cash| {
            let figures =
                json!({"currency": cash.currency, "amount": cash.amount, "value": cash.value});
            with_path(figures, cash.fx_path.as_ref())
        })
        .collect()
}

/// Only a rate that goes through a third currency names its path: results that were stored before
/// there were such rates stay what they are.
fn with_path(mut figures: Value, path: Option<&[String; 3]>) -> Value {
    if let (Some(members), Some(path)) = (figures.as_object_mut(), path) {
        members.insert("fx_path".to_owned(), json!(path));
    }
    figures
}

pub(crate) fn totals(totals: Totals) -> Value {
    json!({
        "market_value": totals.market_value,
        "cash": totals.cash,
        "cost_basis": totals.cost_basis,
        "unrealized_gain": totals.unrealized_gain,
    })
}
