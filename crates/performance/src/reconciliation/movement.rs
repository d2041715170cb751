//! What each side's transactions moved, in one form.

use std::collections::HashMap;

use books::{booked::BookedLots, holdings::SecurityRef};
use chrono::NaiveDate;
use entity::{
    books::transaction,
    values::{SecurityId, TransactionId, canonical},
};
use ledger::PortfolioView;
use rust_decimal::Decimal;

use super::difference::{BooksTransaction, LedgerTransaction, Moved};
use crate::Error;

/// What one transaction did to units, cash and costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub date: NaiveDate,
    /// The security that it is about.
    pub security: Option<String>,
    /// Units with their symbols, zeros left out: a corporate action can move several securities.
    pub quantities: Vec<(String, Decimal)>,
    pub amount: Decimal,
    pub currency: String,
    pub lots: Vec<LotChange>,
    pub told: Told,
}

impl Movement {
    /// What the transaction says of itself.
    pub fn words(&self) -> Option<&str> {
        let moved = match &self.told {
            Told::InBooks(transaction) => &transaction.moved,
            Told::InLedger(transaction) => &transaction.moved,
        };
        moved.narration.as_deref()
    }
}

/// Units that came into lots (+) or left them (-), with their cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotChange {
    pub security: String,
    pub currency: String,
    pub units: Decimal,
    pub cost: Decimal,
}

/// The transaction itself, as it is named to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    InBooks(BooksTransaction),
    InLedger(LedgerTransaction),
}

/// The books' transactions up to a day, in the order of booking, with the lots that came of them.
///
/// Of recorded books the lots say which units came and went, since a split or a merger moves what its row
/// does not name; of imported ones the rows do, since some units have no lot.
pub fn of_books(
    rows: &[(transaction::Model, Option<String>)],
    lots: &BookedLots,
    is_recorded: bool,
) -> Vec<Movement> {
    let mut changes = changes_of_books(lots);
    let movement = |(row, symbol): &(transaction::Model, Option<String>)| {
        let lots = changes.remove(&row.id).unwrap_or_default();
        let quantities = if is_recorded {
            units_of(&lots)
        } else {
            one(symbol.as_deref(), row.quantity.decimal())
        };
        Movement {
            date: row.trade_date,
            security: symbol.clone(),
            quantities,
            amount: row.amount.decimal(),
            currency: row.currency.clone(),
            lots,
            told: Told::InBooks(BooksTransaction {
                id: row.id,
                ledger_commit_hash: row.ledger_commit_hash.clone(),
                moved: Moved {
                    security: symbol.clone(),
                    quantity: row.quantity.to_string(),
                    amount: row.amount.to_string(),
                    currency: row.currency.clone(),
                    narration: row.narration.clone(),
                },
            }),
        }
    };
    rows.iter().map(movement).collect()
}

fn changes_of_books(lots: &BookedLots) -> HashMap<TransactionId, Vec<LotChange>> {
    let symbol = |id: SecurityId| lots.securities.get(&id).map(symbol_of);
    let mut changes: HashMap<TransactionId, Vec<LotChange>> = HashMap::new();
    for opening in &lots.openings {
        let Some(security) = symbol(opening.security) else {
            continue;
        };
        changes
            .entry(opening.lot.opened_by)
            .or_default()
            .push(LotChange {
                security,
                currency: opening.currency.clone(),
                units: opening.quantity,
                cost: opening.cost_basis,
            });
    }
    for closing in &lots.closings {
        let Some(security) = symbol(closing.security) else {
            continue;
        };
        changes
            .entry(closing.transaction)
            .or_default()
            .push(LotChange {
                security,
                currency: closing.currency.clone(),
                units: -closing.quantity,
                cost: -closing.cost_basis,
            });
    }
    changes
}

fn symbol_of(security: &SecurityRef) -> String {
    security.symbol.clone()
}

/// A ledger's entries up to a day, in the order of booking.
///
/// # Errors
/// [`Error::Overflow`] where a cost has more digits than a number can hold.
pub fn of_ledger(view: &PortfolioView, asof: NaiveDate) -> Result<Vec<Movement>, Error> {
    let mut changes = changes_of_ledger(view)?;
    let entries = view.entries.iter().enumerate();
    let counted = entries.filter(|(_, entry)| entry.trade_date <= asof);
    let movement = |(at, entry): (usize, &ledger::Entry)| Movement {
        date: entry.trade_date,
        security: entry.symbol.clone(),
        quantities: one(entry.symbol.as_deref(), entry.quantity),
        amount: entry.amount,
        currency: entry.currency.clone(),
        lots: changes.remove(&at).unwrap_or_default(),
        told: Told::InLedger(LedgerTransaction {
            file: entry.file.clone(),
            line: entry.line,
            moved: Moved {
                security: entry.symbol.clone(),
                quantity: canonical(entry.quantity),
                amount: canonical(entry.amount),
                currency: entry.currency.clone(),
                narration: entry.narration.clone(),
            },
        }),
    };
    Ok(counted.map(movement).collect())
}

/// By the index of the entry.
fn changes_of_ledger(view: &PortfolioView) -> Result<HashMap<usize, Vec<LotChange>>, Error> {
    let mut changes: HashMap<usize, Vec<LotChange>> = HashMap::new();
    for opening in &view.openings {
        let lot = &view.lots[opening.lot];
        let cost = opening.quantity.checked_mul(lot.unit_cost);
        changes
            .entry(opening.opened_by)
            .or_default()
            .push(LotChange {
                security: lot.symbol.clone(),
                currency: lot.cost_currency.clone(),
                units: opening.quantity,
                cost: cost.ok_or_else(|| Error::Overflow {
                    what: lot.symbol.clone(),
                })?,
            });
    }
    for closure in &view.closures {
        let lot = &view.lots[closure.lot];
        changes
            .entry(closure.closed_by)
            .or_default()
            .push(LotChange {
                security: lot.symbol.clone(),
                currency: lot.cost_currency.clone(),
                units: -closure.quantity,
                cost: -closure.cost_basis,
            });
    }
    Ok(changes)
}

fn one(symbol: Option<&str>, quantity: Decimal) -> Vec<(String, Decimal)> {
    let moved = symbol.filter(|_| !quantity.is_zero());
    moved
        .map(|symbol| (symbol.to_owned(), quantity))
        .into_iter()
        .collect()
}

fn units_of(lots: &[LotChange]) -> Vec<(String, Decimal)> {
    let units = lots
        .iter()
        .map(|change| (change.security.clone(), change.units));
    units.collect()
}
