//! Entries while they are found: income, charges and trades of one transaction.

use rust_decimal::Decimal;

use super::legs::{Legs, OutsideLeg, Purpose, Sums};
use super::lots::Trade;
use super::rows::EntryKind;
use crate::arithmetic;
use crate::names::CurrencyId;
use crate::transaction::Price;

/// An entry before it has its names, and the trade it stands for.
#[derive(Debug)]
pub(super) struct Draft {
    pub kind: EntryKind,
    pub symbol: Option<CurrencyId>,
    pub quantity: Decimal,
    pub price: Option<Price>,
    pub amount: Decimal,
    pub currency: CurrencyId,
    pub fee: Decimal,
    pub is_external: bool,
    pub trade: Option<Trade>,
}

impl Draft {
    pub(super) fn cash(kind: EntryKind, currency: CurrencyId, amount: Decimal) -> Self {
        Self {
            kind,
            symbol: None,
            quantity: Decimal::ZERO,
            price: None,
            amount,
            currency,
            fee: Decimal::ZERO,
            is_external: matches!(kind, EntryKind::Deposit | EntryKind::Withdrawal),
            trade: None,
        }
    }
}

/// What the outside accounts of a transaction leave to be told by other entries.
pub(super) struct Border {
    /// The charges of its trades.
    pub charges: Sums,
    /// Whether an outside account gave or took money of the portfolio.
    pub crosses: bool,
}

/// Dividends, interest, and the taxes and fees that are entries of their own.
pub(super) fn income_and_charges(
    legs: &Legs,
    trades: &[Trade],
    drafts: &mut Vec<Draft>,
) -> Option<Border> {
    let is_sale = trades
        .iter()
        .any(|trade| matches!(trade, Trade::Close { .. }));
    let is_yield =
        |leg: &OutsideLeg| matches!(leg.of.purpose, Purpose::Dividend | Purpose::Interest);
    let has_yield = legs.outside.iter().any(is_yield);
    let is_expense = |leg: &OutsideLeg| {
        matches!(
            leg.of.purpose,
            Purpose::Tax | Purpose::Fee | Purpose::Expense
        )
    };
    // With no other account outside, an expense can only be a charge of what happens inside.
    let only_charges = legs.outside.iter().all(|leg| {
        is_expense(leg) || is_yield(leg) || (is_sale && leg.of.purpose == Purpose::Income)
    });
    let mut border = Border {
        charges: Sums::default(),
        crosses: false,
    };
    for leg in &legs.outside {
        let purpose = leg.of.purpose;
        let kind = match purpose {
            Purpose::Dividend => EntryKind::Dividend,
            Purpose::Interest => EntryKind::Interest,
            Purpose::Income if is_sale => continue,
            Purpose::Fee | Purpose::Tax | Purpose::Expense
                if !trades.is_empty() && (only_charges || purpose == Purpose::Fee) =>
            {
                border.charges.add(leg.currency, leg.amount)?;
                continue;
            }
            Purpose::Tax if has_yield => EntryKind::Tax,
            Purpose::Fee if has_yield || only_charges => EntryKind::Fee,
            _ => {
                border.crosses = true;
                continue;
            }
        };
        drafts.push(Draft {
            symbol: leg.of.symbol.filter(|_| is_yield(leg)),
            ..Draft::cash(kind, leg.currency, -leg.amount)
        });
    }
    Some(border)
}

pub(super) fn trade_draft(trade: Trade) -> Option<Draft> {
    let (symbol, quantity, price) = match &trade {
        Trade::Open {
            symbol,
            cost,
            units,
        } => (
            *symbol,
            *units,
            Some(Price {
                number: cost.number,
                currency: cost.currency,
            }),
        ),
        Trade::Close { symbol, parts, .. } => {
            let quantity = parts.iter().try_fold(Decimal::ZERO, |sum, part| {
                arithmetic::subtract(sum, part.quantity)
            })?;
            let first = parts.first().and_then(|part| part.price);
            let price = first.filter(|_| parts.iter().all(|part| part.price == first));
            (*symbol, quantity, price)
        }
    };
    let kind = if quantity.is_sign_negative() {
        EntryKind::Sell
    } else {
        EntryKind::Buy
    };
    let mut draft = Draft::cash(kind, trade.currency(), Decimal::ZERO);
    draft.symbol = Some(symbol);
    draft.quantity = quantity;
    draft.price = price;
    draft.trade = Some(trade);
    Some(draft)
}

/// The gains that income accounts tell belong to the first sale without a price in their currency.
pub(super) fn share_gains(legs: &Legs, drafts: &mut [Draft]) -> Option<()> {
    let mut gains = Sums::default();
    for leg in legs
        .outside
        .iter()
        .filter(|leg| leg.of.purpose == Purpose::Income)
    {
        gains.add(leg.currency, -leg.amount)?;
    }
    for draft in drafts {
        let Some(trade) = &mut draft.trade else {
            continue;
        };
        if trade.is_unpriced_close() {
            let currency = trade.currency();
            if let Some((_, gain)) = gains.0.iter_mut().find(|(known, _)| *known == currency) {
                trade.adjust(std::mem::take(gain), true)?;
            }
        }
        draft.amount = trade.amount()?;
    }
    Some(())
}

/// Takes the charges of a transaction from its first trade in their currency.
pub(super) fn charge_fees(
    charges: Sums,
    drafts: &mut Vec<Draft>,
    first_trade: usize,
) -> Option<()> {
    for (currency, charge) in charges
        .0
        .into_iter()
        .filter(|(_, charge)| !charge.is_zero())
    {
        let trade = drafts[first_trade..]
            .iter_mut()
            .find(|draft| draft.trade.is_some() && draft.currency == currency);
        match trade {
            Some(draft) if charge > Decimal::ZERO => {
                draft.fee = charge;
                draft.amount = arithmetic::subtract(draft.amount, charge)?;
                if let Some(trade) = &mut draft.trade {
                    trade.adjust(-charge, false)?;
                }
            }
            _ => drafts.push(Draft::cash(EntryKind::Fee, currency, -charge)),
        }
    }
    Some(())
}
