//! Beancount's example ledger beside its own import, at packs of its own prices.

use performance::reconciliation::Keep::InPackToo;
use testkit::{on_both_engines, shared_data};

use crate::setup::{Source, error, import, pack, reconciled};

const DAYS: [&str; 4] = ["2018-06-29", "2020-02-29", "2023-12-31", "2025-10-21"];
const ACCOUNTS: [&str; 3] = ["Assets:US:ETrade", "Assets:US:Vanguard", "Assets"];

on_both_engines! {
    async fn the_example_ledger_agrees_with_its_own_import_on_any_day(db) {
        let Some(path) = shared_data("ledger/example.beancount") else { return };
        let ctx = db.ctx().await;
        let mut portfolios = Vec::new();
        for account in ACCOUNTS {
            let source = Source::of(ledger::load(&path).unwrap(), account);
            portfolios.push((account, import(&ctx, account, &source).await, source));
        }
        let mut checked = 0;
        for day in DAYS {
            // A pack holds the prices of what is registered.
            let id = pack(&ctx, &portfolios[0].2, day).await.id;
            for (account, portfolio, source) in &portfolios {
                let row = reconciled(&ctx, *portfolio, &id, source, InPackToo).await;
                assert!(row.passed, "{account} on {day}: {row:#?}");
                assert_eq!(error(&row).as_deref(), Some("0"), "{account} on {day}");
                checked += 1;
            }
        }
        println!("{checked} reconciliations of the example ledger passed");
    }
}
