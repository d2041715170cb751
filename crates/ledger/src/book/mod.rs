//! Booking: every transaction gets its missing numbers, its reductions get their lots.
//!
//! The rules are those of Beancount's "How Inventories Work" and "Precision & Tolerances"; what it
//! does beyond the documents was found by running it (`tests/it/oracle.rs` compares).

mod group;
mod interpolate;
mod inventory;
mod open;
mod reduce;
pub(crate) mod residual;
pub(crate) mod tolerance;

use chrono::NaiveDate;

use crate::names::{CurrencyId, Names};
use crate::options::Booking;
use crate::syntax::draft::{CostNumber, DraftTransaction, Origin};
use crate::transaction::{Posting, Transaction};
use group::{Fault, Group};
use inventory::Inventory;
use open::{OpenCost, OpenPosting};
use tolerance::{ToleranceRules, Written};

/// Books transactions one after the other, in the order of their dates.
pub(crate) struct Booker<'a> {
    names: &'a Names,
    rules: &'a ToleranceRules,
    /// By account.
    methods: &'a [Booking],
    /// By account.
    inventories: Vec<Inventory>,
}

/// A lot as it was before units were taken, for a transaction that cannot be booked after all.
struct Undo {
    account: usize,
    commodity: CurrencyId,
    taken: reduce::Taken,
}

struct Booked {
    place: usize,
    posting: Posting,
    is_reduction: bool,
}

impl<'a> Booker<'a> {
    pub(crate) fn new(names: &'a Names, rules: &'a ToleranceRules, methods: &'a [Booking]) -> Self {
        let inventories = methods.iter().map(|_| Inventory::default()).collect();
        Self {
            names,
            rules,
            methods,
            inventories,
        }
    }

    /// Books one transaction; it changes the inventories only if it succeeds.
    ///
    /// # Errors
    /// Its faults, each with its line.
    pub(crate) fn book(
        &mut self,
        date: NaiveDate,
        origin: Origin,
        draft: &DraftTransaction,
    ) -> Result<Transaction, Vec<Fault>> {
        let groups = group::group(draft, &self.inventories, self.names)?;
        let mut taken = Vec::new();
        let booked = self.book_groups(date, draft, groups, &mut taken);
        let booked = booked.and_then(|postings| {
            self.add(&postings)?;
            Ok(postings)
        });
        let mut booked = match booked {
            Ok(booked) => booked,
            Err(faults) => {
                self.give_back(taken);
                return Err(faults);
            }
        };
        booked.sort_by_key(|booked| booked.place);
        Ok(Transaction {
            date,
            flag: draft.flag,
            payee: draft.payee.clone(),
            narration: draft.narration.clone(),
            tags: draft.tags.clone(),
            links: draft.links.clone(),
            postings: booked.into_iter().map(|booked| booked.posting).collect(),
            file: origin.file,
            line: origin.line,
        })
    }

    fn book_groups(
        &mut self,
        date: NaiveDate,
        draft: &DraftTransaction,
        groups: Vec<Group>,
        taken: &mut Vec<Undo>,
    ) -> Result<Vec<Booked>, Vec<Fault>> {
        let mut booked = Vec::with_capacity(draft.postings.len());
        let mut faults = Vec::new();
        for mut group in groups {
            if let Err(fault) = self.reduce(&mut group, taken) {
                faults.push(fault);
                continue;
            }
            let tolerances = || self.rules.infer(written_amounts(draft));
            if let Err(fault) = interpolate::interpolate(&mut group, tolerances, self.names) {
                faults.push(fault);
                continue;
            }
            for posting in group.postings {
                let (place, line) = (posting.place, posting.line);
                let is_reduction = matches!(posting.cost, OpenCost::Lot(_));
                match posting.finish(date) {
                    Ok(posting) => booked.push(Booked {
                        place,
                        posting,
                        is_reduction,
                    }),
                    Err(fault) => faults.push((line, fault)),
                }
            }
        }
        if faults.is_empty() {
            Ok(booked)
        } else {
            Err(faults)
        }
    }

