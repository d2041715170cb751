mod method_change;

use books::import::{LedgerImport, import_ledger};
use chrono::NaiveDate;
use db::Tx;
use entity::{execution, pricing::pack, values::PortfolioId};
use identity::Ctx;
use serde_json::{Map, Value, json};
use testkit::TestDatabase;

use super::{Error, ExecuteRequest, LedgerHead, execute, replay};
use crate::difference::first_difference;

const LEDGER: &str = r#"
option "operating_currency" "USD"
2024-01-01 open Assets:Broker
2024-01-01 open Equity:Opening
2024-01-01 open Income:Gain
2024-01-01 commodity NKE
  name: "Nike"
  kind: "equity"
  sector: "Consumer"
2024-01-01 commodity GLD
  kind: "etf"
2024-01-02 * "Fund the account"
  Assets:Broker   10000 USD
  Equity:Opening
2024-01-03 * "Buy"
  Assets:Broker   20 NKE {100 USD}
  Assets:Broker   -2000 USD
2024-01-04 * "Buy"
  Assets:Broker   10 GLD {200 USD}
  Assets:Broker   -2000 USD
2024-02-01 * "Sell some"
  Assets:Broker   -5 NKE {100 USD} @ 110 USD
  Assets:Broker   550 USD
  Income:Gain
2024-03-01 price NKE 90 USD
2024-03-01 price GLD 230 USD
2024-04-01 price NKE 95 USD
2024-04-01 price GLD 231 USD
"#;

const LATER: &str = r#"
2024-02-15 * "Buy more"
  Assets:Broker   7 GLD {210 USD}
  Assets:Broker   -1470 USD
"#;

