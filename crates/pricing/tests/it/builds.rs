use std::collections::BTreeMap;

use entity::values::{BuildStep, PackStatus, StepOutcome};
use identity::Ctx;
use pricing::{
    Error, builds,
    load::Format,
    packs::{self, NewRestatement},
    quotes,
    sources::{Asker, Client, Gathered, Wanted, gather, settings::Sourcing},
};
use serde_json::json;
use testkit::on_both_engines;

use crate::{add_securities, date, load_fx_rates, load_prices, mark_fresh, new_pack};

const RAW: &str = "symbol,close,currency\nAAPL,150.10,USD\nCNR,160,CAD\n";

/// What a file of prices comes to.
async fn gathered(csv: &str) -> Gathered {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("2025-10-21.csv"), csv).unwrap();
    let settings = format!(
        "[sources.files]\nkind = \"csv\"\npath = \"{}/{{asof}}.csv\"\n\
         [policies.P]\nprices = [\"files\"]\n",
        folder.path().display()
    );
    let sourcing = Sourcing::parse(&settings).unwrap();
    let client = Client::new(identity::Clock::new(|| {
        "2025-10-21T22:00:00Z".parse().unwrap()
    }));
    let asker = Asker::new("files", sourcing.sources["files"].clone(), None, client);
    let askers = BTreeMap::from([("files".to_owned(), asker)]);
    let mut wanted = Wanted::default();
    for (symbol, currency) in [("AAPL", "USD"), ("CNR", "CAD")] {
        wanted
            .prices
            .insert((symbol.to_owned(), currency.to_owned()));
    }
    let policy = &sourcing.policies["P"];
    let mut made = gather(&askers, "P", policy, &wanted, date("2025-10-21")).await;
    pricing::DEFAULT_POLICY.clone_into(&mut made.content.policy);
    made
}

async fn fill(ctx: &Ctx, id: &str, made: &Gathered) -> Result<builds::Filled, Error> {
    let (caller, id, made) = (ctx.clone(), id.to_owned(), made.clone());
    ctx.database
        .write(async |tx| builds::fill(&caller, &tx, &id, &made).await)
        .await
}

async fn check(ctx: &Ctx, id: &str, hash: &str) -> Result<(), Error> {
    let (caller, id, hash) = (ctx.clone(), id.to_owned(), hash.to_owned());
    ctx.database
        .write(async |tx| builds::check_stored(&caller, &tx, &id, &hash).await)
        .await
}

async fn begin(ctx: &Ctx, id: &str, step: BuildStep) -> entity::pricing::pack_build_step::Model {
    let (caller, id) = (ctx.clone(), id.to_owned());
    let begun = ctx
        .database
        .write(async |tx| builds::begin(&caller, &tx, &id, step).await)
        .await;
    begun.unwrap()
}

async fn end(
    ctx: &Ctx,
    step: &entity::pricing::pack_build_step::Model,
    outcome: StepOutcome,
) -> Result<(), Error> {
    let (caller, step) = (ctx.clone(), step.clone());
    let work = async |tx| builds::end(&caller, &tx, &step, outcome, json!({})).await;
    ctx.database.write(work).await.map(drop)
}

async fn quotes_of(ctx: &Ctx, id: &str) -> Result<quotes::Quotes, Error> {
    let reader = ctx.shared();
    let pack = packs::find(ctx, &reader, id).await.unwrap();
    quotes::load(ctx, &reader, &pack).await
}

