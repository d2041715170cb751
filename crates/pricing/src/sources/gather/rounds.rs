//! Asking sources in the order of preference of each item.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use super::{Asker, Candidates, Item, Policy, Report};
use crate::sources::answer::Question;

/// Asks for each item its first source, then for those that have no good row their second one, and so on.
/// In each round the sources are asked at the same time, each once for all its items.
pub(super) async fn ask_in_order(
    askers: &BTreeMap<String, Asker>,
    policy: &Policy,
    items: Vec<Item>,
    candidates: &mut Candidates,
    report: &mut Report,
) {
    let mut open: Vec<(Item, &[String])> = items
        .into_iter()
        .map(|item| {
            let order = order(policy, &item);
            (item, order)
        })
        .collect();
    for round in 0.. {
        open.retain(|(item, order)| round < order.len() && !candidates.is_settled(item));
        if open.is_empty() {
            return;
        }
        let mut by_source: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
        for (item, order) in &open {
            let Some(asker) = order.get(round).and_then(|name| askers.get(name)) else {
                continue;
            };
            if serves(asker, item) {
                let items = by_source.entry(&asker.name).or_default();
                items.push(item.clone());
            }
        }
        let asked = by_source.into_iter().filter_map(|(name, items)| {
            let (asker, question) = (askers.get(name)?, question(&items, candidates));
            Some(async move { (name, items, asker.ask(&question).await) })
        });
        for (name, items, answer) in join_all(asked).await {
            let faults = candidates.take(name, &items, answer);
            report.note(name, faults);
        }
    }
}

fn order<'p>(policy: &'p Policy, item: &Item) -> &'p [String] {
    match item {
        Item::Price(symbol, currency) => policy.price_order(symbol, currency),
        Item::Rate(pair) => policy.fx_order(pair),
    }
}

fn serves(asker: &Asker, item: &Item) -> bool {
    match item {
        Item::Price(symbol, _) => asker.serves_symbol(symbol),
        Item::Rate(pair) => asker.serves_pair(pair),
    }
}

fn question(items: &[Item], candidates: &Candidates) -> Question {
    let prices = items.iter().filter_map(|item| match item {
        Item::Price(symbol, currency) => Some((symbol.clone(), currency.clone())),
        Item::Rate(_) => None,
    });
    Question {
        prices: prices.collect(),
        pairs: items.iter().filter_map(Item::pair).cloned().collect(),
        from: candidates.from,
        asof: candidates.asof,
    }
}
