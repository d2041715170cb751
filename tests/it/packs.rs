use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

on_both_engines! {
    async fn a_pack_is_made_filled_and_frozen(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        let sources = json!({"prices": "a file", "rows": 1});
        let made = app.post("/v1/packs", &json!({"asof_date": "2025-10-21", "sources": sources})).await
            .expect(201);
        assert_eq!(made.header("location"), Some("/v1/packs/PP_2025-10-21"));
        let pack = made.json();
        assert_eq!(pack["policy"], "WM4PM_CAD");
        assert_eq!(pack["status"], "warming");
        assert_eq!(pack["hash"], json!(null));
        assert_eq!(pack["sources"], sources);

        app.load_prices("PP_2025-10-21", "NKE,74.50,USD").await;
        let fresh = app.mark_fresh("PP_2025-10-21").await;
        assert_eq!(fresh["status"], "fresh");
        assert_eq!(fresh["is_fresh"], true);
        assert!(fresh["hash"].as_str().unwrap().starts_with("sha256:"));
        assert_eq!(app.get("/v1/packs/PP_2025-10-21").await.json(), fresh);

        let verified = app.get("/v1/packs/PP_2025-10-21/verify").await.expect(200).json();
        assert_eq!(
            verified,
            json!({
                "pack_id": "PP_2025-10-21", "stored_hash": fresh["hash"],
                "computed_hash": fresh["hash"], "matches": true, "rows": 1,
            })
        );
    }

    async fn a_frozen_pack_cannot_be_changed(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.new_security("PYPL").await;
        let frozen = app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let pack = "/v1/packs/PP_2025-10-21";

        let csv = "symbol,close,currency\nPYPL,60,USD\n";
        app.upload(&format!("{pack}/prices"), "text/csv", csv).await
            .problem(409, "pricing_pack_not_warming");
        app.upload(&format!("{pack}/fx-rates"), "text/csv", "base,quote,rate\nUSD,CAD,1.4\n").await
            .problem(409, "pricing_pack_not_warming");
        app.post(&format!("{pack}/fresh"), &json!({})).await.problem(409, "pricing_pack_not_warming");
        app.post(&format!("{pack}/error"), &json!({"message": "late"})).await
            .problem(409, "pricing_pack_not_warming");
        app.post("/v1/packs", &json!({"asof_date": "2025-10-21"})).await
            .problem(409, "pricing_pack_exists");

        assert_eq!(app.get(pack).await.json(), frozen);
        let prices = app.get(&format!("{pack}/prices")).await.json();
        assert_eq!(prices["items"].as_array().unwrap().len(), 1);
        let verified = app.get(&format!("{pack}/verify")).await.json();
        assert_eq!(verified["matches"], true);
    }

    async fn a_failed_pack_says_why(db) {
        let app = App::start(db).await;
        let id = app.new_pack("2025-10-21").await;
        let path = format!("/v1/packs/{id}/error");
        for message in ["", " ", &"x".repeat(2001)] {
            let refused = app.post(&path, &json!({"message": message})).await;
            assert_eq!(refused.problem(422, "validation_failed")["errors"][0]["pointer"], "/message");
        }
        let failed = app.post(&path, &json!({"message": "half of it is missing"})).await.expect(200);
        assert_eq!(failed.json()["status"], "error");
        assert_eq!(failed.json()["error_message"], "half of it is missing");
        assert_eq!(failed.json()["is_fresh"], false);
    }

    async fn an_empty_pack_is_not_fresh(db) {
        let app = App::start(db).await;
        let id = app.new_pack("2025-10-21").await;
        app.post(&format!("/v1/packs/{id}/fresh"), &json!({})).await.problem(422, "pricing_pack_empty");
        let warming = app.get(&format!("/v1/packs/{id}")).await.json();
        assert_eq!(warming["status"], "warming");
        let verified = app.get(&format!("/v1/packs/{id}/verify")).await.json();
        assert_eq!((&verified["stored_hash"], &verified["matches"]), (&json!(null), &json!(false)));
    }

    async fn the_latest_is_the_newest_whatever_its_status(db) {
        let app = App::start(db).await;
        app.get("/v1/packs/latest").await.problem(404, "pricing_pack_not_found");
        app.new_security("NKE").await;
        app.fresh_pack("2025-10-20", "NKE,74.5,USD").await;
        app.new_pack("2025-10-22").await;
        app.new_pack("2025-10-21").await;
        let latest = app.get("/v1/packs/latest").await.expect(200).json();
        assert_eq!(latest["id"], "PP_2025-10-22");
        let same = app.get("/v1/packs/latest?policy=WM4PM_CAD").await.json();
        assert_eq!(same, latest);
        app.get("/v1/packs/latest?policy=OTHER").await.problem(404, "pricing_pack_not_found");

        let other = json!({"asof_date": "2025-01-01", "policy": "EOD"});
        let made = app.post("/v1/packs", &other).await.expect(201).json();
        assert_eq!(made["id"], "PP_2025-01-01_EOD");
        assert_eq!(app.get("/v1/packs/latest?policy=EOD").await.json()["id"], made["id"]);
    }

    async fn packs_are_listed_newest_first_and_narrowed(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.fresh_pack("2025-10-20", "NKE,74.5,USD").await;
        app.new_pack("2025-10-21").await;
        app.post("/v1/packs", &json!({"asof_date": "2025-10-21", "policy": "EOD"})).await.expect(201);
        for (query, ids) in [
            ("", vec!["PP_2025-10-21_EOD", "PP_2025-10-21", "PP_2025-10-20"]),
            ("?policy=EOD", vec!["PP_2025-10-21_EOD"]),
            ("?status=fresh", vec!["PP_2025-10-20"]),
            ("?status=warming&policy=WM4PM_CAD", vec!["PP_2025-10-21"]),
            ("?from=2025-10-21", vec!["PP_2025-10-21_EOD", "PP_2025-10-21"]),
            ("?to=2025-10-20", vec!["PP_2025-10-20"]),
            ("?from=2025-10-21&to=2025-10-20", vec![]),
        ] {
            let list = app.get(&format!("/v1/packs{query}")).await.expect(200).json();
            let found: Vec<&str> = list["items"].as_array().unwrap().iter().map(id).collect();
            assert_eq!(found, ids, "{query}");
        }
        let problem = app.get("/v1/packs?status=stale").await.problem(400, "parameter_invalid");
        assert_eq!(problem["errors"][0]["parameter"], "status");
    }

    async fn a_pack_that_makes_no_sense_is_refused(db) {
        let app = App::start(db).await;
        for (body, pointer) in [
            (json!({"asof_date": "2025-10-21", "policy": "a b"}), "/policy"),
            (json!({"asof_date": "2025-10-21", "policy": "D1"}), "/policy"),
            (json!({"asof_date": "2025-10-21", "policy": ""}), "/policy"),
            (json!({"asof_date": "2025-10-21", "sources": [1]}), "/sources"),
        ] {
            let problem = app.post("/v1/packs", &body).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem:#}");
        }
        for date in ["2025-13-01", "2025-02-29", "9999-99-99", "21.10.2025", "", "+99999-01-01"] {
            let problem = app.post("/v1/packs", &json!({"asof_date": date})).await
                .problem(400, "body_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/asof_date", "{problem:#}");
        }
    }

    async fn whoever_has_a_frozen_pack_gets_304(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.fresh_pack("2025-10-20", "NKE,74.5,USD").await;
        for path in ["/v1/packs/latest", "/v1/packs/PP_2025-10-20"] {
            let etag = app.get(path).await.expect(200).etag();
            assert!(etag.starts_with('"'), "a strong tag: {etag}");
            let unchanged = app.get_if_none_match(path, &etag).await.expect(304);
            assert_eq!(unchanged.etag(), etag);
            app.get_if_none_match(path, "*").await.expect(304);
            app.get_if_none_match(path, "\"other\"").await.expect(200);
        }
        let etag = app.get("/v1/packs/latest").await.etag();
        app.new_pack("2025-10-21").await;
        app.get_if_none_match("/v1/packs/latest", &etag).await.expect(200);
    }

    async fn an_unknown_pack_is_404_everywhere(db) {
        let app = App::start(db).await;
        let pack = "/v1/packs/PP_1999-01-01";
        for path in ["", "/prices", "/fx-rates", "/verify", "/proofs/NKE"] {
            app.get(&format!("{pack}{path}")).await.problem(404, "pricing_pack_not_found");
        }
        app.post(&format!("{pack}/fresh"), &json!({})).await.problem(404, "pricing_pack_not_found");
        app.post(&format!("{pack}/error"), &json!({"message": "x"})).await
            .problem(404, "pricing_pack_not_found");
        app.upload(&format!("{pack}/prices"), "text/csv", "symbol,close,currency\n").await
            .problem(404, "pricing_pack_not_found");
    }
}

fn id(pack: &Value) -> &str {
    pack["id"].as_str().unwrap()
}
