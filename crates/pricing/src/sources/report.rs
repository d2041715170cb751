//! What a pack was made of, and what it lacks.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use entity::values::PriceAdjustment;
use serde::Serialize;

use super::{
    answer::Fault,
    settings::{OnMissing, OnStale, Policy},
};

/// How many faults of one source are kept.
const MOST_FAULTS: usize = 50;
/// How many names stand in a message.
const MOST_NAMED: usize = 20;

/// Where a pack's content comes from; kept with it as its `sources`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `sources`: the pack was made by asking them.
    pub from: &'static str,
    pub adjustment: PriceAdjustment,
    pub stale_after_days: u16,
    pub sources: BTreeMap<String, SourceReport>,
    /// What no source had.
    pub missing: Vec<Missing>,
    /// What was too old everywhere.
    pub stale: Vec<Stale>,
    /// What is of an earlier day than the pack, and young enough.
    pub carried: Vec<Carried>,
}

/// What one source has given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceReport {
    /// Rows of the pack.
    pub prices: usize,
    pub fx_rates: usize,
    /// What went wrong with it, the first fifty.
    pub faults: Vec<String>,
    pub faults_left_out: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// A symbol, or a pair such as `USD/CAD`.
    pub name: String,
    /// Why it is not there, source by source.
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    pub name: String,
    /// The day of the newest row that any source has.
    pub date: NaiveDate,
    pub source: String,
    /// Whether the row is in the pack all the same.
    pub is_used: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Carried {
    pub name: String,
    pub date: NaiveDate,
    pub source: String,
}

impl Report {
    pub(super) fn new(policy: &Policy) -> Self {
        Self {
            from: "sources",
            adjustment: policy.adjustment,
            stale_after_days: policy.stale_after_days,
            sources: BTreeMap::new(),
            missing: Vec::new(),
            stale: Vec::new(),
            carried: Vec::new(),
        }
    }

    /// What the policy does not let pass; `None` where the content may become a pack.
    pub fn objection(&self, policy: &Policy) -> Option<String> {
        let mut parts = Vec::new();
        if policy.on_missing == OnMissing::Fail && !self.missing.is_empty() {
            let names: Vec<_> = self.missing.iter().map(Missing::to_string).collect();
            parts.push(format!("missing: {}", listed(&names)));
        }
        if policy.on_stale == OnStale::Fail && !self.stale.is_empty() {
            let names: Vec<_> = self.stale.iter().map(Stale::to_string).collect();
            let days = self.stale_after_days;
            parts.push(format!("older than {days} days: {}", listed(&names)));
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    pub(super) fn note(&mut self, source: &str, faults: Vec<Fault>) {
        let report = self.sources.entry(source.to_owned()).or_default();
        for fault in faults {
            if report.faults.len() == MOST_FAULTS {
                report.faults_left_out += 1;
                continue;
            }
            let text = match fault.about {
                Some(about) => format!("{about}: {}", fault.detail),
                None => fault.detail,
            };
            report.faults.push(text);
        }
    }

    pub(super) fn sort(&mut self) {
        self.missing.sort_by(|a, b| a.name.cmp(&b.name));
        self.stale.sort_by(|a, b| a.name.cmp(&b.name));
        self.carried.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match self.reasons.first() {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (of {}, {})", self.name, self.date, self.source)
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>();
    match names.len().checked_sub(MOST_NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}
