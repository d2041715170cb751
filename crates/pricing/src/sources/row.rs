//! A row of any file or answer, as text by what it means.

use std::collections::BTreeMap;

use super::settings::Fields;

/// What a part of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Symbol,
    Date,
    Close,
    Currency,
    Open,
    High,
    Low,
    Volume,
    Adjustment,
    Base,
    Quote,
    Rate,
}

/// Texts of one row; what is empty or null is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// From 1: the line of a file, the element of a list.
    pub number: u64,
    pub texts: BTreeMap<Part, String>,
}

impl Row {
    pub fn text(&self, part: Part) -> Option<&str> {
        self.texts.get(&part).map(String::as_str)
    }
}

impl Fields {
    /// The parts that are named, with where they stand.
    pub(super) fn named(&self) -> Vec<(Part, &str)> {
        let all = [
            (Part::Symbol, &self.symbol),
            (Part::Date, &self.date),
            (Part::Close, &self.close),
            (Part::Currency, &self.currency),
            (Part::Open, &self.open),
            (Part::High, &self.high),
            (Part::Low, &self.low),
            (Part::Volume, &self.volume),
            (Part::Adjustment, &self.adjustment),
            (Part::Base, &self.base),
            (Part::Quote, &self.quote),
            (Part::Rate, &self.rate),
        ];
        all.into_iter()
            .filter_map(|(part, place)| Some((part, place.as_deref()?)))
            .collect()
    }
}
