//! Pads: a transaction that makes the next balance assertion true.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::balances::{Subtrees, tolerance};
use crate::arithmetic;
use crate::names::{AccountId, CurrencyId, Names};
use crate::syntax::Located;
use crate::syntax::draft::{Assertion, Origin};
use crate::transaction::{Cost, Posting, Transaction};

/// What matters to pads, in the ledger's order.
pub(crate) enum Event<'a> {
    Transaction(&'a Transaction),
    Balance(&'a Assertion),
    Pad(&'a Pad),
}

/// A `pad` directive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pad {
    pub date: NaiveDate,
    pub origin: Origin,
    pub account: AccountId,
    pub source: AccountId,
}

/// The transactions that pads make, each with the pad that it belongs to, and the faults of pads.
pub(crate) fn fill(
    events: &[Event<'_>],
    multiplier: Decimal,
    names: &Names,
) -> (Vec<(Pad, Transaction)>, Vec<Located>) {
    let mut padded: Vec<AccountId> = Vec::new();
    for event in events {
        if let Event::Pad(pad) = event
            && !padded.contains(&pad.account)
        {
            padded.push(pad.account);
        }
    }
    let mut subtrees = Subtrees::default();
    let (mut made, mut faults) = (Vec::new(), Vec::new());
    for account in padded {
        let mut filler = Filler {
            account,
            multiplier,
            names,
            active: None,
            checked: Vec::new(),
            held: Vec::new(),
            made: Vec::new(),
            faults: Vec::new(),
        };
        let subtree = subtrees.of(account, names);
        for event in events {
            filler.follow(event, subtree);
        }
        filler.report_unused();
        made.append(&mut filler.made);
        faults.append(&mut filler.faults);
    }
    (made, faults)
}

/// Follows one account that is padded.
struct Filler<'a> {
    account: AccountId,
    multiplier: Decimal,
    names: &'a Names,
    active: Option<(Pad, bool)>,
    /// Currencies that were asserted since the active pad.
    checked: Vec<CurrencyId>,
    held: Vec<(CurrencyId, Option<Cost>, Decimal)>,
    made: Vec<(Pad, Transaction)>,
    faults: Vec<Located>,
}

impl Filler<'_> {
    fn follow(&mut self, event: &Event<'_>, subtree: &[AccountId]) {
        match event {
            Event::Transaction(transaction) => {
                for posting in transaction
                    .postings
                    .iter()
                    .filter(|p| subtree.contains(&p.account))
                {
                    self.add(posting.currency, posting.cost.as_ref(), posting.units);
                }
            }
            Event::Pad(pad) if pad.account == self.account => {
                self.report_unused();
                self.active = Some((**pad, false));
                self.checked.clear();
            }
            Event::Balance(assertion) if assertion.account == self.account => self.check(assertion),
            Event::Pad(_) | Event::Balance(_) => {}
        }
    }

    fn add(&mut self, currency: CurrencyId, cost: Option<&Cost>, units: Decimal) {
        let same = |(held, of, _): &&mut (CurrencyId, Option<Cost>, Decimal)| {
            *held == currency && of.as_ref() == cost
        };
        match self.held.iter_mut().find(same) {
            Some((_, _, sum)) => *sum = arithmetic::add(*sum, units).unwrap_or(*sum),
            None => self.held.push((currency, cost.cloned(), units)),
        }
    }

    fn check(&mut self, assertion: &Assertion) {
        let Some((pad, used)) = &mut self.active else {
            return;
        };
        let pad = *pad;
        if self.checked.contains(&assertion.currency) {
            return;
        }
        self.checked.push(assertion.currency);
        let of_currency = self
            .held
            .iter()
            .filter(|(held, ..)| *held == assertion.currency);
        let sum = of_currency
            .clone()
            .try_fold(Decimal::ZERO, |sum, (_, _, units)| {
                arithmetic::add(sum, *units)
            });
        let missing = sum.and_then(|sum| arithmetic::subtract(assertion.number, sum));
        let Some(missing) = missing else { return };
        if missing.abs() <= tolerance(assertion, self.multiplier) {
            return;
        }
        *used = true;
        let at_cost = of_currency.filter(|(_, cost, units)| cost.is_some() && !units.is_zero());
        if at_cost.count() > 0 {
            let fault = format!(
                "{} cannot be padded with {}: lots at cost are held; write a transaction",
                self.names.account(self.account),
                self.names.currency(assertion.currency),
            );
            self.faults.push((pad.origin, fault));
        }
        self.made
            .push((pad, self.transaction(pad, assertion, missing)));
        self.add(assertion.currency, None, missing);
    }

    fn transaction(&self, pad: Pad, assertion: &Assertion, missing: Decimal) -> Transaction {
        let currency = self.names.currency(assertion.currency);
        let posting = |account, units| Posting {
            account,
            units,
            currency: assertion.currency,
            cost: None,
            price: None,
            line: pad.origin.line,
            flag: None,
            interpolated: false,
        };
        Transaction {
            date: pad.date,
            flag: 'P',
            payee: None,
            narration: Some(format!(
                "(Padding inserted for Balance of {} {currency} for difference {missing} {currency})",
                assertion.number
            )),
            tags: Vec::new(),
            links: Vec::new(),
            postings: vec![posting(pad.account, missing), posting(pad.source, -missing)],
            file: pad.origin.file,
            line: pad.origin.line,
        }
    }

    fn report_unused(&mut self) {
        if let Some((pad, false)) = self.active.take() {
            let fault = format!(
                "the pad of {} has no effect: no balance assertion after it needs it; remove it",
                self.names.account(self.account)
            );
            self.faults.push((pad.origin, fault));
        }
    }
}
