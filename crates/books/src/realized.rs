//! Gains that closing lots has realized.

use std::collections::{BTreeMap, HashMap};

use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure},
    values::{LotId, Money, PortfolioId, SecurityId, TransactionId},
};
use identity::Ctx;
use rust_decimal::Decimal;
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};

use crate::{Error, amounts, holdings::AsOf, lots, transactions};

/// What was gained in one currency; a loss is negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealizedGain {
    pub currency: String,
    pub amount: Money,
}

/// The gains realized on a security up to `asof`, by the currency in which its lots were paid.
pub async fn gains_of_security(
    ctx: &Ctx,
    db: &impl ConnectionTrait,
    portfolio_id: PortfolioId,
    security_id: SecurityId,
    asof: AsOf,
) -> Result<Vec<RealizedGain>, Error> {
    let currencies: HashMap<LotId, String> = lot::Entity::find()
        .filter(lots::lots_of(ctx, portfolio_id, security_id, asof))
        .select_only()
        .columns([lot::Column::Id, lot::Column::CostCurrency])
        .into_tuple::<(LotId, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let counted = transactions::counted_ids(ctx, db, portfolio_id, security_id, asof).await?;
    let closures: Vec<(LotId, TransactionId, Money)> =
        lots::known_closures(ctx, portfolio_id, asof)
            .select_only()
            .columns([
                lot_closure::Column::LotId,
                lot_closure::Column::TransactionId,
                lot_closure::Column::RealizedGain,
            ])
            .into_tuple()
            .all(db)
            .await?;
    let mut terms: BTreeMap<&str, Vec<Decimal>> = BTreeMap::new();
    for (lot, transaction, gain) in closures {
        if let Some(currency) = currencies
            .get(&lot)
            .filter(|_| counted.contains(&transaction))
        {
            terms.entry(currency).or_default().push(gain.decimal());
        }
    }
    terms
        .into_iter()
        .map(|(currency, terms)| {
            Ok(RealizedGain {
                currency: currency.to_owned(),
                amount: Money::new(amounts::sum(terms)?),
            })
        })
        .collect()
}
