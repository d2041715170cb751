//! Whether a booked transaction balances.

use rust_decimal::Decimal;

use super::tolerance::{ToleranceRules, Tolerances, Written};
use crate::arithmetic;
use crate::names::{CurrencyId, Names};
use crate::transaction::Transaction;

/// What quotients may lose: 28 decimals are held, where Beancount holds 28 significant digits.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 20);

/// What is wrong with the transaction's balance, if anything.
pub(crate) fn imbalance(
    transaction: &Transaction,
    rules: &ToleranceRules,
    names: &Names,
) -> Option<String> {
    let Some(residual) = residual(transaction) else {
        return Some("the transaction's amounts are larger than can be added exactly".into());
    };
    if residual.iter().all(|(_, sum)| sum.is_zero()) {
        return None;
    }
    let tolerances = tolerances(transaction, rules);
    let over: Vec<String> = residual
        .into_iter()
        .filter(|(currency, sum)| sum.abs() > tolerances.of(*currency).max(ROUNDING))
        .map(|(currency, sum)| {
            let (name, tolerance) = (
                names.currency(currency),
                tolerances.of(currency).normalize(),
            );
            format!("{} {name} (tolerance {tolerance})", sum.normalize())
        })
        .collect();
    (!over.is_empty()).then(|| {
        format!(
            "the transaction does not balance: its postings sum to {}; correct an amount, or leave \
             one out to have it filled in",
            over.join(" and ")
        )
    })
}

/// How far each currency of a booked transaction may be out of balance.
pub(crate) fn tolerances(transaction: &Transaction, rules: &ToleranceRules) -> Tolerances {
    rules.infer(
        transaction
            .postings
            .iter()
            .filter(|posting| !posting.interpolated)
            .map(|posting| Written {
                units: Some(posting.units),
                currency: Some(posting.currency),
                cost: posting
                    .cost
                    .as_ref()
                    .map(|cost| (cost.currency, [Some(cost.number), None])),
                price: posting
                    .price
                    .map(|price| (price.currency, Some(price.number))),
            }),
    )
}

/// The sum of the weights by currency; `None` if one cannot be held.
fn residual(transaction: &Transaction) -> Option<Vec<(CurrencyId, Decimal)>> {
    let mut sums: Vec<(CurrencyId, Decimal)> = Vec::with_capacity(2);
    for posting in &transaction.postings {
        let (currency, weight) = posting.weight()?;
        match sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum = arithmetic::add(*sum, weight)?,
            None => sums.push((currency, weight)),
        }
    }
    Some(sums)
}
