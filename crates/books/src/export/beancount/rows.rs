//! What both kinds of portfolios have in common: what is told of a transaction, and those that move cash alone.

use std::collections::BTreeMap;

use entity::{
    books::transaction,
    values::{TransactionKind as Kind, TransactionSource},
};
use rust_decimal::Decimal;

use super::{
    entry::{Entry, Posting, money, quoted},
    names::Names,
};
use crate::Error;

pub(super) const GAINS: &str = "Income:Gains";
pub(super) const FEES: &str = "Expenses:Fees";
pub(super) const TAXES: &str = "Expenses:Taxes";
pub(super) const TRANSFERS: &str = "Equity:Transfers";

/// Without postings yet.
pub(super) fn entry_of(row: &transaction::Model) -> Result<Entry, Error> {
    Ok(Entry {
        date: row.trade_date,
        narration: row.narration.clone().unwrap_or_default(),
        metadata: metadata(row)?,
        postings: Vec::new(),
    })
}

fn metadata(row: &transaction::Model) -> Result<Vec<(&'static str, String)>, Error> {
    let text = |text: &dyn ToString| Some(quoted(&text.to_string()));
    let cost = |amount: Decimal| (!amount.is_zero()).then(|| amounts(amount, &row.currency));
    let is_recorded = row.source != TransactionSource::Ledger;
    let terms = row.terms.as_ref().map(serde_json::to_string).transpose();
    let all = [
        ("id", text(&row.id)),
        ("kind", text(&row.kind)),
        ("external-id", row.external_id.as_deref().map(quoted)),
        ("fee", cost(row.fee.decimal())),
        ("tax", cost(row.tax.decimal())),
        ("settle-date", row.settle_date.map(|date| date.to_string())),
        ("ex-date", row.ex_date.map(|date| date.to_string())),
        ("pay-date", row.pay_date.map(|date| date.to_string())),
        ("corrects", row.voids_id.map(|id| quoted(&id.to_string()))),
        (
            "terms",
            terms
                .map_err(Error::Terms)?
                .filter(|_| is_recorded)
                .map(|json| quoted(&json)),
        ),
    ];
    let given = all.into_iter();
    Ok(given
        .filter_map(|(key, value)| Some((key, value?)))
        .collect())
}

fn amounts(amount: Decimal, currency: &str) -> String {
    format!("{} {currency}", money(amount))
}

/// A transaction that moves cash and no units.
pub(super) fn cash_entry(row: &transaction::Model, names: &Names) -> Result<Entry, Error> {
    let mut entry = entry_of(row)?;
    let (net, fee, tax) = (row.amount.decimal(), row.fee.decimal(), row.tax.decimal());
    let parts = match row.kind {
        Kind::Dividend | Kind::Interest => {
            let income = if row.kind == Kind::Dividend {
                "Income:Dividends"
            } else {
                "Income:Interest"
            };
            let costs = fee.checked_add(tax).ok_or(Error::Overflow)?;
            let gross = net.checked_add(costs).ok_or(Error::Overflow)?;
            vec![
                (names.about(income, row.security_id), -gross),
                (FEES.to_owned(), fee),
                (TAXES.to_owned(), tax),
            ]
        }
        Kind::Fee => vec![(FEES.to_owned(), -net)],
        Kind::Tax => vec![(TAXES.to_owned(), -net)],
        Kind::Deposit => vec![("Equity:Deposits".to_owned(), -net)],
        Kind::Withdrawal => vec![("Equity:Withdrawals".to_owned(), -net)],
        _ => vec![(TRANSFERS.to_owned(), -net)],
    };
    let cash = (names.cash(), net);
    let moved = std::iter::once(cash).chain(parts);
    entry.postings = moved
        .filter(|(_, amount)| !amount.is_zero())
        .map(|(account, amount)| Posting::cash(account, amount, &row.currency))
        .collect();
    Ok(entry)
}

/// Sums by currency.
#[derive(Default)]
pub(super) struct Sums(pub BTreeMap<String, Decimal>);

impl Sums {
    pub(super) fn add(&mut self, currency: &str, amount: Decimal) -> Result<(), Error> {
        let sum = self.0.entry(currency.to_owned()).or_default();
        *sum = crate::amounts::add(*sum, amount)?;
        Ok(())
    }
}
