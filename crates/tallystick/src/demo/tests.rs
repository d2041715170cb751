use std::{env, fs, process::Command};

use pricing::{DEFAULT_POLICY, build::content_of_ledger};
use sha2::{Digest, Sha256};

use super::{
    ledger_text,
    market::{LAST_DAY, LISTINGS, Market, business_days},
    plans::PLANS,
};

/// A change of these is a change of the demo for everybody who wrote its figures down.
const TEXT_SHA256: &str = "7ceef9b2bd3b6eb1d1578b8a3a7b21266c5ecf7d6be2704503fe3cff5582d1fe";
const LAST_PACK_HASH: &str =
    "sha256:a0aed6577a471085068eb1616cc6c6cb1541577958b70330acf6c5be2e73856b";

#[test]
fn the_ledger_is_the_same_on_every_machine() {
    assert_eq!(hex::encode(Sha256::digest(ledger_text())), TEXT_SHA256);
}

#[test]
fn the_last_pack_is_the_same_on_every_machine() {
    let ledger = ledger::parse("demo", &ledger_text()).unwrap();
    let content = content_of_ledger(&ledger, LAST_DAY, DEFAULT_POLICY);
    assert_eq!(content.prices.len(), LISTINGS.len());
    assert_eq!(content.fx_rates.len(), 3);
    assert_eq!(content.hash(), LAST_PACK_HASH);
}

#[test]
fn every_day_has_positive_prices_and_rates() {
    let market = Market::generate();
    assert_eq!(market.days.len(), business_days().count());
    assert_eq!(market.days.len(), 2609);
    for day in 0..market.days.len() {
        for listing in &LISTINGS {
            assert!(
                market.close(listing.symbol, day) > 0,
                "{} on day {day}",
                listing.symbol
            );
        }
        assert!(
            market.rates(day).iter().all(|(_, _, rate)| *rate > 0),
            "rates of day {day}"
        );
    }
}

#[test]
fn money_is_changed_at_the_rate_of_the_day_and_rounded_up() {
    let market = Market::generate();
    let (_, _, usd_in_cad) = market.rates(0)[2];
    assert_eq!(market.convert(10_000, "USD", "CAD", 0), usd_in_cad);
    assert_eq!(market.convert(usd_in_cad, "CAD", "USD", 0), 10_000);
    assert_eq!(market.convert(usd_in_cad + 1, "CAD", "USD", 0), 10_001);
    assert_eq!(market.convert(7, "CAD", "CAD", 0), 7);
}

/// BAM is the symbol of a security here, and the code of a currency elsewhere.
#[test]
fn each_portfolio_holds_its_securities_and_never_owes_cash() {
    let ledger = ledger::parse("demo", &ledger_text()).unwrap();
    for plan in &PLANS {
        let view = ledger
            .portfolio(&[&format!("Assets:{}", plan.account)], None)
            .unwrap();
        let symbols: Vec<&str> = view
            .securities
            .iter()
            .map(|info| info.symbol.as_str())
            .collect();
        let mut expected = plan.symbols.to_vec();
        expected.sort_unstable();
        assert_eq!(symbols, expected, "{}", plan.portfolio);

        let holdings = books::holdings::from_ledger(&ledger, &view, LAST_DAY, plan.base).unwrap();
        assert_eq!(holdings.securities.len(), plan.symbols.len());
        assert!(
            holdings
                .securities
                .iter()
                .all(|held| held.cost_basis.is_some())
        );
        assert!(holdings.cash.iter().all(|cash| cash.amount.is_positive()));
    }
}

/// Beancount is the judge of what a valid ledger is; needs its package for Python.
#[test]
fn beancount_finds_no_fault() {
    let python = env::var("TALLYSTICK_BEANCOUNT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let importable = Command::new(&python)
        .args(["-c", "import beancount"])
        .output();
    if !importable.is_ok_and(|output| output.status.success()) {
        println!("skipped: {python} has no package beancount");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.beancount");
    fs::write(&file, ledger_text()).unwrap();
    let load = "import sys; from beancount import loader; \
                entries, errors, _ = loader.load_file(sys.argv[1]); \
                [print(e.source['lineno'], e.message) for e in errors]; print(len(entries))";
    let output = Command::new(&python)
        .args(["-c", load])
        .arg(&file)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}
