//! Restatements: another pack takes a frozen one's place, and that one never changes.

use entity::{pricing::pack, values::PackStatus};
use identity::Ctx;
use pricing::{
    DEFAULT_POLICY, Error,
    content::Content,
    load::Format,
    packs::{self, NewPack, NewRestatement},
};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    add_securities, create, date, fresh_pack, load_fx_rates, load_prices, mark_error, mark_fresh,
    new_pack,
};

pub const DAY: &str = "2025-10-21";
pub const PACK: &str = "PP_2025-10-21";
pub const FIRST: &str = "PP_2025-10-21_D1";
const SECOND: &str = "PP_2025-10-21_D2";

pub async fn prepare(db: &testkit::TestDatabase) -> Ctx {
    let ctx = db.ctx().await;
    add_securities(&ctx, &[("AAPL", "USD"), ("CNR", "CAD"), ("NKE", "USD")]).await;
    ctx
}

pub async fn restate(ctx: &Ctx, id: &str, reason: &str) -> Result<pack::Model, Error> {
    restate_from(ctx, id, reason, Value::Null).await
}

async fn restate_from(
    ctx: &Ctx,
    id: &str,
    reason: &str,
    sources: Value,
) -> Result<pack::Model, Error> {
    let new = NewRestatement {
        reason: reason.to_owned(),
        sources,
    };
    let work = async |tx: db::Tx| packs::restate(ctx, &tx, id, new.clone()).await;
    ctx.database.write(work).await
}

async fn find(ctx: &Ctx, id: &str) -> pack::Model {
    packs::find(ctx, ctx.database.reader(), id).await.unwrap()
}

async fn content(ctx: &Ctx, id: &str) -> Content {
    let reader = ctx.database.reader();
    packs::content(ctx, reader, id).await.unwrap()
}

pub async fn current(ctx: &Ctx) -> String {
    let reader = ctx.database.reader();
    let latest = packs::latest(ctx, reader, DEFAULT_POLICY).await.unwrap();
    latest.unwrap().id
}

async fn is_as_it_was(ctx: &Ctx, pack: &pack::Model) {
    let verified = packs::verify(ctx, ctx.database.reader(), &pack.id).await;
    let verified = verified.unwrap();
    assert!(verified.matches, "{verified:?}");
    assert_eq!(verified.stored_hash, pack.hash);
}

