use db::{ConnectionTrait, Engine};
use identity::{
    Ctx,
    audit::{self, Entry},
};
use serde_json::{Value, json};
use testkit::{TestDatabase, on_both_engines};

use crate::app::App;

async fn add(ctx: &Ctx, entry: Entry) {
    let added = ctx.database.write(|tx| {
        let (ctx, entry) = (ctx.clone(), entry.clone());
        async move { audit::append(&ctx, &tx, entry).await }
    });
    added.await.unwrap();
}

/// Rows that a manager's changes would have left.
async fn three_rows(db: &TestDatabase) -> Ctx {
    let ctx = db.ctx().await;
    add(
        &ctx,
        Entry::done("portfolio.create", "portfolio")
            .of("p-1")
            .with("name", "Broker"),
    )
    .await;
    add(
        &ctx,
        Entry::refused("portfolio.delete", "portfolio").of("p-1"),
    )
    .await;
    add(&ctx, Entry::done("pack.fresh", "pack").of("PP_2025-10-21")).await;
    ctx
}

fn numbers(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|row| row["seq"].as_i64().unwrap())
        .collect()
}

on_both_engines! {
    async fn rows_come_newest_first_by_page_and_filter(db) {
        let ctx = three_rows(&db).await;
        let app = App::start(db).await;
        let all = app.get("/v1/audit").await.expect(200).json();
        assert_eq!(numbers(&all), [3, 2, 1]);
        let first = &all["items"][2];
        assert_eq!(first["actor_user_id"], json!(ctx.scope));
        assert_eq!(first["actor_kind"], "user");
        assert_eq!(first["details"], json!({"name": "Broker"}));
        assert_eq!(first["at"].as_str().unwrap().len(), "2026-11-21T12:00:00.000000Z".len());

        let day = &first["at"].as_str().unwrap()[..10];
        for (query, expected) in [
            ("outcome=refused", vec![2]),
            ("action=pack.fresh", vec![3]),
            ("resource_type=portfolio&resource_id=p-1", vec![2, 1]),
            (&format!("actor_user_id={}", ctx.scope), vec![3, 2, 1]),
            (&format!("actor_user_id={}", uuid::Uuid::now_v7()), vec![]),
            (&format!("from={day}"), vec![3, 2, 1]),
            ("to=2020-01-01", vec![]),
        ] {
            let page = app.get(&format!("/v1/audit?{query}")).await.expect(200).json();
            assert_eq!(numbers(&page), expected, "{query}");
        }
        let page = app.get("/v1/audit?limit=2").await.expect(200).json();
        let next = page["next_cursor"].as_str().unwrap();
        let rest = app.get(&format!("/v1/audit?limit=2&cursor={next}")).await.expect(200).json();
        assert_eq!((numbers(&page), numbers(&rest)), (vec![3, 2], vec![1]));
    }

    async fn what_cannot_be_a_filter_is_refused(db) {
        let app = App::start(db).await;
        for (query, parameter) in [
            ("/v1/audit?outcome=perhaps", "outcome"),
            ("/v1/audit?actor_user_id=me", "actor_user_id"),
            ("/v1/audit?from=yesterday", "from"),
            ("/v1/audit/verify?seq=-1", "seq"),
            ("/v1/audit/verify?seq=1&hash=abc", "hash"),
        ] {
            let problem = app.get(query).await.problem(400, "parameter_invalid");
            assert_eq!(problem["errors"][0]["parameter"], parameter, "{query}");
        }
    }

    async fn a_row_is_named_by_its_number_and_its_hash(db) {
        let app = App::start(db).await;
        let hash = format!("/v1/audit/verify?hash={}", "0".repeat(64));
        for (query, missing) in [("/v1/audit/verify?seq=1", "hash"), (hash.as_str(), "seq")] {
            let problem = app.get(query).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["parameter"], missing, "{query}");
        }
    }

    async fn a_log_is_intact_until_somebody_touches_it(db) {
        three_rows(&db).await;
        let owner = db.owner().await;
        let app = App::start(db).await;
        let good = app.get("/v1/audit/verify").await.expect(200).json();
        assert_eq!((&good["is_intact"], &good["seq"], &good["fault"]), (&json!(true), &json!(3), &json!(null)));
        let hash = good["hash"].as_str().unwrap();
        let kept = format!("/v1/audit/verify?seq=3&hash={hash}");
        assert_eq!(app.get(&kept).await.expect(200).json(), good);
        let other = format!("/v1/audit/verify?seq=2&hash={hash}");
        let verdict = app.get(&other).await.expect(200).json();
        assert_eq!((&verdict["fault"]["kind"], &verdict["fault"]["seq"]), (&json!("rewritten"), &json!(2)));

        let off = match owner.engine() {
            Engine::Sqlite => "DROP TRIGGER audit_log_update",
            Engine::Postgres => "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        };
        let edit = format!("{off}; UPDATE audit_log SET outcome = 'done' WHERE seq = 2");
        owner.execute_unprepared(&edit).await.unwrap();
        let verdict = app.get("/v1/audit/verify").await.expect(200).json();
        assert_eq!((&verdict["is_intact"], &verdict["seq"]), (&json!(false), &json!(1)));
        assert_eq!((&verdict["fault"]["kind"], &verdict["fault"]["seq"]), (&json!("edited"), &json!(2)));
    }
}
