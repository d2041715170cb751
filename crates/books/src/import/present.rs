//! What earlier imports of a ledger have left in a portfolio.

use std::collections::HashMap;

use chrono::NaiveDate;
use db::ConnectionTrait;
use entity::{
    books::{lot, lot_closure, transaction},
    values::{
        LotId, Money, PortfolioId, Price, Quantity, SecurityId, TransactionId, TransactionKind,
        TransactionSource,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, DerivePartialModel, EntityTrait, QueryFilter, QuerySelect};

use crate::Error;

#[derive(Debug, Default)]
pub(super) struct Present {
    /// By external id.
    pub transactions: HashMap<String, KnownTransaction>,
    /// By the transaction that opened them: it opens one.
    pub lots: HashMap<TransactionId, KnownLot>,
    pub closures: HashMap<(LotId, TransactionId), Quantity>,
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "transaction::Entity")]
pub(super) struct KnownTransaction {
    pub id: TransactionId,
    pub external_id: Option<String>,
    pub security_id: Option<SecurityId>,
    pub kind: TransactionKind,
    pub trade_date: NaiveDate,
    pub quantity: Quantity,
    pub amount: Money,
    pub currency: String,
    pub fee: Money,
    pub narration: Option<String>,
}

#[derive(Debug, DerivePartialModel)]
#[sea_orm(entity = "lot::Entity")]
pub(super) struct KnownLot {
    pub id: LotId,
    pub opened_by_transaction_id: TransactionId,
    pub acquired_on: NaiveDate,
    pub quantity_original: Quantity,
    pub unit_cost: Price,
    pub cost_currency: String,
    pub label: Option<String>,
}

impl Present {
    pub(super) async fn load(
        ctx: &Ctx,
        db: &impl ConnectionTrait,
        portfolio_id: PortfolioId,
    ) -> Result<Self, Error> {
        let transactions: Vec<KnownTransaction> = transaction::Entity::find()
            .filter(transaction::Column::UserId.eq(ctx.scope))
            .filter(transaction::Column::PortfolioId.eq(portfolio_id))
            .filter(transaction::Column::Source.eq(TransactionSource::Ledger))
            .into_partial_model()
            .all(db)
            .await?;
        let lots: Vec<KnownLot> = lot::Entity::find()
            .filter(lot::Column::UserId.eq(ctx.scope))
            .filter(lot::Column::PortfolioId.eq(portfolio_id))
            .into_partial_model()
            .all(db)
            .await?;
        let closures: Vec<(LotId, TransactionId, Quantity)> = lot_closure::Entity::find()
            .filter(lot_closure::Column::UserId.eq(ctx.scope))
            .filter(lot_closure::Column::PortfolioId.eq(portfolio_id))
            .select_only()
            .columns([
                lot_closure::Column::LotId,
                lot_closure::Column::TransactionId,
                lot_closure::Column::Quantity,
            ])
            .into_tuple()
            .all(db)
            .await?;
        let by_external_id = |mut row: KnownTransaction| Some((row.external_id.take()?, row));
        Ok(Self {
            transactions: transactions
                .into_iter()
                .filter_map(by_external_id)
                .collect(),
            lots: lots
                .into_iter()
                .map(|lot| (lot.opened_by_transaction_id, lot))
                .collect(),
            closures: closures
                .into_iter()
                .map(|(lot, transaction, quantity)| ((lot, transaction), quantity))
                .collect(),
        })
    }
}
