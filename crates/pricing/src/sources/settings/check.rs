//! What is wrong with sources and policies, each fault in a sentence with its place.

use std::collections::BTreeMap;

use entity::values::PriceAdjustment;
use iso_currency::Currency;
use url::{Host, Url};

use super::{Holds, Kind, Policy, Source, Sourcing};
use crate::{ids, sources::Pair};

pub(super) fn faults(sourcing: &Sourcing) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, source) in &sourcing.sources {
        let found = of_source(name, source);
        faults.extend(
            found
                .into_iter()
                .map(|fault| format!("[sources.{name}] {fault}")),
        );
    }
    for (name, policy) in &sourcing.policies {
        let found = of_policy(name, policy, &sourcing.sources);
        faults.extend(
            found
                .into_iter()
                .map(|fault| format!("[policies.{name}] {fault}")),
        );
    }
    for reconciled in &sourcing.reconcile {
        if reconciled.accounts.is_empty() {
            let name = &reconciled.portfolio;
            faults.push(format!(
                "[[reconcile]] of `{name}` names no `accounts`, such as [\"Assets:Broker\"]"
            ));
        }
    }
    faults
}

/// Whether something is wrong, and the words for it.
type Objection = (bool, &'static str);

fn of_source(name: &str, source: &Source) -> Vec<String> {
    let objections = of_name(name)
        .into_iter()
        .chain(of_place(source))
        .chain(of_key(source))
        .chain(of_rows(source))
        .chain(of_figures(source));
    let found = objections.filter(|(is_wrong, _)| *is_wrong);
    let found = found.map(|(_, words)| words.to_owned());
    found.chain(of_url(source)).collect()
}

fn of_name(name: &str) -> [Objection; 1] {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    [(
        name.is_empty() || name.len() > 64 || !name.chars().all(is_plain),
        "a source's name is 1 to 64 of the characters A-Z a-z 0-9 _ - .",
    )]
}

fn of_place(source: &Source) -> [Objection; 5] {
    let kind = source.kind;
    let (has_path, has_url) = (source.path.is_some(), source.url.is_some());
    [
        (kind.is_file() && !has_path, "needs a `path`"),
        (kind.is_file() && has_url, "is a file and has no `url`"),
        (
            !kind.is_file() && kind != Kind::EcbFile && has_path,
            "is asked over HTTP and has no `path`",
        ),
        (is_mapped_service(kind) && !has_url, "needs a `url`"),
        (
            kind == Kind::EcbFile && has_path == has_url,
            "needs either a `path` or a `url`",
        ),
    ]
}

fn of_key(source: &Source) -> [Objection; 5] {
    let kind = source.kind;
    let is_variable = |name: &str| {
        let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        !name.is_empty() && name.bytes().all(is_part)
    };
    let (variable, mapped) = (source.key_env.as_deref(), is_mapped_service(kind));
    let (in_header, in_query) = (source.key_header.is_some(), source.key_query.is_some());
    [
        (
            kind.needs_key() && variable.is_none(),
            "needs `key_env`, the name of the environment variable with its key",
        ),
        (
            variable.is_some_and(|name| !is_variable(name)),
            "`key_env` is the name of an environment variable (A-Z 0-9 _), never the key itself",
        ),
        (
            (in_header || in_query) && !mapped,
            "`key_header` and `key_query` are for http_json and http_csv alone",
        ),
        (
            mapped && variable.is_some() && in_header == in_query,
            "a key goes either into `key_header` or into `key_query`",
        ),
        (
            variable.is_some() && !kind.needs_key() && !mapped,
            "takes no key",
        ),
    ]
}

fn of_rows(source: &Source) -> [Objection; 4] {
    let kind = source.kind;
    [
        (
            kind != Kind::HttpJson && source.rows.is_some(),
            "`rows` is for http_json alone",
        ),
        (
            !kind.is_mapped() && source.fields != super::Fields::default(),
            "`fields` is for csv, ndjson, http_json and http_csv alone",
        ),
        (
            !kind.is_mapped() && source.holds != Holds::Prices,
            "`holds` is for csv, ndjson, http_json and http_csv alone",
        ),
        (
            source.grouped && kind != Kind::Polygon,
            "`grouped` is for polygon alone",
        ),
    ]
}

fn of_figures(source: &Source) -> [Objection; 6] {
    let (kind, limits) = (source.kind, &source.limits);
    let is_currency = |code: &String| Currency::from_code(code).is_some();
    [
        (
            kind == Kind::Polygon && source.adjustment == PriceAdjustment::TotalReturn,
            "polygon adjusts for splits at most: `adjustment` is raw or split",
        ),
        (
            kind == Kind::Ledger && source.adjustment != PriceAdjustment::Raw,
            "a ledger's prices are raw",
        ),
        (
            matches!(kind, Kind::Fmp | Kind::Polygon) && source.currency.is_none(),
            "needs the `currency` of its prices, such as USD",
        ),
        (
            source
                .currency
                .as_ref()
                .is_some_and(|code| !is_currency(code)),
            "`currency` is not one of ISO 4217, such as USD",
        ),
        (
            source
                .pairs
                .keys()
                .any(|pair| pair.parse::<Pair>().is_err()),
            "`pairs` names pairs of currencies, such as \"USD/CAD\"",
        ),
        (
            !(1..=100).contains(&limits.attempts)
                || !(1..=64).contains(&limits.at_once)
                || [limits.timeout_ms, limits.total_timeout_ms].contains(&0)
                || limits.most_bytes == 0,
            "`limits`: attempts is 1 to 100, at_once 1 to 64, times and most_bytes above 0",
        ),
    ]
}

fn is_mapped_service(kind: Kind) -> bool {
    matches!(kind, Kind::HttpJson | Kind::HttpCsv)
}

fn of_url(source: &Source) -> Option<String> {
    let written = source.url.as_deref()?;
    // Placeholders are no characters of a URL.
    let Ok(url) = Url::parse(&written.replace(['{', '}'], "_")) else {
        return Some("`url` is not a URL, such as https://prices.example/v1".to_owned());
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Some("`url` begins with https:// or http:// and a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("`url` holds no name and password: a key comes by `key_env`".to_owned());
    }
    if source.key_env.is_some() && url.scheme() == "http" && !is_loopback(&url) {
        return Some("a key goes over https:// alone".to_owned());
    }
    None
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn of_policy(name: &str, policy: &Policy, sources: &BTreeMap<String, Source>) -> Vec<String> {
    let mut faults = Vec::new();
    if let Err(error) = ids::check_policy(name) {
        faults.push(error.to_string());
    }
    if policy.look_back_days < policy.stale_after_days {
        faults.push("`look_back_days` is at least `stale_after_days`".to_owned());
    }
    if policy.prices.is_empty() && policy.fx.is_empty() {
        faults.push("names no source: give `prices` and `fx`".to_owned());
    }
    for (named, for_prices) in policy.named() {
        match sources.get(named) {
            None => faults.push(format!("there is no source `{named}`")),
            Some(source) if for_prices && !gives_prices(source) => {
                faults.push(format!("the source `{named}` has no prices"));
            }
            Some(source) if !for_prices && !gives_rates(source) => {
                faults.push(format!("the source `{named}` has no exchange rates"));
            }
            // Mapped rows may say their own adjustment.
            Some(source)
                if for_prices
                    && !source.kind.is_mapped()
                    && source.adjustment != policy.adjustment =>
            {
                faults.push(format!(
                    "wants {} prices, but those of the source `{named}` are {}: a pack holds one \
                     kind",
                    policy.adjustment, source.adjustment
                ));
            }
            Some(_) => {}
        }
    }
    for key in policy.fx_of.keys() {
        if Currency::from_code(key).is_none() && key.parse::<Pair>().is_err() {
            faults.push("`fx_of` names currencies (CHF) or pairs (USD/CAD)".to_owned());
        }
    }
    faults
}

fn gives_prices(source: &Source) -> bool {
    match source.kind {
        Kind::Ecb | Kind::EcbFile => false,
        Kind::Fred => !source.symbols.is_empty(),
        kind if kind.is_mapped() => source.holds == Holds::Prices,
        _ => true,
    }
}

fn gives_rates(source: &Source) -> bool {
    match source.kind {
        Kind::Fred => !source.pairs.is_empty(),
        kind if kind.is_mapped() => source.holds == Holds::Rates,
        _ => true,
    }
}