on_both_engines! {
    async fn a_pack_of_several_adjustments_is_neither_frozen_nor_valued_with(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("A", "USD"), ("B", "USD"), ("C", "USD")]).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let rows = "symbol,close,currency,adjustment\nA,1,USD,\nB,2,USD,split\nC,3,USD,raw\n";
        load_prices(&ctx, &pack.id, Format::Csv, rows).await.unwrap();
        let refused = mark_fresh(&ctx, &pack.id).await.unwrap_err();
        assert!(matches!(&refused, Error::MixedAdjustments { kinds, .. }
            if *kinds == ["raw of A, C", "split of B"]), "{refused}");
        let refused = quotes_of(&ctx, &pack.id).await.unwrap_err();
        assert!(matches!(refused, Error::MixedAdjustments { .. }), "{refused}");
        let found = packs::find(&ctx, &ctx.shared(), &pack.id).await.unwrap();
        assert_eq!(found.status, PackStatus::Warming);
    }

    async fn a_pack_of_one_adjustment_is_frozen_whichever_it_is(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("A", "USD"), ("B", "USD")]).await;
        for (day, adjustment) in [("2025-10-20", "split"), ("2025-10-21", "total_return")] {
            let pack = new_pack(&ctx, day).await;
            let rows = format!("symbol,close,currency,adjustment\nA,1,USD,{adjustment}\nB,2,USD,{adjustment}\n");
            load_prices(&ctx, &pack.id, Format::Csv, rows).await.unwrap();
            mark_fresh(&ctx, &pack.id).await.unwrap();
            assert!(quotes_of(&ctx, &pack.id).await.unwrap().price("A").is_some());
        }
    }

    async fn what_was_gathered_is_the_whole_content(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD")]).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        load_prices(&ctx, &pack.id, Format::Csv, "symbol,close,currency\nAAPL,1,USD\n").await.unwrap();
        load_fx_rates(&ctx, &pack.id, Format::Csv, "base,quote,rate\nUSD,CAD,9\n").await.unwrap();
        let made = gathered(RAW).await;
        for _attempt in 0..2 {
            let filled = fill(&ctx, &pack.id, &made).await.unwrap();
            assert_eq!((filled.prices, filled.fx_rates), (2, 0));
            check(&ctx, &pack.id, &filled.hash).await.unwrap();
            let stored = packs::content(&ctx, &ctx.shared(), &pack.id).await.unwrap();
            assert_eq!(stored.leaves(), made.content.leaves());
        }
        let warm = packs::find(&ctx, &ctx.shared(), &pack.id).await.unwrap();
        assert!(warm.prewarm_done && !warm.is_fresh);
        assert_eq!(warm.sources_json["sources"]["files"]["prices"], 2);
        let fresh = mark_fresh(&ctx, &pack.id).await.unwrap();
        assert_eq!(fresh.hash, Some(made.content.hash()));
        let refused = fill(&ctx, &pack.id, &made).await.unwrap_err();
        assert!(matches!(refused, Error::NotWarming { .. }), "{refused}");
    }

    async fn what_was_changed_since_it_was_built_is_found(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD")]).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let filled = fill(&ctx, &pack.id, &gathered(RAW).await).await.unwrap();
        load_fx_rates(&ctx, &pack.id, Format::Csv, "base,quote,rate\nUSD,CAD,9\n").await.unwrap();
        let refused = check(&ctx, &pack.id, &filled.hash).await.unwrap_err();
        assert!(matches!(refused, Error::OtherContent { .. }), "{refused}");
        let found = packs::find(&ctx, &ctx.shared(), &pack.id).await.unwrap();
        assert!(!found.prewarm_done);
    }

    async fn a_restatement_keeps_nothing_of_what_it_restates(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD")]).await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        load_fx_rates(&ctx, &pack.id, Format::Csv, "base,quote,rate\nUSD,CAD,9\n").await.unwrap();
        mark_fresh(&ctx, &pack.id).await.unwrap();
        let (caller, id) = (ctx.clone(), pack.id.clone());
        let new = NewRestatement { reason: "the rate was wrong".to_owned(), ..NewRestatement::default() };
        let work = async |tx| packs::restate(&caller, &tx, &id, new.clone()).await;
        let restatement = ctx.database.write(work).await.unwrap();
        let made = gathered(RAW).await;
        fill(&ctx, &restatement.id, &made).await.unwrap();
        let stored = packs::content(&ctx, &ctx.shared(), &restatement.id).await.unwrap();
        assert_eq!(stored.leaves(), made.content.leaves());
    }

    async fn nothing_makes_no_pack(db) {
        let ctx = db.ctx().await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let nothing = gathered("symbol,close,currency\n").await;
        let refused = fill(&ctx, &pack.id, &nothing).await.unwrap_err();
        assert!(matches!(refused, Error::Empty { .. }), "{refused}");
    }

    async fn steps_are_done_in_turn_and_again_where_they_failed(db) {
        let ctx = db.ctx().await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let next = async || {
            builds::next_step(&builds::steps(&ctx, &ctx.shared(), &pack.id).await.unwrap())
        };
        assert_eq!(next().await, Some(BuildStep::Build));
        let failed = begin(&ctx, &pack.id, BuildStep::Build).await;
        assert_eq!(next().await, Some(BuildStep::Build));
        end(&ctx, &failed, StepOutcome::Failed).await.unwrap();
        assert_eq!(next().await, Some(BuildStep::Build));
        let again = begin(&ctx, &pack.id, BuildStep::Build).await;
        assert_eq!((again.seq, again.attempt), (2, 2));
        end(&ctx, &again, StepOutcome::Done).await.unwrap();
        assert_eq!(next().await, Some(BuildStep::Reconcile));
        for step in [BuildStep::Reconcile, BuildStep::Metrics, BuildStep::Prewarm, BuildStep::Fresh, BuildStep::Alerts] {
            assert_eq!(next().await, Some(step));
            let begun = begin(&ctx, &pack.id, step).await;
            end(&ctx, &begun, StepOutcome::Skipped).await.unwrap();
        }
        assert_eq!(next().await, None);
    }

    async fn a_step_that_was_taken_over_cannot_be_ended(db) {
        let ctx = db.ctx().await;
        let pack = new_pack(&ctx, "2025-10-21").await;
        let lost = begin(&ctx, &pack.id, BuildStep::Build).await;
        let taken = begin(&ctx, &pack.id, BuildStep::Build).await;
        let refused = end(&ctx, &lost, StepOutcome::Done).await.unwrap_err();
        assert!(matches!(refused, Error::StepTakenOver { .. }), "{refused}");
        end(&ctx, &taken, StepOutcome::Done).await.unwrap();
        let steps = builds::steps(&ctx, &ctx.shared(), &pack.id).await.unwrap();
        let outcomes: Vec<_> = steps.iter().map(|row| row.outcome).collect();
        assert_eq!(outcomes, [StepOutcome::Failed, StepOutcome::Done]);
    }
}
