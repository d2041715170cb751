//! Sources as they are asked for a pack: files in a folder of the test's own, services on this machine.

mod completeness;
mod failures;
mod files;
mod preference;
mod secrecy;
mod services;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use identity::Clock;
use pricing::sources::{Asker, Client, Gathered, Secret, Wanted, gather, settings::Sourcing};

use crate::date;

pub const KEY: &str = "k3y-th4t-nobody-may-see";

fn clock() -> Clock {
    Clock::new(|| "2025-10-21T22:00:00Z".parse().unwrap())
}

/// What the policy `P` of `settings` makes of its sources on a day. Each source with a key has [`KEY`].
async fn gathered(settings: &str, wanted: &Wanted, asof: &str) -> Gathered {
    gathered_of("P", settings, wanted, asof).await
}

async fn gathered_of(policy: &str, settings: &str, wanted: &Wanted, asof: &str) -> Gathered {
    let sourcing = Sourcing::parse(settings).unwrap();
    let client = Client::new(clock());
    let askers: BTreeMap<_, _> = sourcing
        .sources
        .iter()
        .map(|(name, source)| {
            let key = source.key_env.as_ref().map(|_| Secret::new(KEY.to_owned()));
            let asker = Asker::new(name, source.clone(), key, client.clone());
            (name.clone(), asker)
        })
        .collect();
    let asof: NaiveDate = date(asof);
    gather(&askers, policy, &sourcing.policies[policy], wanted, asof).await
}

/// `AAPL USD` wants a price in dollars, `USD/CAD` a conversion of dollars into Canadian ones.
fn wanted(words: &[&str]) -> Wanted {
    let mut wanted = Wanted::default();
    for word in words {
        if let Some((from, to)) = word.split_once('/') {
            wanted.conversions.insert((from.to_owned(), to.to_owned()));
        } else if let Some((symbol, currency)) = word.split_once(' ') {
            wanted
                .prices
                .insert((symbol.to_owned(), currency.to_owned()));
        }
    }
    wanted
}

/// Each row as it would be told, in its order.
fn rows(gathered: &Gathered) -> Vec<String> {
    let prices = gathered.content.prices.iter();
    let prices = prices.map(|row| {
        format!(
            "{} {} {} {}",
            row.symbol, row.close, row.currency, row.source
        )
    });
    let rates = gathered.content.fx_rates.iter();
    let rates = rates.map(|row| format!("{}/{} {} {}", row.base, row.quote, row.rate, row.source));
    prices.chain(rates).collect()
}

fn missing(gathered: &Gathered) -> Vec<String> {
    let missing = gathered.report.missing.iter();
    missing.map(ToString::to_string).collect()
}
