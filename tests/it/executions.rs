use chrono::{NaiveDate, Utc};
use entity::execution;
use sea_orm::{ActiveValue::Set, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

async fn execute(app: &App, body: &Value) -> crate::app::Reply {
    app.post("/v1/execute", body).await
}

fn overview(portfolio: &str) -> Value {
    json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio})
}

on_both_engines! {
    async fn the_patterns_are_described(db) {
        let app = App::start(db).await;
        let list = app.get("/v1/patterns").await.expect(200).json();
        assert_eq!(list["next_cursor"], json!(null));
        for pattern in list["items"].as_array().unwrap() {
            let id = pattern["id"].as_str().unwrap();
            assert_eq!(pattern["inputs"]["type"], "object");
            assert_eq!(&app.get(&format!("/v1/patterns/{id}")).await.expect(200).json(), pattern);
        }
        app.get("/v1/patterns/astrology").await.problem(404, "pattern_not_found");
    }

    async fn a_run_gives_its_result_with_its_provenance(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let pack = app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;

        let request = app.request(reqwest::Method::POST, "/v1/execute").header("x-request-id", "trace-7");
        let run = app.send(request.json(&overview(&portfolio))).await.expect(200).json();
        assert_eq!(run["trace_id"], "trace-7");
        assert_eq!(run["warnings"][0]["code"], "ledger_commit_unknown");
        let metadata = &run["metadata"];
        assert_eq!(metadata["pattern_id"], "portfolio_overview");
        assert_eq!(metadata["pricing_pack_id"], "PP_2025-10-21");
        assert_eq!(metadata["pack_hash"], pack["hash"]);
        assert_eq!(metadata["ledger_commit_hash"], json!(null));
        assert_eq!(metadata["books_revision"], 1);
        assert_eq!(metadata["asof_date"], "2025-10-21");
        assert_eq!(metadata["engine_version"], env!("CARGO_PKG_VERSION"));
        assert!(metadata["duration_ms"].is_u64());
        assert!(metadata["timestamp"].as_str().unwrap().ends_with('Z'));
        assert!(metadata["result_hash"].as_str().unwrap().starts_with("sha256:"));
        assert!(run["result"].is_object());

        let id = run["execution_id"].as_str().unwrap();
        let stored = app.get(&format!("/v1/executions/{id}")).await.expect(200).json();
        assert_eq!(stored["result"], run["result"]);
        assert_eq!(&stored["metadata"], metadata);
        assert_eq!(stored["inputs"]["portfolio_id"], portfolio);
        assert_eq!(stored["replay_of"], json!(null));
        let list = app.get("/v1/executions").await.expect(200).json();
        assert_eq!(list["items"][0]["execution_id"], id);
        assert_eq!(&list["items"][0]["metadata"], metadata);
    }

    async fn one_holding_is_looked_at_closely(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let found = app.get("/v1/securities?q=NKE").await.json();
        let body = json!({
            "pattern_id": "holding_deep_dive", "portfolio_id": portfolio,
            "security_id": found["items"][0]["id"],
        });
        let run = execute(&app, &body).await.expect(200).json();
        assert!(run["result"].to_string().contains("NKE"), "{run:#}");
        let nobody = json!({
            "pattern_id": "holding_deep_dive", "portfolio_id": portfolio,
            "security_id": uuid::Uuid::now_v7(),
        });
        execute(&app, &nobody).await.problem(404, "security_not_found");
    }

    async fn the_newest_pack_decides_whatever_its_status(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        execute(&app, &overview(&portfolio)).await.problem(503, "pricing_pack_not_found");

        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        execute(&app, &overview(&portfolio)).await.expect(200);

        app.new_pack("2025-10-21").await;
        let refused = execute(&app, &overview(&portfolio)).await;
        let problem = refused.problem(503, "pricing_pack_warming");
        assert_eq!(problem["pack_id"], "PP_2025-10-21");
        assert_eq!(problem["pack_status"], "warming");
        assert_eq!(problem["prewarm_done"], false);
        assert!(refused.header("retry-after").unwrap().parse::<u32>().is_ok());

        let mut waived = overview(&portfolio);
        waived["require_fresh"] = json!(false);
        let run = execute(&app, &waived).await.expect(200).json();
        assert_eq!(run["metadata"]["pricing_pack_id"], "PP_2025-10-20");
        let mut named = overview(&portfolio);
        named["pack_id"] = json!("PP_2025-10-20");
        let run = execute(&app, &named).await.expect(200).json();
        assert_eq!(run["metadata"]["pricing_pack_id"], "PP_2025-10-20");
        named["pack_id"] = json!("PP_1999-01-01");
        execute(&app, &named).await.problem(503, "pricing_pack_not_found");
        named["pack_id"] = json!("PP_2025-10-21");
        execute(&app, &named).await.problem(503, "pricing_pack_warming");

        app.post("/v1/packs/PP_2025-10-21/error", &json!({"message": "late"})).await.expect(200);
        let problem = execute(&app, &overview(&portfolio)).await.problem(503, "pricing_pack_error");
        assert_eq!(problem["pack_id"], "PP_2025-10-21");
    }

    async fn a_request_that_a_pattern_does_not_take_is_refused(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-20", "NKE,70,USD").await;
        let run = |body: Value| async { let body = body; execute(&app, &body).await };
        run(json!({"pattern_id": "astrology"})).await.problem(404, "pattern_not_found");
        let no_portfolio = run(json!({"pattern_id": "portfolio_overview"})).await;
        let problem = no_portfolio.problem(422, "pattern_inputs_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/portfolio_id", "{problem:#}");
        run(overview(&uuid::Uuid::now_v7().to_string())).await.problem(404, "portfolio_not_found");
        for inputs in [json!({"largest": 0}), json!({"largest": "5"}), json!({"colour": 1}),
            json!({"largest": 1e300}), json!({"largest": null})] {
            let mut body = overview(&portfolio);
            body["inputs"] = inputs;
            let problem = run(body).await.problem(422, "pattern_inputs_invalid");
            assert!(problem["errors"][0]["pointer"].as_str().unwrap().starts_with("/inputs"), "{problem:#}");
        }
        for (field, value) in [("inputs", json!([])), ("asof_date", json!("2025-02-30")),
            ("portfolio_id", json!("x")), ("require_fresh", json!("yes")), ("colour", json!(1))] {
            let mut body = overview(&portfolio);
            body[field] = value;
            let problem = run(body).await.problem(400, "body_invalid");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem:#}");
        }
    }

    async fn a_replay_proves_a_run_even_when_the_books_have_grown(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let run = execute(&app, &overview(&portfolio)).await.expect(200).json();
        let id = run["execution_id"].as_str().unwrap();
        let path = format!("/v1/executions/{id}/replay");

        let grown = format!(
            "{}\n2024-08-01 * \"Sell\"\n  Assets:Broker:NKE -6 NKE {{}} @ 65 USD\n  Assets:Broker:Cash 390 USD\n  Income:Gains\n",
            crate::app::books::LEDGER
        );
        app.import(&portfolio, &grown, "Assets:Broker").await;
        let replay = app.send(app.request(reqwest::Method::POST, &path)).await.expect(200).json();
        assert_eq!(replay["identical"], true, "{replay:#}");
        assert_eq!(replay["result_hash"], run["metadata"]["result_hash"]);
        assert_eq!(replay["replayed_hash"], run["metadata"]["result_hash"]);
        assert_eq!(replay.get("first_difference"), None);
        let again = replay["execution_id"].as_str().unwrap();
        let stored = app.get(&format!("/v1/executions/{again}")).await.expect(200).json();
        assert_eq!(stored["replay_of"], id);

        let nobody = format!("/v1/executions/{}/replay", uuid::Uuid::now_v7());
        app.send(app.request(reqwest::Method::POST, &nobody)).await.problem(404, "execution_not_found");
    }

    async fn a_replay_shows_where_a_stored_result_was_tampered_with(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let run = execute(&app, &overview(&portfolio)).await.expect(200).json();
        let stored = execution::Entity::find().one(app.database.reader()).await.unwrap().unwrap();
        let mut forged = stored.clone().into_active_model();
        let mut result = stored.result.clone();
        result["portfolio_id"] = json!("another");
        forged.result = Set(result);
        app.database.write(async |tx: db::Tx| -> Result<_, db::Error> {
            execution::Entity::update(forged.clone()).exec(&tx).await?;
            Ok(())
        }).await.unwrap();
        let path = format!("/v1/executions/{}/replay", run["execution_id"].as_str().unwrap());
        let replay = app.send(app.request(reqwest::Method::POST, &path)).await.expect(200).json();
        assert_eq!(replay["identical"], false, "{replay:#}");
        assert!(replay["first_difference"].is_string());
    }

    async fn executions_are_listed_newest_first(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let today: NaiveDate = Utc::now().date_naive();
        app.fresh_pack(&today.to_string(), "NKE,70,USD").await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            let run = execute(&app, &overview(&portfolio)).await.expect(200).json();
            ids.insert(0, run["execution_id"].clone());
        }
        let first = app.get("/v1/executions?limit=2").await.expect(200).json();
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = app.get(&format!("/v1/executions?limit=2&cursor={cursor}")).await.expect(200).json();
        let listed: Vec<Value> = [&first, &second]
            .iter()
            .flat_map(|page| page["items"].as_array().unwrap().clone())
            .map(|item| item["execution_id"].clone())
            .collect();
        assert_eq!(listed, ids);
        app.get(&format!("/v1/executions/{}", uuid::Uuid::now_v7())).await
            .problem(404, "execution_not_found");
    }
}
