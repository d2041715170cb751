//! Balance assertions: what an account and its children hold of a currency on a morning.

use std::collections::HashMap;

use rust_decimal::Decimal;

use crate::arithmetic;
use crate::names::{AccountId, CurrencyId, Names};
use crate::syntax::draft::Assertion;
use crate::transaction::Transaction;

/// The accounts whose names are that of an account or begin with it and a colon.
#[derive(Debug, Default)]
pub(crate) struct Subtrees(HashMap<AccountId, Vec<AccountId>>);

impl Subtrees {
    pub(crate) fn of(&mut self, account: AccountId, names: &Names) -> &[AccountId] {
        self.0.entry(account).or_insert_with(|| {
            let root = names.account(account);
            let below = |name: &str| {
                name.strip_prefix(root)
                    .is_some_and(|rest| rest.starts_with(':'))
            };
            names
                .accounts()
                .filter(|(id, name)| *id == account || below(name))
                .map(|(id, _)| id)
                .collect()
        })
    }
}

/// Units by account and currency, lots together.
#[derive(Debug)]
pub(crate) struct Balances {
    /// By account.
    units: Vec<Vec<(CurrencyId, Decimal)>>,
    subtrees: Subtrees,
}

impl Balances {
    pub(crate) fn new(names: &Names) -> Self {
        Self {
            units: vec![Vec::new(); names.account_count()],
            subtrees: Subtrees::default(),
        }
    }

    /// Adds a transaction; `None` if a sum cannot be held.
    pub(crate) fn add(&mut self, transaction: &Transaction) -> Option<()> {
        for posting in &transaction.postings {
            self.add_units(posting.account, posting.currency, posting.units)?;
        }
        Some(())
    }

    pub(crate) fn add_units(
        &mut self,
        account: AccountId,
        currency: CurrencyId,
        units: Decimal,
    ) -> Option<()> {
        let held = &mut self.units[account.index()];
        match held.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum = arithmetic::add(*sum, units)?,
            None => held.push((currency, units)),
        }
        Some(())
    }

    /// What is wrong with an assertion, if anything.
    pub(crate) fn check(
        &mut self,
        assertion: &Assertion,
        multiplier: Decimal,
        names: &Names,
    ) -> Option<String> {
        let name = names.account(assertion.account);
        let currency = names.currency(assertion.currency);
        let accounts = self.subtrees.of(assertion.account, names);
        let held = accounts
            .iter()
            .flat_map(|account| &self.units[account.index()])
            .filter(|(held, _)| *held == assertion.currency)
            .try_fold(Decimal::ZERO, |sum, (_, units)| {
                arithmetic::add(sum, *units)
            });
        let difference = held.and_then(|held| arithmetic::subtract(held, assertion.number));
        let (Some(held), Some(difference)) = (held, difference) else {
            return Some(format!(
                "the balance of {name} is larger than can be added exactly"
            ));
        };
        let tolerance = tolerance(assertion, multiplier);
        (difference.abs() > tolerance).then(|| {
            format!(
                "the balance of {name} is wrong: expected {} {currency}, it is {held} {currency}, the \
                 difference is {} {currency} (tolerance {})",
                assertion.number,
                difference.normalize(),
                tolerance.normalize(),
            )
        })
    }
}

/// The tolerance that is written, else twice what a transaction would have at these digits.
pub(super) fn tolerance(assertion: &Assertion, multiplier: Decimal) -> Decimal {
    if let Some(tolerance) = assertion.tolerance {
        return tolerance;
    }
    match assertion.number.scale() {
        0 => Decimal::ZERO,
        scale => arithmetic::multiply(Decimal::new(2, scale), multiplier).unwrap_or_default(),
    }
}
