//! The content of a pack from the answers of its sources.

mod candidates;
mod conversions;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use entity::values::PriceAdjustment;

use super::{
    Asker, Carried, Missing, Pair, Report, Stale, Wanted,
    settings::{OnStale, Policy},
};
use crate::{
    content::{Content, FxRow, PriceRow},
    policy,
};
use candidates::{Candidates, Item, Row};
use rounds::ask_in_order;

/// What the sources came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    pub content: Content,
    pub report: Report,
}

/// Asks the sources of a policy for what is wanted on a day, each row in its own order of preference.
///
/// The first source with a row that is young enough gives it (`stale_after_days`); of old ones the newest
/// counts. A conversion is answered by a rate of its own or, where that is missing or old, by the two
/// rates through the pivot of the policy's name. Rows of another adjustment than the policy's are refused,
/// so that a pack holds prices of one kind. Nothing fails here: see [`Report::objection`].
pub async fn gather(
    askers: &BTreeMap<String, Asker>,
    name: &str,
    policy: &Policy,
    wanted: &Wanted,
    asof: NaiveDate,
) -> Gathered {
    let mut report = Report::new(policy);
    let mut candidates = Candidates::new(policy, asof);
    let pivot = policy::pivot(name);

    let pairs = conversions::direct(wanted, policy);
    let prices = wanted
        .prices
        .iter()
        .map(|(symbol, currency)| Item::Price(symbol.clone(), currency.clone()));
    let items: Vec<_> = prices
        .chain(pairs.iter().cloned().map(Item::Rate))
        .collect();
    ask_in_order(askers, policy, items, &mut candidates, &mut report).await;

    let legs = conversions::legs(wanted, pivot, &candidates);
    let items: Vec<_> = legs.into_iter().map(Item::Rate).collect();
    ask_in_order(askers, policy, items, &mut candidates, &mut report).await;

    let mut assembly = Assembly {
        policy,
        candidates: &candidates,
        report,
        content: Content {
            asof_date: asof,
            policy: name.to_owned(),
            prices: Vec::new(),
            fx_rates: Vec::new(),
        },
        named: BTreeSet::new(),
    };
    for (symbol, currency) in &wanted.prices {
        assembly.take(&Item::Price(symbol.clone(), currency.clone()));
    }
    for pair in conversions::chosen(wanted, policy, pivot, &candidates) {
        assembly.take(&Item::Rate(pair));
    }
    assembly.report.sort();
    Gathered {
        content: assembly.content,
        report: assembly.report,
    }
}

/// Takes rows into the content, and notes what is old or missing.
struct Assembly<'a> {
    policy: &'a Policy,
    candidates: &'a Candidates,
    report: Report,
    content: Content,
    named: BTreeSet<String>,
}

impl Assembly<'_> {
    fn take(&mut self, item: &Item) {
        let name = item.name();
        if !self.named.insert(item.key()) {
            return;
        }
        let Some((date, row)) = self.candidates.best(item) else {
            let mut reasons = self.candidates.reasons(item);
            if reasons.is_empty() {
                reasons.push("no source of the policy serves it".to_owned());
            }
            self.report.missing.push(Missing { name, reasons });
            return;
        };
        let source = row.source().to_owned();
        if self.candidates.is_stale(date) {
            let is_used = self.policy.on_stale != OnStale::LeaveOut;
            self.report.stale.push(Stale {
                name: name.clone(),
                date,
                source,
                is_used,
            });
            if !is_used {
                let reasons = vec![format!("the newest is of {date}")];
                self.report.missing.push(Missing { name, reasons });
                return;
            }
        } else if date != self.content.asof_date {
            self.report.carried.push(Carried { name, date, source });
        }
        self.add(row.clone());
    }

    fn add(&mut self, row: Row) {
        let counts = self
            .report
            .sources
            .entry(row.source().to_owned())
            .or_default();
        match row {
            Row::Price(price) => {
                counts.prices += 1;
                self.content.prices.push(price);
            }
            Row::Rate(rate) => {
                counts.fx_rates += 1;
                self.content.fx_rates.push(rate);
            }
        }
    }
}

impl Row {
    fn source(&self) -> &str {
        match self {
            Self::Price(PriceRow { source, .. }) | Self::Rate(FxRow { source, .. }) => source,
        }
    }

    fn adjustment(&self) -> Option<PriceAdjustment> {
        match self {
            Self::Price(price) => Some(price.adjustment),
            Self::Rate(_) => None,
        }
    }
}

impl Item {
    /// As a person reads it.
    fn name(&self) -> String {
        match self {
            Self::Price(symbol, _) => symbol.clone(),
            Self::Rate(pair) => pair.to_string(),
        }
    }

    /// The same for a pair and its inverse; no symbol reads like it.
    fn key(&self) -> String {
        match self {
            Self::Price(symbol, _) => format!("price {symbol}"),
            Self::Rate(pair) => format!("rate {}", pair.undirected()),
        }
    }

    fn pair(&self) -> Option<&Pair> {
        match self {
            Self::Price(..) => None,
            Self::Rate(pair) => Some(pair),
        }
    }
}
