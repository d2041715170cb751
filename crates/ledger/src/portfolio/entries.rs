//! From transactions to entries.

use rust_decimal::Decimal;

use super::drafts::{Draft, charge_fees, income_and_charges, share_gains, trade_draft};
use super::identity::{Identities, TransactionIdentity};
use super::legs::{Legs, Sums, Traits};
use super::lots::{LotBook, Trade};
use super::rows::{Entry, EntryKind, PortfolioView};
use crate::arithmetic;
use crate::book::residual;
use crate::ledger::Ledger;
use crate::names::CurrencyId;
use crate::transaction::Transaction;

/// Records the transactions of a ledger, in their order, as entries and lots.
pub(super) struct Recorder<'a> {
    ledger: &'a Ledger,
    inside: &'a [bool],
    traits: Traits,
    identities: Identities,
    book: LotBook,
    entries: Vec<Entry>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(ledger: &'a Ledger, inside: &'a [bool]) -> Self {
        Self {
            ledger,
            inside,
            traits: Traits::of(ledger),
            identities: Identities::default(),
            book: LotBook::default(),
            entries: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> PortfolioView {
        PortfolioView {
            entries: self.entries,
            lots: self.book.lots,
            closures: self.book.closures,
            openings: self.book.openings,
            ..PortfolioView::default()
        }
    }

    /// Adds the entries of one transaction; `None` if an amount cannot be held.
    pub(super) fn record(&mut self, transaction: &Transaction) -> Option<()> {
        let mut legs = Legs::of(transaction, self.inside, &self.traits)?;
        let trades = self.book.trades(std::mem::take(&mut legs.lots))?;
        let mut drafts = Vec::new();
        let border = income_and_charges(&legs, &trades, &mut drafts)?;
        let first_trade = drafts.len();
        for trade in trades {
            drafts.push(trade_draft(trade)?);
        }
        share_gains(&legs, &mut drafts)?;
        charge_fees(border.charges, &mut drafts, first_trade)?;
        self.transfers(&legs, &mut drafts)?;
        self.balance(transaction, &legs, border.crosses, &mut drafts)?;
        if drafts.is_empty() {
            return Some(());
        }
        let identity = self.identities.of(self.ledger, transaction);
        for (ordinal, draft) in drafts.into_iter().enumerate() {
            self.push(transaction, &identity, ordinal, draft)?;
        }
        Some(())
    }

    /// Securities without cost, and cash that is exchanged at a price.
    fn transfers(&self, legs: &Legs, drafts: &mut Vec<Draft>) -> Option<()> {
        for leg in legs.plain.iter().filter(|leg| !leg.units.is_zero()) {
            let weight = match leg.price {
                Some(price) => {
                    let weight = arithmetic::multiply(leg.units, price.number)?;
                    Some((price, without_idle_digits(weight)))
                }
                None => None,
            };
            if self.traits.is_cash(leg.currency) {
                let Some((price, weight)) = weight else {
                    continue;
                };
                drafts.push(Draft::cash(direction(leg.units), leg.currency, leg.units));
                drafts.push(Draft::cash(direction(-weight), price.currency, -weight));
            } else if let Some(same) = mergeable(drafts, leg.currency).filter(|_| weight.is_none())
            {
                same.quantity = arithmetic::add(same.quantity, leg.units)?;
            } else {
                let (amount, currency) = match weight {
                    Some((price, weight)) => (-weight, price.currency),
                    None => (Decimal::ZERO, leg.currency),
                };
                drafts.push(Draft {
                    symbol: Some(leg.currency),
                    quantity: leg.units,
                    price: leg.price,
                    ..Draft::cash(direction(leg.units), currency, amount)
                });
            }
        }
        drafts.retain(|draft| !is_empty_transfer(draft));
        for draft in drafts.iter_mut().filter(|draft| draft.trade.is_none()) {
            if matches!(draft.kind, EntryKind::TransferIn | EntryKind::TransferOut)
                && draft.symbol.is_some()
            {
                draft.kind = direction(draft.quantity);
            }
        }
        Some(())
    }

    /// What is left between the entries and the cash inside came across the border; the rounding
    /// that Beancount tolerates belongs to the entry that it comes from.
    fn balance(
        &self,
        transaction: &Transaction,
        legs: &Legs,
        crosses: bool,
        drafts: &mut Vec<Draft>,
    ) -> Option<()> {
        let mut left = Sums::default();
        for (currency, amount) in &legs.cash.0 {
            left.add(*currency, *amount)?;
        }
        for draft in drafts.iter() {
            left.add(draft.currency, -draft.amount)?;
        }
        for (currency, amount) in left.0.into_iter().filter(|(_, amount)| !amount.is_zero()) {
            let rounding = residual::tolerances(transaction, &self.ledger.rules).of(currency);
            let own = drafts.iter_mut().find(|draft| {
                draft.currency == currency && !draft.is_external && !draft.amount.is_zero()
            });
            match own {
                Some(draft) if !crosses || amount.abs() <= rounding => {
                    draft.amount = without_idle_digits(arithmetic::add(draft.amount, amount)?);
                    if let Some(trade) = &mut draft.trade {
                        trade.adjust(amount, false)?;
                    }
                }
                _ => drafts.push(Draft::cash(flow(amount), currency, amount)),
            }
        }
        Some(())
    }

    fn push(
        &mut self,
        transaction: &Transaction,
        identity: &TransactionIdentity,
        ordinal: usize,
        draft: Draft,
    ) -> Option<()> {
        let entry = self.entries.len();
        let name = |currency: CurrencyId| self.ledger.currency(currency).to_owned();
        // A security without cost moves no cash: its entry is in the currency that the books use.
        let currency = match draft.symbol {
            Some(symbol) if symbol == draft.currency => self.home_currency(),
            _ => name(draft.currency),
        };
        self.entries.push(Entry {
            external_id: identity.entry(ordinal),
            kind: draft.kind,
            trade_date: transaction.date,
            symbol: draft.symbol.map(name),
            quantity: draft.quantity,
            price: draft.price.map(|price| price.number),
            price_currency: draft.price.map(|price| name(price.currency)),
            amount: draft.amount,
            currency,
            fee: draft.fee,
            is_external: draft.is_external,
            narration: description(transaction),
            file: self.ledger.file(transaction.file).to_owned(),
            line: transaction.line,
        });
        match draft.trade {
            Some(Trade::Open {
                symbol,
                cost,
                units,
            }) => self
                .book
                .open(self.ledger, entry, transaction.date, symbol, cost, units),
            Some(Trade::Close { symbol, parts, .. }) => parts
                .into_iter()
                .try_for_each(|part| self.book.close(entry, transaction.date, symbol, part)),
            None => Some(()),
        }
    }

    fn home_currency(&self) -> String {
        self.ledger
            .operating_currencies
            .first()
            .cloned()
            .unwrap_or_else(|| "USD".to_owned())
    }
}

fn mergeable(drafts: &mut [Draft], symbol: CurrencyId) -> Option<&mut Draft> {
    drafts.iter_mut().find(|draft| {
        draft.trade.is_none()
            && draft.symbol == Some(symbol)
            && draft.price.is_none()
            && matches!(draft.kind, EntryKind::TransferIn | EntryKind::TransferOut)
    })
}

fn is_empty_transfer(draft: &Draft) -> bool {
    matches!(draft.kind, EntryKind::TransferIn | EntryKind::TransferOut)
        && draft.quantity.is_zero()
        && draft.amount.is_zero()
}

/// A sum with the rounding of a quotient has zeros after its last digit that nobody wrote.
fn without_idle_digits(amount: Decimal) -> Decimal {
    const MOST_DECIMALS: u32 = 12;
    if amount.scale() > MOST_DECIMALS {
        amount.normalize()
    } else {
        amount
    }
}

fn direction(amount: Decimal) -> EntryKind {
    if amount.is_sign_negative() {
        EntryKind::TransferOut
    } else {
        EntryKind::TransferIn
    }
}

fn flow(amount: Decimal) -> EntryKind {
    if amount.is_sign_negative() {
        EntryKind::Withdrawal
    } else {
        EntryKind::Deposit
    }
}

fn description(transaction: &Transaction) -> Option<String> {
    match (&transaction.payee, &transaction.narration) {
        (Some(payee), Some(narration)) => Some(format!("{payee} | {narration}")),
        (payee, narration) => payee.as_ref().or(narration.as_ref()).cloned(),
    }
}
