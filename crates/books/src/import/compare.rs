//! Which rows of a ledger the books have already, and whether they still say the same.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use entity::{
    books::security,
    values::{LotId, Money, Price, Quantity, TransactionId, TransactionKind},
};
use ledger::{Entry, EntryKind, PortfolioView};

use super::{
    pieces::Piece,
    present::{KnownLot, KnownTransaction, Present},
};
use crate::{Change, Error};

/// The books' ids of what is in a ledger.
#[derive(Debug)]
pub(super) struct Comparison {
    /// By entry.
    pub transactions: Vec<Slot<TransactionId>>,
    /// By piece of a lot.
    pub lots: Vec<Slot<LotId>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<I> {
    pub id: I,
    pub is_new: bool,
}

/// The first imported transaction that the ledger holds no more, or holds otherwise.
#[derive(Debug)]
pub(super) struct Difference {
    date: NaiveDate,
    narration: Option<String>,
    change: Change,
}

impl Difference {
    fn of(entry: &Entry, change: Change) -> Self {
        Self {
            date: entry.trade_date,
            narration: entry.narration.clone(),
            change,
        }
    }

    pub(super) fn in_portfolio(self, name: &str) -> Error {
        let Self {
            date,
            narration,
            change,
        } = self;
        Error::LedgerChanged {
            portfolio: name.to_owned(),
            date,
            narration,
            change,
        }
    }
}

pub(super) fn compare(
    view: &PortfolioView,
    pieces: &[Piece<'_>],
    securities: &BTreeMap<String, security::Model>,
    mut present: Present,
) -> Result<Comparison, Difference> {
    let transactions = match_transactions(view, securities, &mut present)?;
    let mut lots = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let opened_by = transactions[piece.opened_by];
        let known = present.lots.remove(&opened_by.id);
        let slot = match known {
            _ if opened_by.is_new => Slot {
                id: LotId::new(),
                is_new: true,
            },
            Some(lot) if is_same_lot(&lot, piece) => Slot {
                id: lot.id,
                is_new: false,
            },
            _ => {
                return Err(Difference::of(
                    &view.entries[piece.opened_by],
                    Change::OtherFigures,
                ));
            }
        };
        lots.push(slot);
    }
    match_closures(view, pieces, &transactions, &lots, present)?;
    Ok(Comparison { transactions, lots })
}

fn match_transactions(
    view: &PortfolioView,
    securities: &BTreeMap<String, security::Model>,
    present: &mut Present,
) -> Result<Vec<Slot<TransactionId>>, Difference> {
    let mut transactions = Vec::with_capacity(view.entries.len());
    for entry in &view.entries {
        let security = entry
            .symbol
            .as_ref()
            .and_then(|symbol| securities.get(symbol));
        transactions.push(match present.transactions.remove(&entry.external_id) {
            None => Slot {
                id: TransactionId::new(),
                is_new: true,
            },
            Some(row) if is_same_transaction(&row, entry, security) => Slot {
                id: row.id,
                is_new: false,
            },
            Some(_) => return Err(Difference::of(entry, Change::OtherFigures)),
        });
    }
    let gone = present
        .transactions
        .values()
        .min_by_key(|row| (row.trade_date, row.id));
    match gone {
        None => Ok(transactions),
        Some(row) => Err(Difference {
            date: row.trade_date,
            narration: row.narration.clone(),
            change: Change::Gone,
        }),
    }
}

/// Every closure by an entry that was imported must be in the books as it is now, and the books must
/// have no lot or closure of such an entry that the ledger has not.
fn match_closures(
    view: &PortfolioView,
    pieces: &[Piece<'_>],
    transactions: &[Slot<TransactionId>],
    lots: &[Slot<LotId>],
    mut present: Present,
) -> Result<(), Difference> {
    for (piece, lot) in pieces.iter().zip(lots) {
        for taken in &piece.taken {
            let closed_by = transactions[taken.closed_by];
            let known = present.closures.remove(&(lot.id, closed_by.id));
            if !closed_by.is_new && known != Some(Quantity::new(taken.quantity)) {
                let entry = &view.entries[taken.closed_by];
                return Err(Difference::of(entry, Change::OtherLots));
            }
        }
    }
    let lots = present.lots.keys().copied();
    let left: HashSet<TransactionId> = lots
        .chain(present.closures.keys().map(|(_, closed_by)| *closed_by))
        .collect();
    match transactions.iter().position(|slot| left.contains(&slot.id)) {
        Some(at) => Err(Difference::of(&view.entries[at], Change::OtherLots)),
        None => Ok(()),
    }
}

fn is_same_transaction(
    row: &KnownTransaction,
    entry: &Entry,
    security: Option<&security::Model>,
) -> bool {
    row.kind == kind(entry.kind)
        && row.trade_date == entry.trade_date
        && row.security_id == security.map(|security| security.id)
        && row.security_id.is_some() == entry.symbol.is_some()
        && row.quantity == Quantity::new(entry.quantity)
        && row.amount == Money::new(entry.amount)
        && row.currency == entry.currency
        && row.fee == Money::new(entry.fee)
}

fn is_same_lot(row: &KnownLot, piece: &Piece<'_>) -> bool {
    row.acquired_on == piece.lot.acquired_on
        && row.quantity_original == Quantity::new(piece.quantity)
        && row.unit_cost == Price::new(piece.lot.unit_cost)
        && row.cost_currency == piece.lot.cost_currency
        && row.label == piece.lot.label
}

pub(super) fn kind(kind: EntryKind) -> TransactionKind {
    match kind {
        EntryKind::Buy => TransactionKind::Buy,
        EntryKind::Sell => TransactionKind::Sell,
        EntryKind::Dividend => TransactionKind::Dividend,
        EntryKind::Interest => TransactionKind::Interest,
        EntryKind::Fee => TransactionKind::Fee,
        EntryKind::Tax => TransactionKind::Tax,
        EntryKind::Deposit => TransactionKind::Deposit,
        EntryKind::Withdrawal => TransactionKind::Withdrawal,
        EntryKind::TransferIn => TransactionKind::TransferIn,
        EntryKind::TransferOut => TransactionKind::TransferOut,
    }
}

impl Comparison {
    pub(super) fn new_transactions(&self) -> usize {
        self.transactions.iter().filter(|slot| slot.is_new).count()
    }

    pub(super) fn is_new(&self, entry: usize) -> bool {
        self.transactions[entry].is_new
    }

    /// The lots of the books from which new entries take units.
    pub(super) fn reduced<'p>(
        &'p self,
        pieces: &'p [Piece<'p>],
    ) -> impl Iterator<Item = (&'p Piece<'p>, LotId)> {
        let known = pieces
            .iter()
            .zip(&self.lots)
            .filter(|(_, slot)| !slot.is_new);
        known
            .filter(|(piece, _)| piece.taken.iter().any(|taken| self.is_new(taken.closed_by)))
            .map(|(piece, slot)| (piece, slot.id))
    }
}
