//! The books and packs that are asked for: filled in by the product itself.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Bench;
use crate::bench::account::Account;
use crate::bench::server::Target;
use crate::bench::{as_service, http};

pub const POLICY: &str = "WM4PM_CAD";
const WARMING_POLICY: &str = "BENCH_WARMING";
const DATABASE: &str = "bench_db";
const LOTS: usize = 50;
const PACKS: usize = 50;
/// Of the lots at the prices of the newest pack.
const MARKET_VALUE: &str = "89745.25";
const OPENING: &str = "\
option \"operating_currency\" \"USD\"
2024-01-02 open Assets:Bench:Cash USD
2024-01-02 open Assets:Bench:Securities
2024-01-02 open Equity:Opening
2024-01-02 * \"Deposit\"
  Assets:Bench:Cash   100000 USD
  Equity:Opening
";

/// A database with 50 frozen packs, one warming pack, and a portfolio of 50 lots.
pub struct Fixture {
    pub name: String,
    /// As its owner, to whom no row security applies: for the other contenders.
    pub database: String,
    /// As the product's service.
    pub service: String,
    /// The only user, whose books they are.
    pub account: Account,
    pub owner: String,
    pub portfolio: String,
    pub frozen_pack: String,
    pub warming_pack: String,
}

impl Fixture {
    pub fn make(bench: &Bench) -> Result<Self> {
        bench.cluster.create_database(DATABASE)?;
        let database = bench.cluster.url(DATABASE);
        let directory = bench.scratch.path();
        let ledger = directory.join("bench.beancount");
        fs::write(&ledger, ledger_text()?)?;
        bench.product.migrate(&database, directory)?;
        let service = as_service(&database);
        let account = Account::add(&bench.product, &service, directory)?;
        bench.product.import(&ledger, &service, directory)?;
        println!("building {PACKS} packs");
        let build = |day: usize, policy: &str, fresh: bool| {
            build_pack(bench, &service, &ledger, day, policy, fresh)
        };
        let packs = (0..PACKS)
            .map(|day| build(day, POLICY, true))
            .collect::<Result<Vec<_>>>()?;
        let warming_pack = build(PACKS, WARMING_POLICY, false)?;
        // As after a while of use: without statistics every plan is a guess.
        bench.cluster.psql(DATABASE, "VACUUM ANALYZE")?;
        let ask = |sql| bench.cluster.psql(DATABASE, sql);
        Ok(Self {
            owner: ask("SELECT user_id FROM portfolios")?,
            portfolio: ask("SELECT id FROM portfolios")?,
            frozen_pack: packs.get(PACKS / 2).context("no packs")?.clone(),
            warming_pack,
            name: DATABASE.to_owned(),
            database,
            service,
            account,
        })
    }

    pub fn positions_path(&self) -> String {
        format!("/v1/portfolios/{}/positions", self.portfolio)
    }

    /// A measurement of something else than what was meant would be worse than none.
    pub fn check(&self, target: &Target) -> Result<()> {
        let positions = http::get_json(target, &self.positions_path())?;
        let items = positions["items"].as_array().map_or(0, Vec::len);
        ensure!(items == LOTS, "{items} positions instead of {LOTS}");
        let value = &positions["totals"]["market_value"];
        ensure!(value == MARKET_VALUE, "worth {value}, not {MARKET_VALUE}");
        for (id, status) in [
            (&self.frozen_pack, "fresh"),
            (&self.warming_pack, "warming"),
        ] {
            let pack = http::get_json(target, &format!("/v1/packs/{id}"))?;
            ensure!(pack["status"] == status, "{id} is not {status}");
        }
        Ok(())
    }
}

fn build_pack(
    bench: &Bench,
    database: &str,
    ledger: &Path,
    day: usize,
    policy: &str,
    fresh: bool,
) -> Result<String> {
    let (asof, ledger) = (date(day), ledger.display().to_string());
    let mut arguments = vec!["pack", "build", "--asof", &asof, "--ledger", &ledger];
    arguments.extend(["--policy", policy, "--json"]);
    if fresh {
        arguments.push("--fresh");
    }
    let printed = bench
        .product
        .run(&arguments, database, bench.scratch.path())?;
    let pack: Value = serde_json::from_str(&printed).context("pack build printed no JSON")?;
    let id = pack["id"].as_str().context("pack build printed no id")?;
    Ok(id.to_owned())
}

/// The `day`-th day of prices: 50 of them lie in two months.
fn date(day: usize) -> String {
    format!("2025-{:02}-{:02}", 1 + day / 28, 1 + day % 28)
}

/// One lot of each security: 50 lots are 50 positions.
fn ledger_text() -> Result<String> {
    let mut text = OPENING.to_owned();
    for lot in 0..LOTS {
        let (day, units, cost) = (1 + lot % 28, 10 + lot, 20 + lot);
        writeln!(
            text,
            "2024-02-{day:02} commodity BENCH{lot:02}\n  name: \"Security {lot} of the bench\""
        )?;
        writeln!(
            text,
            "2024-03-{day:02} * \"Buy\"\n  Assets:Bench:Securities  {units} BENCH{lot:02} {{{cost}.25 USD}}\n  \
             Assets:Bench:Cash"
        )?;
    }
    for day in 0..=PACKS {
        for lot in 0..LOTS {
            let (date, whole) = (date(day), 21 + lot + day % 7);
            writeln!(text, "{date} price BENCH{lot:02}  {whole}.{day:02} USD")?;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{LOTS, PACKS, date, ledger_text};

    #[test]
    fn each_pack_has_a_day_of_its_own() {
        let days: std::collections::BTreeSet<_> = (0..=PACKS).map(date).collect();
        assert_eq!(days.len(), PACKS + 1);
        assert_eq!(date(0), "2025-01-01");
        assert_eq!(date(PACKS), "2025-02-23");
    }

    #[test]
    fn the_ledger_has_a_lot_of_each_security() {
        let text = ledger_text().unwrap();
        assert_eq!(text.matches(" * \"Buy\"").count(), LOTS);
        assert_eq!(text.matches(" commodity ").count(), LOTS);
    }
}
