//! Which rates answer the conversions that are wanted.

use std::collections::BTreeSet;

use super::{Candidates, Item};
use crate::sources::{Pair, Wanted, settings::Policy};

/// The pairs of the conversions themselves, and those that the policy names.
pub(super) fn direct(wanted: &Wanted, policy: &Policy) -> Vec<Pair> {
    let named = policy.pairs.iter().cloned();
    without_twins(conversions(wanted).chain(named))
}

/// The pairs through the pivot, for conversions that have no good rate of their own.
pub(super) fn legs(wanted: &Wanted, pivot: &str, candidates: &Candidates) -> Vec<Pair> {
    let open = conversions(wanted).filter(|pair| !candidates.is_settled(&Item::Rate(pair.clone())));
    without_twins(open.filter_map(|pair| through(&pair, pivot)).flatten())
}

/// The rates that a pack takes: for each conversion its own, unless the two through the pivot are better;
/// its own also where there is neither, so that it is named as missing.
pub(super) fn chosen(
    wanted: &Wanted,
    policy: &Policy,
    pivot: &str,
    candidates: &Candidates,
) -> Vec<Pair> {
    let of_conversions = conversions(wanted).flat_map(|pair| {
        let Some(legs) = through(&pair, pivot) else {
            return vec![pair];
        };
        let are_good = legs
            .iter()
            .all(|leg| candidates.is_settled(&Item::Rate(leg.clone())));
        let are_there = legs
            .iter()
            .all(|leg| candidates.best(&Item::Rate(leg.clone())).is_some());
        let own = Item::Rate(pair.clone());
        let takes_own = candidates.is_settled(&own)
            || !are_good && (candidates.best(&own).is_some() || !are_there);
        if takes_own { vec![pair] } else { legs.into() }
    });
    without_twins(policy.pairs.iter().cloned().chain(of_conversions))
}

fn conversions(wanted: &Wanted) -> impl Iterator<Item = Pair> {
    wanted
        .conversions
        .iter()
        .filter(|(from, to)| from != to)
        .map(|(from, to)| Pair::new(from, to))
}

fn through(pair: &Pair, pivot: &str) -> Option<[Pair; 2]> {
    let is_end = pair.base == pivot || pair.quote == pivot;
    (!is_end).then(|| [Pair::new(&pair.base, pivot), Pair::new(pivot, &pair.quote)])
}

/// A pair and its inverse are one.
fn without_twins(pairs: impl Iterator<Item = Pair>) -> Vec<Pair> {
    let mut seen = BTreeSet::new();
    pairs
        .filter(|pair| seen.insert(pair.undirected()))
        .collect()
}