async fn import(db: &TestDatabase, text: String) -> (Ctx, PortfolioId) {
    let ctx = db.ctx().await;
    let inner = ctx.clone();
    let report = ctx
        .database
        .write(async |tx: Tx| -> Result<_, books::Error> {
            let ledger = ledger::parse("test.beancount", &text).unwrap();
            let view = ledger.portfolio(&["Assets:Broker"], None).unwrap();
            let request = LedgerImport {
                portfolio_name: "broker".to_owned(),
                base_currency: None,
                file_hash: "sha256:test".to_owned(),
                ledger_commit_hash: None,
            };
            import_ledger(&inner, &tx, &ledger, &view, request).await
        })
        .await
        .unwrap();
    (ctx, report.portfolio_id.unwrap())
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// What becomes of a pack that was built.
enum Life {
    Warming,
    Fresh,
    Failed,
}

async fn build_pack(ctx: &Ctx, date: &str, life: Life) -> pack::Model {
    let (inner, date) = (ctx.clone(), day(date));
    ctx.database
        .write(async |tx: Tx| -> Result<_, pricing::Error> {
            let ledger = ledger::parse("test.beancount", LEDGER).unwrap();
            let policy = pricing::DEFAULT_POLICY;
            let pack = pricing::build::from_ledger(&inner, &tx, &ledger, date, policy).await?;
            match life {
                Life::Warming => Ok(pack),
                Life::Fresh => pricing::packs::mark_fresh(&inner, &tx, &pack.id).await,
                Life::Failed => pricing::packs::mark_error(&inner, &tx, &pack.id, "late").await,
            }
        })
        .await
        .unwrap()
}

fn overview(portfolio: PortfolioId) -> ExecuteRequest {
    ExecuteRequest {
        pattern_id: "portfolio_overview".to_owned(),
        inputs: Map::new(),
        portfolio_id: Some(portfolio),
        security_id: None,
        asof_date: None,
        pack_id: None,
        require_fresh: true,
    }
}

async fn run(ctx: &Ctx, request: ExecuteRequest) -> Result<execution::Model, Error> {
    execute(ctx, request, LedgerHead::default()).await
}

fn decimals(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("absent")
        .to_owned()
}

testkit::on_both_engines! {
    async fn an_overview_adds_up(db) {
        let (ctx, portfolio) = import(&db, LEDGER.to_owned()).await;
        build_pack(&ctx, "2024-03-10", Life::Fresh).await;

        let done = run(&ctx, overview(portfolio)).await.unwrap();

        let result = &done.result;
        assert_eq!(decimals(result, "/totals/market_value"), "3650");
        assert_eq!(decimals(result, "/totals/cash"), "6550");
        assert_eq!(decimals(result, "/totals/unrealized_gain"), "150");
        assert_eq!(decimals(result, "/largest_gains/0/symbol"), "GLD");
        assert_eq!(decimals(result, "/largest_losses/0/unrealized_gain"), "-150");
        assert_eq!(decimals(result, "/allocation/by_kind/0/key"), "cash");
        assert_eq!(decimals(result, "/allocation/by_kind/1/market_value"), "2300");
        assert_eq!(decimals(result, "/allocation/by_currency/0/market_value"), "10200");
        assert_eq!(decimals(result, "/allocation/by_currency/0/weight"), "1");
        assert_eq!(decimals(result, "/allocation/by_sector/1/key"), "unknown");
        assert_eq!(done.books_revision, 1);
    }

    async fn a_deep_dive_shows_how_the_holding_came_to_be(db) {
        let (ctx, portfolio) = import(&db, LEDGER.to_owned()).await;
        build_pack(&ctx, "2024-03-10", Life::Fresh).await;
        let security = books::securities::find_by_symbol(&ctx, ctx.database.reader(), "NKE")
            .await
            .unwrap();
        let request = ExecuteRequest {
            pattern_id: "holding_deep_dive".to_owned(),
            security_id: Some(security.id),
            ..overview(portfolio)
        };

        let result = run(&ctx, request).await.unwrap().result;

        assert_eq!(decimals(&result, "/position/quantity"), "15");
        assert_eq!(decimals(&result, "/lots/0/quantity_open"), "15");
        assert_eq!(decimals(&result, "/lots/0/cost_basis"), "1500");
        assert_eq!(decimals(&result, "/realized_gains/0/amount"), "50");
        assert_eq!(result["transactions"].as_array().unwrap().len(), 2);
        assert_eq!(decimals(&result, "/transactions/1/kind"), "sell");
    }

    async fn the_newest_pack_decides_the_gate(db) {
        let (ctx, portfolio) = import(&db, LEDGER.to_owned()).await;
        let gate = async |request: ExecuteRequest| run(&ctx, request).await;
        assert!(matches!(gate(overview(portfolio)).await, Err(Error::PackNotFound { .. })));

        build_pack(&ctx, "2024-03-10", Life::Fresh).await;
        build_pack(&ctx, "2024-03-11", Life::Warming).await;
        let warming = gate(overview(portfolio)).await;
        assert!(
            matches!(&warming, Err(Error::PackWarming { pack_id, .. }) if pack_id == "PP_2024-03-11"),
            "{warming:?}"
        );

        let waived = ExecuteRequest { require_fresh: false, ..overview(portfolio) };
        assert_eq!(gate(waived.clone()).await.unwrap().pack_id, "PP_2024-03-10");
        let named = ExecuteRequest { pack_id: Some("PP_2024-03-10".into()), ..overview(portfolio) };
        assert_eq!(gate(named.clone()).await.unwrap().pack_id, "PP_2024-03-10");
        let earlier = ExecuteRequest { asof_date: Some(day("2024-03-10")), ..overview(portfolio) };
        assert_eq!(gate(earlier).await.unwrap().pack_id, "PP_2024-03-10");
        let unknown = ExecuteRequest { pack_id: Some("PP_1999-01-01".into()), ..named.clone() };
        assert!(matches!(gate(unknown).await, Err(Error::PackNotFound { .. })));
        let named_warming = ExecuteRequest { pack_id: Some("PP_2024-03-11".into()), ..waived.clone() };
        assert!(matches!(gate(named_warming).await, Err(Error::PackWarming { .. })));

        build_pack(&ctx, "2024-03-12", Life::Failed).await;
        let failed = gate(overview(portfolio)).await;
        assert!(
            matches!(&failed, Err(Error::PackFailed { message, .. }) if message == "late"),
            "{failed:?}"
        );
        assert_eq!(gate(waived.clone()).await.unwrap().pack_id, "PP_2024-03-10");
        let named_failed = ExecuteRequest { pack_id: Some("PP_2024-03-12".into()), ..waived };
        let run = gate(named_failed).await.unwrap();
        assert_eq!(run.warnings[0]["code"], "pricing_pack_error");
    }

    async fn a_replay_is_identical_even_after_the_books_have_grown(db) {
        let (ctx, portfolio) = import(&db, LEDGER.to_owned()).await;
        build_pack(&ctx, "2024-03-10", Life::Fresh).await;
        let first = run(&ctx, overview(portfolio)).await.unwrap();
        import(&db, format!("{LEDGER}{LATER}")).await;

        let again = replay(&ctx, first.id).await.unwrap();

        assert!(again.identical, "{again:?}");
        assert_eq!(again.result_hash, again.replayed_hash);
        let fresh = run(&ctx, overview(portfolio)).await.unwrap();
        assert_eq!(fresh.books_revision, 2);
        assert_ne!(fresh.result_hash, first.result_hash, "the books did grow");
        assert!(replay(&ctx, again.execution_id).await.unwrap().identical);
    }

    async fn a_result_that_was_tampered_with_is_found_out(db) {
        use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};

        let (ctx, portfolio) = import(&db, LEDGER.to_owned()).await;
        build_pack(&ctx, "2024-03-10", Life::Fresh).await;
        let first = run(&ctx, overview(portfolio)).await.unwrap();
        let mut tampered = first.result.clone();
        tampered["totals"]["cash"] = json!("1000000");
        let mut row = first.clone().into_active_model();
        row.result = Set(tampered);
        ctx.database
            .write(async |tx: Tx| -> Result<_, Error> { Ok(row.clone().update(&tx).await?) })
            .await
            .unwrap();

        let found = replay(&ctx, first.id).await.unwrap();

        assert!(!found.identical);
        assert_eq!(found.first_difference.as_deref(), Some("/metadata/result_hash"));
    }

    async fn inputs_that_do_not_fit_are_all_named(db) {
        let ctx = db.ctx().await;
        let mut request = overview(PortfolioId::new());
        request.portfolio_id = None;
        request.inputs.insert("largest".to_owned(), json!(0));
        request.inputs.insert("colour".to_owned(), json!("red"));

        let Err(Error::InputsInvalid { errors, .. }) = run(&ctx, request).await else {
            panic!("the inputs were accepted")
        };

        let pointers: Vec<&str> = errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/portfolio_id", "/inputs/colour", "/inputs/largest"]);
        let nobody = run(&ctx, overview(PortfolioId::new())).await;
        assert!(matches!(nobody, Err(Error::PortfolioNotFound { .. })), "{nobody:?}");
    }
}

#[test]
fn the_first_difference_is_a_pointer() {
    let left = json!({"a": [1, {"b/c": "x"}], "z": 1});
    let right = json!({"a": [1, {"b/c": "y"}], "z": 2});
    assert_eq!(
        first_difference(&left, &right).as_deref(),
        Some("/a/1/b~1c")
    );
    assert_eq!(first_difference(&left, &left), None);
    assert_eq!(
        first_difference(&json!([1]), &json!([1, 2])).as_deref(),
        Some("/1")
    );
}

#[test]
fn every_pattern_that_is_listed_is_found() {
    for pattern in super::list() {
        assert_eq!(super::find(pattern.id).unwrap().title, pattern.title);
    }
    assert!(super::find("no_such_pattern").is_none());
}
