//! The rows of what is new.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    books::{cash_flow, lot, lot_closure, portfolio, security, transaction},
    values::{
        CashFlowId, CashFlowKind, LotClosureId, Money, Price, Quantity, Rate, SecurityId,
        TransactionSource,
    },
};
use identity::Ctx;
use ledger::{Entry, EntryKind};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    IntoActiveModel,
};

use super::{
    LedgerImport, Plan, compare,
    pieces::{Piece, Taken},
};
use crate::{Error, amounts, rates};

/// What the rows of one import have in common.
pub(super) struct Rows<'a> {
    plan: &'a Plan<'a>,
    portfolio: &'a portfolio::Model,
    securities: &'a BTreeMap<String, security::Model>,
    commit: Option<&'a str>,
    now: DateTime<Utc>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(
        ctx: &Ctx,
        plan: &'a Plan<'a>,
        portfolio: &'a portfolio::Model,
        securities: &'a BTreeMap<String, security::Model>,
        request: &'a LedgerImport,
    ) -> Self {
        let commit = request.ledger_commit_hash.as_deref();
        Self {
            plan,
            portfolio,
            securities,
            commit,
            now: ctx.now(),
        }
    }

    pub(super) fn transactions(&self) -> Result<Vec<transaction::ActiveModel>, Error> {
        self.plan
            .new_entries()
            .map(|(at, entry)| self.transaction(at, entry))
            .collect()
    }

    fn transaction(&self, at: usize, entry: &Entry) -> Result<transaction::ActiveModel, Error> {
        let security_id = entry
            .symbol
            .as_deref()
            .map(|s| self.security_id(s))
            .transpose()?;
        let in_currency = entry
            .price_currency
            .as_ref()
            .is_none_or(|c| *c == entry.currency);
        // What is NULL in all rows is left out: a third less to write, since a wide row is slow.
        Ok(transaction::ActiveModel {
            user_id: Set(self.portfolio.user_id),
            id: Set(self.plan.compared.transactions[at].id),
            portfolio_id: Set(self.portfolio.id),
            security_id: Set(security_id),
            kind: Set(compare::kind(entry.kind)),
            trade_date: Set(entry.trade_date),
            settle_date: NotSet,
            quantity: Set(Quantity::new(entry.quantity)),
            price: Set(entry.price.filter(|_| in_currency).map(Price::new)),
            amount: Set(Money::new(entry.amount)),
            currency: Set(entry.currency.clone()),
            fee: Set(Money::new(entry.fee)),
            tax: Set(Money::ZERO),
            fx_rate: Set(self.rate(&entry.currency, entry.trade_date)),
            pay_date: NotSet,
            ex_date: NotSet,
            narration: Set(entry.narration.clone()),
            source: Set(TransactionSource::Ledger),
            external_id: Set(Some(entry.external_id.clone())),
            ledger_commit_hash: self
                .commit
                .map_or(NotSet, |hash| Set(Some(hash.to_owned()))),
            books_revision: Set(self.portfolio.books_revision),
            sequence: NotSet,
            terms: NotSet,
            recorded_at: Set(self.now),
            voided_at: NotSet,
            voided_revision: NotSet,
            voids_id: NotSet,
            counter_portfolio_id: NotSet,
            counter_transaction_id: NotSet,
            received_lots: NotSet,
            created_at: Set(self.now),
        })
    }

    pub(super) fn lots(&self) -> Result<Vec<lot::ActiveModel>, Error> {
        self.plan
            .new_pieces()
            .map(|(piece, id)| self.lot(piece, id))
            .collect()
    }

    fn lot(&self, piece: &Piece<'_>, id: entity::values::LotId) -> Result<lot::ActiveModel, Error> {
        let lot = piece.lot;
        let row = lot::Model {
            user_id: self.portfolio.user_id,
            id,
            portfolio_id: self.portfolio.id,
            security_id: self.security_id(&lot.symbol)?,
            opened_by_transaction_id: self.plan.compared.transactions[piece.opened_by].id,
            acquired_on: lot.acquired_on,
            opened_on: None,
            sequence: 0,
            ordinal: 0,
            quantity_original: Quantity::new(piece.quantity),
            quantity_open: piece.quantity_open()?,
            unit_cost: Price::new(lot.unit_cost),
            cost_basis: Money::new(amounts::product(piece.quantity, lot.unit_cost)?),
            cost_basis_base: None,
            cost_currency: lot.cost_currency.clone(),
            fx_rate: self.rate(&lot.cost_currency, lot.acquired_on),
            label: lot.label.clone(),
            closed_on: piece.closed_on()?,
            books_revision: self.portfolio.books_revision,
            superseded_revision: None,
            created_at: self.now,
            updated_at: self.now,
        };
        Ok(row.into_active_model().reset_all())
    }

    pub(super) fn closures(&self) -> Result<Vec<lot_closure::ActiveModel>, Error> {
        let compared = &self.plan.compared;
        let mut rows = Vec::new();
        for (piece, lot) in self.plan.pieces.iter().zip(&compared.lots) {
            for taken in piece
                .taken
                .iter()
                .filter(|taken| compared.is_new(taken.closed_by))
            {
                let row = self.closure(piece, lot.id, taken)?;
                rows.push(row.into_active_model().reset_all());
            }
        }
        Ok(rows)
    }

    fn closure(
        &self,
        piece: &Piece<'_>,
        lot_id: entity::values::LotId,
        taken: &Taken,
    ) -> Result<lot_closure::Model, Error> {
        let gain = taken
            .proceeds
            .checked_sub(taken.cost_basis)
            .ok_or(Error::Overflow)?;
        Ok(lot_closure::Model {
            user_id: self.portfolio.user_id,
            id: LotClosureId::new(),
            portfolio_id: self.portfolio.id,
            lot_id,
            transaction_id: self.plan.compared.transactions[taken.closed_by].id,
            security_id: None,
            quantity: Quantity::new(taken.quantity),
            proceeds: Money::new(taken.proceeds),
            cost_basis: Money::new(taken.cost_basis),
            carried_basis: Money::ZERO,
            realized_gain: Money::new(gain),
            proceeds_base: None,
            cost_basis_base: None,
            realized_gain_base: None,
            fx_gain: self.fx_gain(piece, taken)?,
            closed_on: taken.closed_on,
            holding_days: (taken.closed_on - piece.lot.acquired_on).num_days(),
            books_revision: self.portfolio.books_revision,
            superseded_revision: None,
            created_at: self.now,
        })
    }

    /// What the cost alone gained in base currency, because the exchange rate moved.
    fn fx_gain(&self, piece: &Piece<'_>, taken: &Taken) -> Result<Option<Money>, Error> {
        let currency = &piece.lot.cost_currency;
        let before = self.rate(currency, piece.lot.acquired_on);
        let after = self.rate(currency, taken.closed_on);
        let (Some(before), Some(after)) = (before, after) else {
            return Ok(None);
        };
        let change = after.checked_sub(before)?.decimal();
        Ok(Some(Money::new(amounts::product(
            taken.cost_basis,
            change,
        )?)))
    }

    pub(super) fn cash_flows(&self) -> Vec<cash_flow::ActiveModel> {
        let flows = self
            .plan
            .new_entries()
            .filter(|(_, entry)| is_cash_flow(entry));
        flows
            .map(|(at, entry)| self.cash_flow(at, entry).into_active_model().reset_all())
            .collect()
    }

    fn cash_flow(&self, at: usize, entry: &Entry) -> cash_flow::Model {
        cash_flow::Model {
            user_id: self.portfolio.user_id,
            id: CashFlowId::new(),
            portfolio_id: self.portfolio.id,
            flow_date: entry.trade_date,
            kind: flow_kind(entry.kind),
            amount: Money::new(entry.amount),
            currency: entry.currency.clone(),
            transaction_id: self.plan.compared.transactions[at].id,
            is_external: entry.is_external,
            counter_portfolio_id: None,
            books_revision: self.portfolio.books_revision,
            superseded_revision: None,
            created_at: self.now,
        }
    }

    fn security_id(&self, symbol: &str) -> Result<SecurityId, Error> {
        let known = self.securities.get(symbol).map(|security| security.id);
        known.ok_or_else(|| Error::SecurityNotFound {
            security: symbol.to_owned(),
        })
    }

    fn rate(&self, currency: &str, date: chrono::NaiveDate) -> Option<Rate> {
        rates::on(
            self.plan.ledger,
            currency,
            &self.portfolio.base_currency,
            date,
        )
    }
}

/// Whether it moves cash and no units: what moves both is a trade.
pub(super) fn is_cash_flow(entry: &Entry) -> bool {
    entry.quantity.is_zero() && !entry.amount.is_zero()
}

fn flow_kind(kind: EntryKind) -> CashFlowKind {
    match kind {
        EntryKind::Dividend => CashFlowKind::Dividend,
        EntryKind::Interest => CashFlowKind::Interest,
        EntryKind::Fee => CashFlowKind::Fee,
        EntryKind::Tax => CashFlowKind::Tax,
        EntryKind::Deposit => CashFlowKind::Deposit,
        EntryKind::Withdrawal => CashFlowKind::Withdrawal,
        // A trade moves units, so none comes here.
        EntryKind::Buy | EntryKind::Sell | EntryKind::TransferIn | EntryKind::TransferOut => {
            CashFlowKind::Transfer
        }
    }
}
