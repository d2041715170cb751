use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

const PACK: &str = "/v1/packs/PP_2025-10-21";
const RESTATED: &str = "/v1/packs/PP_2025-10-21_D1";

/// A service with a fresh pack in which NKE costs 74.50, and a portfolio of six NKE.
async fn prepare(db: testkit::TestDatabase) -> (App, String) {
    let app = App::start(db).await;
    let portfolio = app.portfolio_with_books().await;
    app.fresh_pack("2025-10-21", "NKE,74.50,USD").await;
    (app, portfolio)
}

async fn restate(app: &App, reason: &str) -> Value {
    let made = app
        .post(&format!("{PACK}/restate"), &json!({"reason": reason}))
        .await;
    made.expect(201).json()
}

async fn execute(app: &App, portfolio: &str) -> Value {
    let body = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
    app.post("/v1/execute", &body).await.expect(200).json()
}

fn value_of(run: &Value) -> &Value {
    &run["result"]["totals"]["market_value"]
}

on_both_engines! {
    async fn a_restatement_is_made_corrected_and_put_in_place(db) {
        let (app, _) = prepare(db).await;
        let body = json!({"reason": "NKE was of the day before", "sources": {"vendor": "boc"}});
        let made = app.post(&format!("{PACK}/restate"), &body).await.expect(201);
        assert_eq!(made.header("location"), Some(RESTATED));
        let warming = made.json();
        assert_eq!(warming["id"], "PP_2025-10-21_D1");
        assert_eq!(warming["revision"], 1);
        assert_eq!(warming["status"], "warming");
        assert_eq!(warming["restates"], "PP_2025-10-21");
        assert_eq!(warming["restatement_reason"], "NKE was of the day before");
        assert_eq!(warming["superseded_by"], json!(null));
        assert_eq!(warming["sources"], json!({"vendor": "boc"}));
        assert_eq!(app.get("/v1/packs/latest").await.json()["id"], "PP_2025-10-21");

        let problem = app.post(&format!("{PACK}/restate"), &json!({"reason": "again"})).await
            .problem(409, "pricing_pack_restatement_warming");
        assert!(problem["detail"].as_str().unwrap().contains("PP_2025-10-21_D1"), "{problem}");
        app.post(&format!("{RESTATED}/restate"), &json!({"reason": "again"})).await
            .problem(409, "pricing_pack_still_warming");

        app.load_prices("PP_2025-10-21_D1", "NKE,75.25,USD").await;
        let fresh = app.mark_fresh("PP_2025-10-21_D1").await;
        assert_eq!(fresh["superseded_by"], json!(null));
        assert_eq!(app.get("/v1/packs/latest").await.json(), fresh);
        let problem = app.post(&format!("{PACK}/restate"), &json!({"reason": "again"})).await
            .problem(409, "pricing_pack_superseded");
        assert!(problem["detail"].as_str().unwrap().contains("PP_2025-10-21_D1"), "{problem}");

        let rows = app.get("/v1/audit?limit=3").await.expect(200).json();
        let actions: Vec<&Value> = rows["items"].as_array().unwrap().iter()
            .map(|row| &row["action"]).collect();
        assert_eq!(actions, ["pack.fresh", "pack.load_prices", "pack.restate"]);
        assert_eq!(rows["items"][0]["details"]["supersedes"], "PP_2025-10-21");
        assert_eq!(rows["items"][2]["resource_id"], "PP_2025-10-21_D1");
        assert_eq!(rows["items"][2]["details"], json!({
            "restates": "PP_2025-10-21", "reason": "NKE was of the day before",
        }));
    }

    /// Answers about frozen packs are kept for a moment; this change is seen at once.
    async fn whoever_restates_sees_at_once_which_pack_took_the_place(db) {
        let (app, _) = prepare(db).await;
        for revision in 1..=8 {
            let old = match revision {
                1 => "PP_2025-10-21".to_owned(),
                n => format!("PP_2025-10-21_D{}", n - 1),
            };
            let path = format!("/v1/packs/{old}");
            let reason = json!({"reason": "again"});
            let made = app.post(&format!("{path}/restate"), &reason).await.expect(201).json();
            let before = app.get(&path).await.expect(200);
            assert_eq!(before.json()["superseded_by"], json!(null));
            let new = made["id"].as_str().unwrap();
            app.mark_fresh(new).await;
            let after = app.get_if_none_match(&path, &before.etag()).await.expect(200);
            assert_eq!(after.json()["superseded_by"], new);
            assert_eq!(after.json()["hash"], before.json()["hash"]);
        }
    }

    async fn what_was_computed_on_the_old_pack_replays_and_what_is_new_uses_the_new_one(db) {
        let (app, portfolio) = prepare(db).await;
        let before = execute(&app, &portfolio).await;
        assert_eq!(value_of(&before), "447");
        restate(&app, "NKE was of the day before").await;
        app.load_prices("PP_2025-10-21_D1", "NKE,75.25,USD").await;
        let meanwhile = execute(&app, &portfolio).await;
        assert_eq!(meanwhile["metadata"]["pricing_pack_id"], "PP_2025-10-21");
        assert_eq!(meanwhile["metadata"]["result_hash"], before["metadata"]["result_hash"]);
        app.mark_fresh("PP_2025-10-21_D1").await;

        let after = execute(&app, &portfolio).await;
        assert_eq!(after["metadata"]["pricing_pack_id"], "PP_2025-10-21_D1");
        assert_eq!(value_of(&after), "451.5");
        for run in [&before, &meanwhile, &after] {
            let id = run["execution_id"].as_str().unwrap();
            let path = format!("/v1/executions/{id}/replay");
            let replay = app.send(app.request(Method::POST, &path)).await.expect(200).json();
            assert_eq!(replay["identical"], true, "{replay:#}");
            assert_eq!(replay["replayed_hash"], run["metadata"]["result_hash"]);
        }
        let positions = format!("/v1/portfolios/{portfolio}/positions");
        let now = app.get(&positions).await.expect(200).json();
        assert_eq!(now["provenance"]["pricing_pack_id"], "PP_2025-10-21_D1");
        let old = app.get(&format!("{positions}?pack_id=PP_2025-10-21")).await.expect(200).json();
        assert_eq!(old["totals"]["market_value"], "447");
        let verified = app.get(&format!("{PACK}/verify")).await.expect(200).json();
        assert_eq!(verified["matches"], true);
    }

    /// The way forward for a failed pack, through the gate and the health of packs.
    async fn a_failed_pack_is_restated_into_a_fresh_one(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.new_pack("2025-10-21").await;
        app.post(&format!("{PACK}/error"), &json!({"message": "no prices"})).await.expect(200);
        app.get("/health/pack").await.expect(500);
        restate(&app, "they came").await;
        app.get("/health/pack").await.expect(500);
        app.load_prices("PP_2025-10-21_D1", "NKE,75.25,USD").await;
        app.mark_fresh("PP_2025-10-21_D1").await;
        let health = app.get("/health/pack").await.expect(200).json();
        assert_eq!(health["pack_id"], "PP_2025-10-21_D1");
        assert_eq!(value_of(&execute(&app, &portfolio).await), "451.5");
    }

    async fn a_restatement_needs_a_reason_and_is_made_once_for_a_key(db) {
        let (app, _) = prepare(db).await;
        let path = format!("{PACK}/restate");
        for (body, pointer) in [
            (json!({"reason": ""}), "/reason"),
            (json!({"reason": "x".repeat(2_001)}), "/reason"),
            (json!({"reason": "x", "sources": []}), "/sources"),
        ] {
            let problem = app.post(&path, &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
        app.post(&path, &json!({})).await.problem(400, "body_invalid");
        app.post("/v1/packs/PP_1999-01-01/restate", &json!({"reason": "x"})).await
            .problem(404, "pricing_pack_not_found");
        let body = json!({"reason": "x"});
        let first = app.post_with_key(&path, "k", &body).await.expect(201);
        let second = app.post_with_key(&path, "k", &body).await.expect(201);
        assert_eq!(first.json(), second.json());
    }
}
