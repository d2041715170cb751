//! The best row for each item so far, and why others were refused.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use entity::values::PriceAdjustment;

use crate::{
    content::{FxRow, PriceRow},
    sources::{
        Pair,
        answer::{Answer, Fault},
        settings::Policy,
    },
};

/// Something that a pack is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A symbol, and the currency of its prices.
    Price(String, String),
    Rate(Pair),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Price(PriceRow),
    Rate(FxRow),
}

/// The newest row of each item in one answer; none where the newest day has two that differ, of which
/// nobody can tell the right one.
type Newest = HashMap<String, (NaiveDate, Option<Row>)>;

/// Why an item has no row from a source.
type Reasons = Vec<String>;

pub(super) struct Candidates {
    best: HashMap<String, (NaiveDate, Row)>,
    reasons: HashMap<String, Reasons>,
    adjustment: PriceAdjustment,
    pub from: NaiveDate,
    pub asof: NaiveDate,
    oldest_good: NaiveDate,
}

impl Candidates {
    pub fn new(policy: &Policy, asof: NaiveDate) -> Self {
        let back = |days: u16| {
            asof.checked_sub_days(Days::new(days.into()))
                .unwrap_or(NaiveDate::MIN)
        };
        Self {
            best: HashMap::new(),
            reasons: HashMap::new(),
            adjustment: policy.adjustment,
            from: back(policy.look_back_days),
            asof,
            oldest_good: back(policy.stale_after_days),
        }
    }

    pub fn best(&self, item: &Item) -> Option<(NaiveDate, &Row)> {
        self.best.get(&item.key()).map(|(date, row)| (*date, row))
    }

    pub fn is_stale(&self, date: NaiveDate) -> bool {
        date < self.oldest_good
    }

    /// Whether no further source needs to be asked.
    pub fn is_settled(&self, item: &Item) -> bool {
        self.best(item)
            .is_some_and(|(date, _)| !self.is_stale(date))
    }

    pub fn reasons(&self, item: &Item) -> Reasons {
        self.reasons.get(&item.key()).cloned().unwrap_or_default()
    }

    /// Takes in what a source has of the items that it was asked for; answers what is wrong with it.
    pub fn take(&mut self, source: &str, asked: &[Item], answer: Answer) -> Vec<Fault> {
        let mut faults = answer.faults;
        let prices = answer.prices.into_iter();
        let rows = prices.map(|(date, row)| (date, Row::Price(row)));
        let rates = answer.rates.into_iter();
        let rows = rows.chain(rates.map(|(date, row)| (date, Row::Rate(row))));
        let mut newest = Newest::new();
        for (date, row) in rows {
            if let Err(fault) = self.keep_newest(&mut newest, date, row) {
                faults.push(fault);
            }
        }
        for item in asked {
            let found = newest.remove(&item.key());
            let found = found.and_then(|(date, row)| Some((date, row?)));
            self.settle(source, item, found, &faults);
        }
        faults
    }

    fn keep_newest(&self, newest: &mut Newest, date: NaiveDate, row: Row) -> Result<(), Fault> {
        let item = row.item();
        let refuse = |detail: String| Fault {
            about: Some(item.name()),
            detail,
        };
        if let Some(adjustment) = row.adjustment().filter(|found| *found != self.adjustment) {
            let wanted = self.adjustment;
            return Err(refuse(format!(
                "it is a {adjustment} price, and the policy wants {wanted} ones"
            )));
        }
        match newest.get(&item.key()) {
            Some((known, _)) if *known > date => {}
            Some((known, other)) if *known == date && other.as_ref() != Some(&row) => {
                newest.insert(item.key(), (date, None));
                return Err(refuse(format!("there are two of {date}, and they differ")));
            }
            _ => {
                newest.insert(item.key(), (date, Some(row)));
            }
        }
        Ok(())
    }

    fn settle(
        &mut self,
        source: &str,
        item: &Item,
        found: Option<(NaiveDate, Row)>,
        faults: &[Fault],
    ) {
        let key = item.key();
        let Some((date, row)) = found else {
            let reason = reason(source, item, faults);
            self.reasons.entry(key).or_default().push(reason);
            return;
        };
        let is_newer = self.best.get(&key).is_none_or(|(known, _)| *known < date);
        if is_newer {
            self.best.insert(key, (date, row));
        }
    }
}

fn reason(source: &str, item: &Item, faults: &[Fault]) -> String {
    let names = match item {
        Item::Price(symbol, _) => vec![symbol.clone()],
        Item::Rate(pair) => vec![pair.to_string(), pair.inverse().to_string()],
    };
    let of_item = |fault: &&Fault| {
        fault
            .about
            .as_ref()
            .is_some_and(|about| names.contains(about))
    };
    let of_all = |fault: &&Fault| fault.about.is_none();
    let found = faults.iter().find(of_item);
    match found.or_else(|| faults.iter().find(of_all)) {
        Some(fault) => format!("{source}: {}", fault.detail),
        None => format!("{source}: it has none"),
    }
}

impl Row {
    fn item(&self) -> Item {
        match self {
            Self::Price(price) => Item::Price(price.symbol.clone(), price.currency.clone()),
            Self::Rate(rate) => Item::Rate(Pair::new(&rate.base, &rate.quote)),
        }
    }
}
