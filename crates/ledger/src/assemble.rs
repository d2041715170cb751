//! From drafts to a ledger: booking and all checks, whose faults are reported together.

use std::collections::{BTreeMap, HashSet};

use crate::book::Booker;
use crate::book::residual::imbalance;
use crate::book::tolerance::ToleranceRules;
use crate::check::accounts::Accounts;
use crate::check::balances::Balances;
use crate::check::pads::{self, Event, Pad};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ledger::{Commodity, Ledger};
use crate::names::{AccountId, Names};
use crate::options::{Booking, Options};
use crate::prices::{PriceDirective, PriceIndex};
use crate::syntax::draft::{Assertion, Body, Draft, DraftTransaction, Origin};
use crate::syntax::{Located, Reading};
use crate::transaction::Transaction;

/// What balance assertions and pads see of the ledger, in its order.
enum Step {
    /// The index of a booked transaction.
    Transaction(usize),
    /// One that could not be booked: its plain amounts still count.
    Unbooked(Box<DraftTransaction>),
    Balance(Assertion, Origin),
    Pad(Pad),
}

/// Books and checks what was read.
///
/// # Errors
/// Every fault, from the syntax to the last balance.
pub(crate) fn assemble(reading: Reading) -> Result<Ledger, Diagnostics> {
    let Reading {
        files,
        mut names,
        options,
        drafts,
        mut faults,
        warnings,
        doubtful,
        is_given_up,
    } = reading;
    if is_given_up {
        return Err(Diagnostics::new(diagnostics(faults, &files)));
    }
    let rules = ToleranceRules::new(&options, &mut names);
    let doubtful: HashSet<AccountId> = doubtful
        .iter()
        .map(|name| names.intern_account(name))
        .collect();
    let names = names;

    let mut accounts = Accounts::new(&names, &drafts, doubtful);
    for draft in &drafts {
        accounts.follow(draft);
    }
    faults.append(&mut accounts.faults);
    let opened_on = accounts
        .known
        .iter()
        .map(|account| account.opened_on)
        .collect();

    let methods = booking_methods(&drafts, &options, &names);
    let mut contents = Contents::default();
    let mut booker = Booker::new(&names, &rules, &methods);
    for draft in drafts {
        contents.take(draft, &mut booker, &names, &mut faults);
    }
    for transaction in &contents.transactions {
        if let Some(fault) = imbalance(transaction, &rules, &names) {
            faults.push((
                Origin {
                    file: transaction.file,
                    line: transaction.line,
                },
                fault,
            ));
        }
    }
    let transactions = settle(
        contents.steps,
        contents.transactions,
        &rules,
        &names,
        &mut faults,
    );
    if !faults.is_empty() {
        return Err(Diagnostics::new(diagnostics(faults, &files)));
    }
    Ok(Ledger {
        title: options.title,
        operating_currencies: options.operating_currencies,
        commodities: contents.commodities,
        price_index: PriceIndex::new(&contents.prices),
        prices: contents.prices,
        transactions,
        warnings: diagnostics(warnings, &files),
        files,
        names,
        opened_on,
        rules,
        income_root: options.income_root,
        expenses_root: options.expenses_root,
    })
}

fn diagnostics(located: Vec<Located>, files: &[String]) -> Vec<Diagnostic> {
    let name = |file: u32| files.get(file as usize).cloned().unwrap_or_default();
    located
        .into_iter()
        .map(|(at, message)| Diagnostic {
            file: name(at.file),
            line: at.line,
            message,
        })
        .collect()
}

fn booking_methods(drafts: &[Draft], options: &Options, names: &Names) -> Vec<Booking> {
    let mut methods = vec![options.booking; names.account_count()];
    for draft in drafts {
        if let Body::Open {
            account,
            booking: Some(booking),
            ..
        } = &draft.body
        {
            methods[account.index()] = *booking;
        }
    }
    methods
}

#[derive(Default)]
struct Contents {
    commodities: BTreeMap<String, Commodity>,
    prices: Vec<PriceDirective>,
    transactions: Vec<Transaction>,
    steps: Vec<Step>,
}

