//! The lots of one security that are open.

use std::collections::{HashMap, HashSet};

use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure},
    values::{LotId, Money, PortfolioId, Quantity, SecurityId, TransactionId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{Error, amounts, dates::bound, holdings::AsOf, transactions};

/// A lot with what was left of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenLot {
    pub lot: lot::Model,
    /// Not zero; negative for a short.
    pub quantity_open: Quantity,
    /// Of the open part, in the lot's cost currency.
    pub cost_basis: Money,
}

/// The lots of a security that were open at `asof`, oldest first.
pub async fn of_security(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Result<Vec<OpenLot>, Error> {
    let counted = transactions::counted_ids(ctx, db, portfolio_id, security_id, asof).await?;
    let closures = known_closures(ctx, portfolio_id, asof);
    let closed = closed_quantities(db, closures, &counted).await?;
    let lots = lot::Entity::find()
        .filter(lots_of(ctx, portfolio_id, security_id))
        .order_by_asc(lot::Column::AcquiredOn)
        .order_by_asc(lot::Column::Id)
        .all(db)
        .await?;
    let mut open = Vec::new();
    for lot in lots
        .into_iter()
        .filter(|lot| counted.contains(&lot.opened_by_transaction_id))
    {
        let quantity = open_quantity(lot.quantity_original, closed.get(&lot.id))?;
        if !quantity.is_zero() {
            let cost_basis = Money::new(amounts::product(quantity, lot.unit_cost.decimal())?);
            open.push(OpenLot {
                lot,
                quantity_open: Quantity::new(quantity),
                cost_basis,
            });
        }
    }
    Ok(open)
}

/// The closures that may count at `asof`: those that a counted transaction made do.
pub(crate) fn known_closures(
    ctx: &Ctx,
    portfolio_id: PortfolioId,
    asof: AsOf,
) -> Select<lot_closure::Entity> {
    lot_closure::Entity::find()
        .filter(lot_closure::Column::UserId.eq(ctx.scope))
        .filter(lot_closure::Column::PortfolioId.eq(portfolio_id))
        .filter(lot_closure::Column::ClosedOn.lte(bound(asof.date)))
}

/// By lot, what the counted transactions took from it.
async fn closed_quantities(
    db: &impl ConnectionTrait,
    closures: Select<lot_closure::Entity>,
    counted: &HashSet<TransactionId>,
) -> Result<HashMap<LotId, Vec<Decimal>>, Error> {
    use lot_closure::Column;

    let rows: Vec<(LotId, TransactionId, Quantity)> = closures
        .select_only()
        .columns([Column::LotId, Column::TransactionId, Column::Quantity])
        .into_tuple()
        .all(db)
        .await?;
    let mut closed: HashMap<LotId, Vec<Decimal>> = HashMap::new();
    for (lot, _, quantity) in rows.into_iter().filter(|(_, by, _)| counted.contains(by)) {
        closed.entry(lot).or_default().push(quantity.decimal());
    }
    Ok(closed)
}

/// What is left of a lot after its closures.
fn open_quantity(original: Quantity, closed: Option<&Vec<Decimal>>) -> Result<Decimal, Error> {
    let closed = closed.into_iter().flatten().map(|quantity| -quantity);
    amounts::sum(closed.chain([original.decimal()]).collect())
}

pub(crate) fn lots_of(ctx: &Ctx, portfolio_id: PortfolioId, security_id: SecurityId) -> Condition {
    Condition::all()
        .add(lot::Column::UserId.eq(ctx.scope))
        .add(lot::Column::PortfolioId.eq(portfolio_id))
        .add(lot::Column::SecurityId.eq(security_id))
}
