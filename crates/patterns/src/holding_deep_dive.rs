//! Pattern `holding_deep_dive`.

use books::{holdings::AsOf, lots::OpenLot};
use db::ConnectionTrait;
use entity::{
    books::transaction,
    values::{PortfolioId, SecurityId},
};
use identity::Ctx;
use performance::Valuation;
use serde_json::{Value, json};

use crate::{Error, view};

/// One security of a portfolio: what is held, at which cost, and how it came to be.
pub(crate) async fn deep_dive(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    valuation: &Valuation,
    portfolio: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Result<Value, Error> {
    let security = books::securities::find(ctx, db, security_id)
        .await
        .map_err(|error| match error {
            books::Error::SecurityNotFound { .. } => Error::SecurityNotFound { id: security_id },
            other => other.into(),
        })?;
    let lots = books::lots::of_security(ctx, db, portfolio, security_id, asof).await?;
    let realized =
        books::realized::gains_of_security(ctx, db, portfolio, security_id, asof).await?;
    let transactions =
        books::transactions::of_security(ctx, db, portfolio, security_id, asof).await?;
    let position = valuation
        .items
        .iter()
        .find(|item| item.security.id == Some(security_id));
    let realized: Vec<Value> = realized
        .iter()
        .map(|gain| json!({"currency": gain.currency, "amount": gain.amount}))
        .collect();
    Ok(json!({
        "base_currency": valuation.base_currency,
        "security": {
            "id": security.id,
            "symbol": security.symbol,
            "name": security.name,
            "kind": security.kind,
            "currency": security.currency,
            "sector": security.sector,
            "country": security.country,
        },
        "position": position.map(view::position),
        "weight": position.and_then(|item| item.weight),
        "unrealized_gain": position.and_then(|item| item.unrealized_gain),
        "realized_gains": realized,
        "lots": lots.iter().map(lot).collect::<Vec<_>>(),
        "transactions": transactions.iter().map(transaction).collect::<Vec<_>>(),
    }))
}

fn lot(open: &OpenLot) -> Value {
    let lot = &open.lot;
    json!({
        "id": lot.id,
        "acquired_on": lot.acquired_on,
        "quantity_original": lot.quantity_original,
        "quantity_open": open.quantity_open,
        "unit_cost": lot.unit_cost,
        "cost_currency": lot.cost_currency,
        "cost_basis": open.cost_basis,
        "fx_rate": lot.fx_rate,
        "label": lot.label,
    })
}

fn transaction(row: &transaction::Model) -> Value {
    json!({
        "id": row.id,
        "kind": row.kind,
        "trade_date": row.trade_date,
        "quantity": row.quantity,
        "price": row.price,
        "amount": row.amount,
        "currency": row.currency,
        "fee": row.fee,
        "tax": row.tax,
        "narration": row.narration,
    })
}