impl Contents {
    fn take(
        &mut self,
        draft: Draft,
        booker: &mut Booker<'_>,
        names: &Names,
        faults: &mut Vec<Located>,
    ) {
        let Draft { date, origin, body } = draft;
        match body {
            Body::Transaction(transaction) => match booker.book(date, origin, &transaction) {
                Ok(booked) => {
                    self.steps.push(Step::Transaction(self.transactions.len()));
                    self.transactions.push(booked);
                }
                Err(found) => {
                    let at = |line| Origin {
                        file: origin.file,
                        line,
                    };
                    faults.extend(found.into_iter().map(|(line, fault)| (at(line), fault)));
                    self.steps.push(Step::Unbooked(transaction));
                }
            },
            Body::Balance(assertion) => self.steps.push(Step::Balance(assertion, origin)),
            Body::Pad { account, source } => {
                self.steps.push(Step::Pad(Pad {
                    date,
                    origin,
                    account,
                    source,
                }));
            }
            Body::Price {
                currency,
                number,
                quote,
            } => self.prices.push(PriceDirective {
                date,
                commodity: names.currency(currency).to_owned(),
                amount: number,
                currency: names.currency(quote).to_owned(),
                file: origin.file,
                line: origin.line,
            }),
            Body::Commodity { currency, metadata } => {
                let symbol = names.currency(currency).to_owned();
                let name = metadata.get("name").cloned();
                let commodity = Commodity {
                    name,
                    metadata,
                    declared_on: date,
                };
                if self.commodities.insert(symbol, commodity).is_some() {
                    let fault = format!(
                        "commodity {} is declared already: remove one of the two directives",
                        names.currency(currency)
                    );
                    faults.push((origin, fault));
                }
            }
            Body::Open { .. } | Body::Close { .. } | Body::Remark { .. } | Body::Other => {}
        }
    }
}

/// Makes the transactions of pads and checks the balance assertions.
fn settle(
    steps: Vec<Step>,
    transactions: Vec<Transaction>,
    rules: &ToleranceRules,
    names: &Names,
    faults: &mut Vec<Located>,
) -> Vec<Transaction> {
    let mut padding = if steps.iter().any(|step| matches!(step, Step::Pad(_))) {
        let events: Vec<Event<'_>> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Transaction(index) => Some(Event::Transaction(&transactions[*index])),
                Step::Balance(assertion, _) => Some(Event::Balance(assertion)),
                Step::Pad(pad) => Some(Event::Pad(pad)),
                Step::Unbooked(_) => None,
            })
            .collect();
        let (made, mut wrong) = pads::fill(&events, rules.multiplier, names);
        faults.append(&mut wrong);
        made
    } else {
        Vec::new()
    };
    let mut balances = Balances::new(names);
    let mut settled = Vec::with_capacity(transactions.len() + padding.len());
    let mut booked = transactions.into_iter();
    for step in steps {
        let (added, at) = match step {
            Step::Transaction(_) => {
                let Some(transaction) = booked.next() else {
                    continue;
                };
                let at = Origin {
                    file: transaction.file,
                    line: transaction.line,
                };
                let added = balances.add(&transaction);
                settled.push(transaction);
                (added, at)
            }
            Step::Unbooked(draft) => (add_plain(&draft, &mut balances), Origin::default()),
            Step::Pad(pad) => {
                let (own, others) = padding
                    .into_iter()
                    .partition(|(made_by, _)| *made_by == pad);
                padding = others;
                let own: Vec<(Pad, Transaction)> = own;
                let added = own.iter().try_for_each(|(_, made)| balances.add(made));
                settled.extend(own.into_iter().map(|(_, made)| made));
                (added, pad.origin)
            }
            Step::Balance(assertion, at) => {
                let wrong = balances.check(&assertion, rules.multiplier, names);
                faults.extend(wrong.map(|fault| (at, fault)));
                (Some(()), at)
            }
        };
        if added.is_none() {
            faults.push((
                at,
                "a balance grows larger than can be added exactly".into(),
            ));
        }
    }
    settled
}

/// Counts what is certain of a transaction that could not be booked, so that the assertions after it
/// are not all wrong because of it.
fn add_plain(draft: &DraftTransaction, balances: &mut Balances) -> Option<()> {
    for posting in &draft.postings {
        if let (Some(units), Some(currency)) = (posting.units, posting.currency) {
            balances.add_units(posting.account, currency, units)?;
        }
    }
    Some(())
}
