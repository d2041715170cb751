//! What a reconciliation does to its pack.

use db::Tx;
use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use performance::reconciliation::Keep::{InPackToo, WithPortfolio};
use pricing::{
    load::{self, Format},
    packs,
};
use testkit::on_both_engines;

use crate::setup::{BOOKS, DAY, PRICES, Source, import, pack, pack_now, reconciled};

fn with(prices: &str) -> Source {
    Source::parse(&format!("{BOOKS}{prices}"))
}

/// Whether it passed, whether it failed, and the error, `-` for none.
fn reconciliation_of(pack: &pack::Model) -> (bool, bool, String) {
    let error = pack.reconciliation_error_bps;
    let error = error.map_or("-".to_owned(), |error| error.to_string());
    (
        pack.reconciliation_passed,
        pack.reconciliation_failed,
        error,
    )
}

async fn freeze(ctx: &Ctx, id: &str) -> pack::Model {
    let work = async |tx: Tx| packs::mark_fresh(ctx, &tx, id).await;
    ctx.database.write(work).await.unwrap()
}

on_both_engines! {
    async fn a_warming_pack_that_passes_says_so_and_goes_on_warming(db) {
        let ctx = db.ctx().await;
        let (ours, theirs) = (with("2024-12-30 price NKE 10000.5 USD\n"), with(PRICES));
        let portfolio = import(&ctx, "Broker", &ours).await;
        let warming = pack(&ctx, &ours, DAY).await;
        let row = reconciled(&ctx, portfolio, &warming.id, &theirs, InPackToo).await;
        assert!(row.passed && row.is_in_pack, "{row:#?}");
        let now = pack_now(&ctx, &warming.id).await;
        assert_eq!(now.status, PackStatus::Warming);
        assert_eq!(reconciliation_of(&now), (true, false, "0.5".to_owned()));

        let fresh = freeze(&ctx, &warming.id).await;
        assert_eq!(reconciliation_of(&fresh), (true, false, "0.5".to_owned()));
        assert_eq!(fresh.hash.as_deref(), Some(row.pack_hash.as_str()));
    }

    async fn a_warming_pack_that_fails_is_frozen_as_bad(db) {
        let ctx = db.ctx().await;
        let (ours, theirs) = (with("2024-12-30 price NKE 10002 USD\n"), with(PRICES));
        let portfolio = import(&ctx, "Broker", &ours).await;
        let warming = pack(&ctx, &ours, DAY).await;
        let row = reconciled(&ctx, portfolio, &warming.id, &theirs, InPackToo).await;
        assert!(!row.passed && row.is_in_pack);
        let now = pack_now(&ctx, &warming.id).await;
        assert_eq!((now.status, now.is_fresh), (PackStatus::Error, false));
        assert_eq!(reconciliation_of(&now), (false, true, "2".to_owned()));
        assert_eq!(now.hash.as_deref(), Some(row.pack_hash.as_str()));
        let message = now.error_message.unwrap();
        assert!(message.contains("value (1)") && message.contains("2 bp"), "{message}");
        assert!(message.contains(&row.id.to_string()), "{message}");
        for secret in ["Broker", "NKE", "10002", "100020"] {
            assert!(!message.contains(secret), "all users read {message}");
        }
    }

    async fn a_quantity_that_differs_leaves_the_pack_without_a_measured_error(db) {
        let ctx = db.ctx().await;
        let ours = with(PRICES);
        let more = format!("{BOOKS}{PRICES}").replace("10 NKE", "11 NKE").replace("-500", "-550");
        let portfolio = import(&ctx, "Broker", &ours).await;
        let warming = pack(&ctx, &ours, DAY).await;
        let less_than_a_point = Source::parse(
            &format!("{BOOKS}{PRICES}").replace("10 NKE", "10.0001 NKE").replace("-500", "-500.005"),
        );
        let row = reconciled(&ctx, portfolio, &warming.id, &less_than_a_point, InPackToo).await;
        assert_eq!(row.error_bps.unwrap().to_string(), "0.1");
        let now = pack_now(&ctx, &warming.id).await;
        assert_eq!(reconciliation_of(&now), (false, true, "-".to_owned()));
        // Kept, though nothing is left to be written to the pack.
        let again = reconciled(&ctx, portfolio, &warming.id, &Source::parse(&more), InPackToo).await;
        assert!(!again.passed && !again.is_in_pack);
        assert_eq!(pack_now(&ctx, &warming.id).await, now);
    }

    async fn of_several_portfolios_the_largest_error_counts(db) {
        let ctx = db.ctx().await;
        let ours = with("2024-12-30 price NKE 10000.5 USD\n");
        let (one, other) = (import(&ctx, "One", &ours).await, import(&ctx, "Other", &ours).await);
        let warming = pack(&ctx, &ours, DAY).await;
        for (portfolio, theirs, largest) in [
            (one, "10000.2", "0.3"),
            (other, "10000", "0.5"),
            (one, "10000.5", "0.5"),
        ] {
            let theirs = with(&PRICES.replace("10000", theirs));
            reconciled(&ctx, portfolio, &warming.id, &theirs, InPackToo).await;
            let now = pack_now(&ctx, &warming.id).await;
            let (passed, failed, error) = reconciliation_of(&now);
            assert!(passed && !failed);
            assert!(error.starts_with(largest));
        }
        let far = with(&PRICES.replace("10000", "10010"));
        reconciled(&ctx, other, &warming.id, &far, InPackToo).await;
        let (passed, failed, _) = reconciliation_of(&pack_now(&ctx, &warming.id).await);
        assert!(!passed && failed, "one failure is a failure");
    }

    async fn who_may_not_change_packs_leaves_it_as_it_is(db) {
        let ctx = db.ctx().await;
        let ours = with("2024-12-30 price NKE 10002 USD\n");
        let portfolio = import(&ctx, "Broker", &ours).await;
        let warming = pack(&ctx, &ours, DAY).await;
        let row = reconciled(&ctx, portfolio, &warming.id, &with(PRICES), WithPortfolio).await;
        assert!(!row.passed && !row.is_in_pack);
        assert_eq!(pack_now(&ctx, &warming.id).await, warming);
    }

    async fn a_frozen_pack_is_never_changed(db) {
        let ctx = db.ctx().await;
        let ours = with("2024-12-30 price NKE 10002 USD\n");
        let portfolio = import(&ctx, "Broker", &ours).await;
        let id = pack(&ctx, &ours, DAY).await.id;
        let fresh = freeze(&ctx, &id).await;
        let row = reconciled(&ctx, portfolio, &id, &with(PRICES), InPackToo).await;
        assert!(!row.passed && !row.is_in_pack);
        assert_eq!(Some(row.pack_hash), fresh.hash);
        assert_eq!(pack_now(&ctx, &id).await, fresh);
    }

    async fn what_is_loaded_afterwards_has_passed_nothing(db) {
        let ctx = db.ctx().await;
        let ours = with(PRICES);
        let portfolio = import(&ctx, "Broker", &ours).await;
        let id = pack(&ctx, &ours, DAY).await.id;
        reconciled(&ctx, portfolio, &id, &ours, InPackToo).await;
        assert!(pack_now(&ctx, &id).await.reconciliation_passed);
        let csv = "base,quote,rate\nEUR,USD,1.125\n";
        let work = async |tx: Tx| load::fx_rates(&ctx, &tx, &id, Format::Csv, csv.as_bytes()).await;
        ctx.database.write(work).await.unwrap();
        let fresh = freeze(&ctx, &id).await;
        assert_eq!(reconciliation_of(&fresh), (false, false, "-".to_owned()));
        assert_eq!(fresh.reconciled_hash, None);
    }
}