    /// Replaces the reductions of a group by what they take from lots, which leaves the inventory.
    fn reduce(&mut self, group: &mut Group, taken: &mut Vec<Undo>) -> Result<(), Fault> {
        if group
            .postings
            .iter()
            .all(|posting| matches!(posting.cost, OpenCost::None))
        {
            return Ok(());
        }
        let mut reduced = Vec::with_capacity(group.postings.len());
        for posting in group.postings.drain(..) {
            let line = posting.line;
            self.reduce_one(posting, &mut reduced, taken)
                .map_err(|fault| (line, fault))?;
        }
        group.postings = reduced;
        Ok(())
    }

    fn reduce_one(
        &mut self,
        posting: OpenPosting,
        reduced: &mut Vec<OpenPosting>,
        undo: &mut Vec<Undo>,
    ) -> Result<(), String> {
        let (OpenCost::Spec(cost), Some(units)) = (&posting.cost, posting.units) else {
            reduced.push(posting);
            return Ok(());
        };
        if cost.merge {
            return Err(
                "a cost of {*} merges lots at their average, which is not supported: name \
                        the lot"
                    .into(),
            );
        }
        let account = posting.account.index();
        let method = self.methods[account];
        if method == Booking::Average {
            return Err(format!(
                "booking at average cost (AVERAGE) is not supported: open {} with another method",
                self.names.account(posting.account)
            ));
        }
        let inventory = &mut self.inventories[account];
        let is_reduction = method != Booking::None
            && inventory
                .holding(posting.currency)
                .is_some_and(|h| h.is_reduced_by(units));
        if !is_reduction {
            reduced.push(posting);
            return Ok(());
        }
        let holding = inventory.holding_mut(posting.currency);
        let reduction = reduce::Reduction {
            units,
            commodity: posting.currency,
            cost,
            method,
        };
        for taken in reduce::take(&reduction, holding, self.names)? {
            holding
                .change_lot(taken.order, taken.units)
                .ok_or("the lot holds more units than can be added exactly")?;
            reduced.push(OpenPosting {
                units: Some(taken.units),
                cost: OpenCost::Lot(taken.lot.cost.clone()),
                ..posting.clone()
            });
            undo.push(Undo {
                account,
                commodity: posting.currency,
                taken,
            });
        }
        Ok(())
    }

    /// Adds what was not taken from lots.
    fn add(&mut self, booked: &[Booked]) -> Result<(), Vec<Fault>> {
        for Booked {
            posting,
            is_reduction,
            ..
        } in booked
        {
            let account = posting.account.index();
            let holding = self.inventories[account].holding_mut(posting.currency);
            let added = match &posting.cost {
                None => holding.add_plain(posting.units),
                Some(_) if *is_reduction => Some(()),
                Some(cost) => holding.add_lot(cost, posting.units, self.methods[account]),
            };
            if added.is_none() {
                let name = self.names.account(posting.account);
                let fault = format!("the units in {name} are more than can be added exactly");
                return Err(vec![(posting.line, fault)]);
            }
        }
        Ok(())
    }

    fn give_back(&mut self, taken: Vec<Undo>) {
        for Undo {
            account,
            commodity,
            taken,
        } in taken.into_iter().rev()
        {
            self.inventories[account]
                .holding_mut(commodity)
                .restore(taken.order, taken.lot);
        }
    }
}

/// The amounts that a transaction gives, whose digits decide its tolerance.
fn written_amounts(draft: &DraftTransaction) -> impl Iterator<Item = Written> {
    let given = |number: CostNumber| match number {
        CostNumber::Given(number) => Some(number),
        CostNumber::Absent | CostNumber::Missing => None,
    };
    draft.postings.iter().map(move |posting| Written {
        units: posting.units,
        currency: posting.currency,
        cost: posting
            .cost
            .as_ref()
            .and_then(|cost| Some((cost.currency?, [given(cost.per_unit), given(cost.total)]))),
        price: posting.price.and_then(|price| {
            Some((
                price.currency?,
                group::unit_price(posting, price).ok().flatten(),
            ))
        }),
    })
}
