//! The lots of one security that are open.

use std::collections::{HashMap, HashSet};

use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure},
    values::{LotId, LotMethod, Money, PortfolioId, Quantity, SecurityId, TransactionId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::{
    Error, amounts, booking,
    dates::bound,
    holdings::{AsOf, was_known},
    portfolios, rules, transactions,
};

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
    let portfolio = portfolios::find(ctx, db, portfolio_id).await?;
    let rules = rules::at(&portfolio, asof.revision)?;
    let counted = transactions::counted_ids(ctx, db, portfolio_id, security_id, asof).await?;
    let closures = known_closures(ctx, portfolio_id, asof);
    let mut closed = closed_parts(db, closures, &counted).await?;
    let lots = lot::Entity::find()
        .filter(lots_of(ctx, portfolio_id, security_id, asof))
        .order_by_asc(lot::Column::AcquiredOn)
        .order_by_asc(lot::Column::Id)
        .all(db)
        .await?;
    let mut left = Vec::new();
    for lot in lots
        .into_iter()
        .filter(|lot| counted.contains(&lot.opened_by_transaction_id))
    {
        left.push(rest_of(&closed.remove(&lot.id).unwrap_or_default(), lot)?);
    }
    if portfolio.is_recorded && rules.method == LotMethod::Average {
        share_cost(&mut left)?;
    }
    left.retain(|lot| !lot.quantity_open.is_zero());
    Ok(left)
}

/// Under the method of average cost, what is left of all costs belongs to the units that are left.
fn share_cost(lots: &mut [OpenLot]) -> Result<(), Error> {
    let cost = amounts::sum(lots.iter().map(|lot| lot.cost_basis.decimal()).collect())?;
    let quantities: Vec<Decimal> = lots.iter().map(|lot| lot.quantity_open.decimal()).collect();
    let shares = booking::apportion(cost, &quantities).map_err(|_| Error::Overflow)?;
    for (lot, share) in lots.iter_mut().zip(shares) {
        lot.cost_basis = Money::new(share);
    }
    Ok(())
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
        .filter(was_known(
            lot_closure::Column::BooksRevision,
            lot_closure::Column::SupersededRevision,
            asof,
        ))
}

/// Units that were taken, and their cost.
type Part = (Decimal, Decimal);

/// By lot, what the counted transactions took from it.
async fn closed_parts(
    db: &impl ConnectionTrait,
    closures: Select<lot_closure::Entity>,
    counted: &HashSet<TransactionId>,
) -> Result<HashMap<LotId, Vec<Part>>, Error> {
    use lot_closure::Column;

    let rows: Vec<(LotId, TransactionId, Quantity, Money)> = closures
        .select_only()
        .columns([
            Column::LotId,
            Column::TransactionId,
            Column::Quantity,
            Column::CostBasis,
        ])
        .into_tuple()
        .all(db)
        .await?;
    let mut closed: HashMap<LotId, Vec<Part>> = HashMap::new();
    for (lot, by, quantity, cost) in rows {
        if counted.contains(&by) {
            let part = (quantity.decimal(), cost.decimal());
            closed.entry(lot).or_default().push(part);
        }
    }
    Ok(closed)
}

/// What is left of a lot after its closures. What a ledger's units cost, it says itself.
fn rest_of(closed: &[Part], lot: lot::Model) -> Result<OpenLot, Error> {
    let quantities = closed.iter().map(|(quantity, _)| -quantity);
    let quantity = amounts::sum(
        quantities
            .chain([lot.quantity_original.decimal()])
            .collect(),
    )?;
    let cost = if lot.opened_on.is_some() {
        let costs = closed.iter().map(|(_, cost)| -cost);
        amounts::sum(costs.chain([lot.cost_basis.decimal()]).collect())?
    } else {
        amounts::product(quantity, lot.unit_cost.decimal())?
    };
    Ok(OpenLot {
        lot,
        quantity_open: Quantity::new(quantity),
        cost_basis: Money::new(cost),
    })
}

pub(crate) fn lots_of(
    ctx: &Ctx,
    portfolio_id: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Condition {
    was_known(
        lot::Column::BooksRevision,
        lot::Column::SupersededRevision,
        asof,
    )
    .add(lot::Column::UserId.eq(ctx.scope))
    .add(lot::Column::PortfolioId.eq(portfolio_id))
    .add(lot::Column::SecurityId.eq(security_id))
}
