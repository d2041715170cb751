use serde_json::json;
use testkit::on_both_engines;

use crate::app::App;

on_both_engines! {
    async fn a_new_service_is_healthy(db) {
        let app = App::start(db).await;
        app.get("/livez").await.expect(200);
        let health = app.get("/health").await.expect(200).json();
        let patterns = patterns::list().len();
        assert_eq!(
            health,
            json!({
                "status": "healthy", "database": "connected", "agents": 0, "patterns": patterns,
                "version": env!("CARGO_PKG_VERSION"),
            })
        );
        assert_eq!(
            app.get("/api/v1/ready").await.expect(200).json(),
            json!({"ready": true, "dependencies": {"db": "connected", "migrations": "current"}})
        );
        assert_eq!(
            app.get("/api/v1/version").await.expect(200).json(),
            json!({
                "name": "tallystick", "version": env!("CARGO_PKG_VERSION"), "build": "unknown",
                "env": "test",
            })
        );
    }

    async fn the_pools_are_counted(db) {
        let app = App::start(db).await;
        let health = app.get("/api/health").await.expect(200).json();
        assert_eq!(health["status"], "healthy");
        let pool = &health["database"];
        assert_eq!(pool["status"], "connected");
        for count in ["pool_size", "free_connections", "in_use", "waiting", "min_size", "max_size"] {
            assert!(pool[count].is_u64(), "{count} in {pool:#}");
        }
        let names = match app.database.engine() {
            db::Engine::Sqlite => ["writer", "application", "background"],
            db::Engine::Postgres => ["schema", "application", "background"],
        };
        let by_priority = pool["by_priority"].as_object().unwrap();
        assert_eq!(by_priority.len(), names.len());
        for name in names {
            assert!(by_priority[name]["max_size"].as_u64().unwrap() > 0, "{name} in {pool:#}");
        }
        assert_eq!(pool["replicas"], json!([]));
    }

    async fn the_newest_pack_decides_the_packs_health(db) {
        let app = App::start(db).await;
        let none = app.get("/health/pack").await.expect(503).json();
        assert_eq!(
            none,
            json!({
                "status": "none", "pack_id": null, "asof_date": null, "updated_at": null,
                "is_fresh": false, "prewarm_done": false, "reconciliation_error_bps": null,
            })
        );

        app.new_security("NKE").await;
        app.fresh_pack("2025-10-20", "NKE,74.5,USD").await;
        let fresh = app.get("/health/pack").await.expect(200).json();
        assert_eq!(fresh["status"], "fresh");
        assert_eq!(fresh["pack_id"], "PP_2025-10-20");
        assert_eq!(fresh["asof_date"], "2025-10-20");
        assert_eq!(fresh["is_fresh"], true);
        assert!(fresh["updated_at"].is_string());

        let newer = app.new_pack("2025-10-21").await;
        let warming = app.get("/health/pack").await.expect(503).json();
        assert_eq!((&warming["status"], &warming["pack_id"]), (&json!("warming"), &json!(newer)));

        let path = format!("/v1/packs/{newer}/error");
        app.post(&path, &json!({"message": "the source was silent"})).await.expect(200);
        let failed = app.get("/health/pack").await.expect(500).json();
        assert_eq!((&failed["status"], &failed["is_fresh"]), (&json!("error"), &json!(false)));
    }

    async fn a_lost_database_is_told_and_not_a_fault_of_the_program(db) {
        let app = App::start(db).await;
        app.database.close().await;
        app.get("/livez").await.expect(200);
        let health = app.get("/health").await.expect(503).json();
        assert_eq!(health["status"], "unavailable");
        assert_eq!(health["database"], "disconnected");
        let ready = app.get("/api/v1/ready").await.expect(503).json();
        assert_eq!(
            ready,
            json!({"ready": false, "dependencies": {"db": "disconnected", "migrations": "unknown"}})
        );
        let refused = app.get("/v1/portfolios").await;
        refused.problem(503, "database_unavailable");
        assert!(refused.header("retry-after").is_some());
        let body = json!({"name": "a", "base_currency": "USD"});
        app.post("/v1/portfolios", &body).await.problem(503, "database_unavailable");
    }

    async fn metrics_count_requests_by_route(db) {
        let app = App::start(db).await;
        app.get(&format!("/v1/portfolios/{}", uuid::Uuid::now_v7())).await.expect(404);
        app.get("/nowhere").await.expect(404);
        let metrics = app.get("/metrics").await.expect(200);
        assert!(metrics.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"));
        for line in [
            r#"tallystick_http_requests_total{method="GET",route="/v1/portfolios/{id}",status="404"} 1"#,
            r#"tallystick_http_requests_total{method="GET",route="unknown",status="404"} 1"#,
            "tallystick_http_requests_in_flight 1",
            r#"tallystick_build_info{build="unknown",env="test",version="#,
            r#"tallystick_http_request_duration_seconds_count{method="GET",route="/v1/portfolios/{id}"} 1"#,
            r#"tallystick_db_connections{pool="application",state="free"}"#,
        ] {
            assert!(metrics.text.contains(line), "{line} is not in\n{}", metrics.text);
        }
    }
}