testkit::on_both_engines! {
    async fn a_restatement_takes_the_place_of_the_pack_when_it_is_fresh_and_not_before(db) {
        let ctx = prepare(&db).await;
        let first = fresh_pack(&ctx, DAY).await;
        let made = restate(&ctx, PACK, " AAPL was of the day before ").await.unwrap();
        assert_eq!(made, find(&ctx, FIRST).await);
        assert_eq!(
            (made.revision, made.status, made.hash.as_deref()),
            (1, PackStatus::Warming, None)
        );
        assert_eq!((made.asof_date, &made.policy), (first.asof_date, &first.policy));
        assert_eq!(made.restates.as_deref(), Some(PACK));
        assert_eq!(
            made.restatement_reason.as_deref(),
            Some("AAPL was of the day before")
        );
        assert_eq!(content(&ctx, FIRST).await.hash(), first.hash.clone().unwrap());
        assert_eq!(current(&ctx).await, PACK);
        assert_eq!(packs::superseded_by(&made), None);
        assert_eq!(packs::superseded_by(&find(&ctx, PACK).await), None);

        let corrected = "symbol,close,currency\nAAPL,151.25,USD\nNKE,70,USD\n";
        let loaded = load_prices(&ctx, FIRST, Format::Csv, corrected).await;
        assert_eq!(loaded.unwrap(), 2);
        assert_eq!(current(&ctx).await, PACK);
        let fresh = mark_fresh(&ctx, FIRST).await.unwrap();
        assert_eq!(current(&ctx).await, FIRST);
        assert_eq!((fresh.superseded_by.as_deref(), fresh.restates.as_deref()), (None, Some(PACK)));

        let old = find(&ctx, PACK).await;
        assert_eq!(packs::superseded_by(&old), Some(FIRST));
        assert!(old.updated_at >= first.updated_at);
        assert_eq!((old.status, &old.hash), (first.status, &first.hash));
        is_as_it_was(&ctx, &first).await;
        is_as_it_was(&ctx, &fresh).await;
        let closes: Vec<String> = content(&ctx, FIRST).await.leaves();
        assert_eq!(closes.len(), 5, "{closes:?}");
        assert!(closes.iter().any(|leaf| leaf.contains("151.25")), "{closes:?}");
        assert!(!closes.iter().any(|leaf| leaf.contains("150.1")), "{closes:?}");
    }

    async fn what_is_loaded_over_a_restatement_replaces_whole_rows_and_nothing_else(db) {
        let ctx = prepare(&db).await;
        let pack = new_pack(&ctx, DAY).await;
        let rich = "symbol,close,currency,open,volume,source,adjustment\n\
            AAPL,150.10,USD,149,1000,boc,split\nCNR,160,CAD,,,tsx,split\n";
        load_prices(&ctx, &pack.id, Format::Csv, rich).await.unwrap();
        load_fx_rates(&ctx, &pack.id, Format::Csv, "base,quote,rate\nUSD,CAD,1.3712\n").await.unwrap();
        mark_fresh(&ctx, &pack.id).await.unwrap();
        restate(&ctx, PACK, "late").await.unwrap();
        for close in ["151", "0152.500"] {
            let file = format!("symbol,close,currency\nAAPL,{close},USD\n");
            assert_eq!(load_prices(&ctx, FIRST, Format::Csv, file).await.unwrap(), 1);
        }
        let rates = "{\"base\":\"USD\",\"quote\":\"CAD\",\"rate\":\"1.4\",\"source\":\"boc\"}\n\
            {\"base\":\"EUR\",\"quote\":\"CAD\",\"rate\":\"1.6\"}\n";
        assert_eq!(load_fx_rates(&ctx, FIRST, Format::Ndjson, rates).await.unwrap(), 2);
        assert_eq!(
            content(&ctx, FIRST).await.leaves()[1..],
            [
                concat!(
                    r#"{"adjustment":"split","close":"160","currency":"CAD","kind":"price","#,
                    r#""source":"tsx","symbol":"CNR"}"#
                ),
                r#"{"base":"EUR","kind":"fx","quote":"CAD","rate":"1.6","source":"import"}"#,
                r#"{"base":"USD","kind":"fx","quote":"CAD","rate":"1.4","source":"boc"}"#,
                concat!(
                    r#"{"close":"152.5","currency":"USD","kind":"price","source":"import","#,
                    r#""symbol":"AAPL"}"#
                ),
            ]
        );
        let twice = "symbol,close,currency\nNKE,70,USD\nNKE,71,USD\n";
        let refusal = load_prices(&ctx, FIRST, Format::Csv, twice).await.unwrap_err();
        assert!(refusal.to_string().contains("on line 2 already"), "{refusal}");
        assert_eq!(content(&ctx, FIRST).await.prices.len(), 2);
        let frozen = load_prices(&ctx, PACK, Format::Csv, "symbol,close,currency\nAAPL,1,USD\n").await;
        assert!(matches!(frozen, Err(Error::NotWarming { .. })), "{frozen:?}");
    }

    async fn a_restatement_that_fails_leaves_the_pack_current_and_another_may_be_made(db) {
        let ctx = prepare(&db).await;
        let first = fresh_pack(&ctx, DAY).await;
        restate(&ctx, PACK, "late").await.unwrap();
        let failed = mark_error(&ctx, FIRST, "the vendor withdrew it").await.unwrap();
        assert_eq!((failed.status, packs::superseded_by(&failed)), (PackStatus::Error, None));
        assert_eq!(current(&ctx).await, PACK);
        let again = restate(&ctx, FIRST, "later").await.unwrap_err();
        assert!(matches!(&again, Error::NotCurrent { current, .. } if current == PACK), "{again}");

        let second = restate(&ctx, PACK, "later").await.unwrap();
        assert_eq!((second.id.as_str(), second.revision), (SECOND, 2));
        mark_fresh(&ctx, SECOND).await.unwrap();
        assert_eq!(current(&ctx).await, SECOND);
        assert_eq!(packs::superseded_by(&find(&ctx, PACK).await), Some(SECOND));
        is_as_it_was(&ctx, &first).await;
        is_as_it_was(&ctx, &failed).await;
    }

    async fn a_failed_pack_is_restated_and_so_is_a_restatement(db) {
        let ctx = prepare(&db).await;
        new_pack(&ctx, DAY).await;
        let failed = mark_error(&ctx, PACK, "no prices came").await.unwrap();
        restate(&ctx, PACK, "they came").await.unwrap();
        let empty = mark_fresh(&ctx, FIRST).await.unwrap_err();
        assert!(matches!(empty, Error::Empty { .. }), "{empty}");
        assert_eq!(current(&ctx).await, PACK);
        load_prices(&ctx, FIRST, Format::Csv, "symbol,close,currency\nAAPL,150,USD\n").await.unwrap();
        mark_fresh(&ctx, FIRST).await.unwrap();
        assert_eq!(current(&ctx).await, FIRST);
        restate(&ctx, FIRST, "not all").await.unwrap();
        mark_fresh(&ctx, SECOND).await.unwrap();
        assert_eq!(current(&ctx).await, SECOND);
        let old = restate(&ctx, PACK, "once more").await.unwrap_err();
        assert!(matches!(&old, Error::NotCurrent { current, .. } if current == SECOND), "{old}");
        is_as_it_was(&ctx, &failed).await;
    }

    async fn what_cannot_be_restated_is_refused_with_the_reason(db) {
        let ctx = prepare(&db).await;
        let unknown = restate(&ctx, PACK, "x").await.unwrap_err();
        assert!(matches!(unknown, Error::PackNotFound { .. }), "{unknown}");
        new_pack(&ctx, DAY).await;
        let warming = restate(&ctx, PACK, "x").await.unwrap_err();
        assert!(matches!(warming, Error::NotFrozen { .. }), "{warming}");
        mark_error(&ctx, PACK, "late").await.unwrap();
        for reason in ["", " \n", "a\0b", &"x".repeat(2_001)] {
            let refusal = restate(&ctx, PACK, reason).await.unwrap_err();
            assert!(matches!(refusal, Error::Invalid { field: "/reason", .. }), "{refusal}");
        }
        let sources = restate_from(&ctx, PACK, "x", json!([])).await.unwrap_err();
        assert!(matches!(sources, Error::Invalid { field: "/sources", .. }), "{sources}");

        let long = format!(" {} ", "é".repeat(2_000));
        restate(&ctx, PACK, &long).await.unwrap();
        let twice = restate(&ctx, PACK, "x").await.unwrap_err();
        assert!(
            matches!(&twice, Error::RestatementWarming { restatement, .. } if restatement == FIRST),
            "{twice}"
        );
        assert!(twice.to_string().contains(FIRST), "{twice}");
        let taken = create(&ctx, NewPack { asof_date: date(DAY), ..Default::default() }).await;
        assert!(matches!(&taken, Err(Error::PackExists { id, .. }) if id == PACK), "{taken:?}");
    }

    async fn a_restatement_says_its_own_sources_or_those_of_the_pack(db) {
        let ctx = prepare(&db).await;
        let new = NewPack {
            asof_date: date(DAY),
            policy: Some("EOD".to_owned()),
            sources: json!({"vendor": "boc"}),
        };
        let pack = create(&ctx, new).await.unwrap();
        mark_error(&ctx, &pack.id, "late").await.unwrap();
        let same = restate(&ctx, &pack.id, "x").await.unwrap();
        assert_eq!(same.id, "PP_2025-10-21_EOD_D1");
        assert_eq!(same.sources_json, json!({"vendor": "boc"}));
        mark_error(&ctx, &same.id, "late").await.unwrap();
        let other = restate_from(&ctx, &pack.id, "x", json!({"vendor": "ecb"})).await.unwrap();
        assert_eq!(other.id, "PP_2025-10-21_EOD_D2");
        assert_eq!(other.sources_json, json!({"vendor": "ecb"}));
    }

    async fn which_pack_took_the_place_of_which_does_not_change_by_sql(db) {
        let ctx = prepare(&db).await;
        fresh_pack(&ctx, DAY).await;
        restate(&ctx, PACK, "late").await.unwrap();
        mark_fresh(&ctx, FIRST).await.unwrap();
        fresh_pack(&ctx, "2025-10-22").await;
        let before = [find(&ctx, PACK).await, find(&ctx, FIRST).await];
        let owner = db.owner().await;
        for sql in [
            "UPDATE pricing_packs SET superseded_by = 'PP_2025-10-22' WHERE id = 'PP_2025-10-21'",
            "UPDATE pricing_packs SET superseded_by = NULL WHERE id = 'PP_2025-10-21'",
            "UPDATE pricing_packs SET restates = NULL, restatement_reason = NULL \
                WHERE id = 'PP_2025-10-21_D1'",
            "UPDATE pricing_packs SET restates = 'PP_2025-10-22' WHERE id = 'PP_2025-10-21_D1'",
            "UPDATE pricing_packs SET restatement_reason = 'another' WHERE id = 'PP_2025-10-21_D1'",
            "UPDATE pricing_packs SET restates = 'PP_2025-10-20', restatement_reason = 'x' \
                WHERE id = 'PP_2025-10-22'",
        ] {
            let work = async |tx: db::Tx| {
                tx.execute_unprepared(sql).await?;
                Ok::<_, Error>(())
            };
            let outcome = owner.write(work).await;
            let refused = matches!(outcome, Err(Error::Database(db::Error::Refused(_))));
            assert!(refused, "{sql}: {outcome:?}");
        }
        assert_eq!([find(&ctx, PACK).await, find(&ctx, FIRST).await], before);

        new_pack(&ctx, "2025-10-23").await;
        for sets in [
            "restates = 'PP_2025-10-22'",
            "restatement_reason = 'why'",
            "restates = 'PP_2025-10-22', restatement_reason = ''",
            "restates = id, restatement_reason = 'why'",
        ] {
            let work = async |tx: db::Tx| {
                let sql = format!("UPDATE pricing_packs SET {sets} WHERE id = 'PP_2025-10-23'");
                tx.execute_unprepared(&sql).await?;
                Ok::<_, Error>(())
            };
            assert!(owner.write(work).await.is_err(), "{sets}");
        }
    }
}
