//! A request that creates, sent more than once.

use chrono::{TimeDelta, Utc};
use entity::idempotency_key;
use futures_util::future::join_all;
use reqwest::Method;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, Reply, books::LEDGER};

fn same(first: &Reply, again: &Reply) {
    assert_eq!(again.status, first.status);
    assert_eq!(again.text, first.text);
    for header in ["content-type", "location", "etag"] {
        assert_eq!(again.header(header), first.header(header), "{header}");
    }
}

on_both_engines! {
    async fn a_repetition_gets_the_first_answer_to_the_byte(db) {
        let app = App::start(db).await;
        let portfolio = json!({"name": "Main", "base_currency": "USD"});
        let first = app.post_with_key("/v1/portfolios", "key-1", &portfolio).await.expect(201);
        let again = app.post_with_key("/v1/portfolios", "key-1", &portfolio).await;
        same(&first, &again);

        let path = first.header("location").unwrap();
        app.patch(path, &json!({"name": "Renamed"})).await.expect(200);
        same(&first, &app.post_with_key("/v1/portfolios", "key-1", &portfolio).await);
        let list = app.get("/v1/portfolios").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn every_post_that_creates_takes_a_key(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Main").await;
        let imports = format!("/v1/portfolios/{portfolio}/imports?accounts=Assets:Broker");
        let pack = "/v1/packs/PP_2025-10-21";
        let json_type = "application/json";
        let nke = json!({"symbol": "PYPL", "name": "PayPal", "kind": "equity", "currency": "USD"});
        let execute = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
        for (path, content_type, body) in [
            ("/v1/securities".to_owned(), json_type, nke.to_string()),
            ("/v1/packs".to_owned(), json_type, json!({"asof_date": "2025-10-21"}).to_string()),
            (imports, "text/plain", LEDGER.to_owned()),
            (format!("{pack}/prices"), "text/csv", "symbol,close,currency\nNKE,74.5,USD\n".to_owned()),
            (format!("{pack}/fx-rates"), "text/csv", "base,quote,rate\nUSD,CAD,1.4\n".to_owned()),
            (format!("{pack}/fresh"), json_type, String::new()),
            ("/v1/execute".to_owned(), json_type, execute.to_string()),
        ] {
            let send = || {
                let post = app.request(Method::POST, &path).header("idempotency-key", "the key");
                app.send(post.header("content-type", content_type).body(body.clone()))
            };
            let first = send().await;
            assert!([200, 201].contains(&first.status), "{path}: {}", first.text);
            same(&first, &send().await);
        }
        let executions = app.get("/v1/executions").await.json();
        assert_eq!(executions["items"].as_array().unwrap().len(), 1);
        let execution = executions["items"][0]["execution_id"].as_str().unwrap();
        let replay = format!("/v1/executions/{execution}/replay");
        let send = || app.send(app.request(Method::POST, &replay).header("idempotency-key", "r"));
        same(&send().await.expect(200), &send().await);
        let executions = app.get("/v1/executions").await.json();
        assert_eq!(executions["items"].as_array().unwrap().len(), 2);
    }

    async fn another_body_under_the_same_key_is_refused(db) {
        let app = App::start(db).await;
        let main = json!({"name": "Main", "base_currency": "USD"});
        app.post_with_key("/v1/portfolios", "k", &main).await.expect(201);
        let other = json!({"name": "Other", "base_currency": "USD"});
        app.post_with_key("/v1/portfolios", "k", &other).await.problem(422, "idempotency_key_reused");
        app.post_with_key("/v1/portfolios", "another", &other).await.expect(201);

        let pack = json!({"asof_date": "2025-10-21"});
        app.post_with_key("/v1/packs", "k", &pack).await.expect(201);
    }

    async fn what_failed_is_tried_again(db) {
        let app = App::start(db).await;
        let body = json!({"asof_date": "2025-10-21"});
        app.new_pack("2025-10-21").await;
        app.post_with_key("/v1/packs", "k", &body).await.problem(409, "pricing_pack_exists");
        app.post_with_key("/v1/packs", "k", &json!({"asof_date": "2025-10-22"})).await.expect(201);
    }

    async fn of_many_at_once_one_creates(db) {
        let app = App::start(db).await;
        let body = json!({"name": "Main", "base_currency": "USD"});
        let replies =
            join_all((0..16).map(|_| app.post_with_key("/v1/portfolios", "k", &body))).await;
        let made: Vec<_> = replies.iter().filter(|reply| reply.status == 201).collect();
        assert!(!made.is_empty());
        for reply in &made {
            same(made[0], reply);
        }
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            reply.problem(409, "idempotency_in_flight");
        }
        let list = app.get("/v1/portfolios").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }

    async fn between_two_processes_the_database_decides(db) {
        let app = App::start(db).await;
        let other = App::beside(&app).await;
        let body = json!({"name": "Main", "base_currency": "USD"});
        let replies = join_all((0..8).flat_map(|number| {
            let key = format!("k{}", number % 2);
            let body = json!({"name": format!("Main {key}"), "base_currency": "USD"});
            [&app, &other].map(|app| {
                let (key, body) = (key.clone(), body.clone());
                async move { app.post_with_key("/v1/portfolios", &key, &body).await }
            })
        }))
        .await;
        for reply in &replies {
            assert!([201, 409].contains(&reply.status), "{}", reply.text);
            if reply.status == 409 {
                reply.problem(409, "idempotency_in_flight");
            }
        }
        let list = app.get("/v1/portfolios").await.json();
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
        drop(other);
        app.post_with_key("/v1/portfolios", "new", &body).await.expect(201);
    }

    async fn a_key_is_free_again_after_a_day(db) {
        let app = App::start(db).await;
        let main = json!({"name": "Main", "base_currency": "USD"});
        app.post_with_key("/v1/portfolios", "old", &main).await.expect(201);
        let key = idempotency_key::Entity::find().one(app.database.reader()).await.unwrap().unwrap();
        let kept_for = key.expires_at - key.created_at;
        assert_eq!(kept_for, TimeDelta::hours(24));

        let mut past = key.into_active_model();
        past.expires_at = Set(Utc::now() - TimeDelta::seconds(1));
        app.database.write(async |tx: db::Tx| -> Result<_, db::Error> {
            idempotency_key::Entity::update(past.clone()).exec(&tx).await?;
            Ok(())
        }).await.unwrap();
        let other = json!({"name": "Other", "base_currency": "USD"});
        app.post_with_key("/v1/portfolios", "another", &other).await.expect(201);
        let left = idempotency_key::Entity::find().filter(idempotency_key::Column::Key.eq("old"));
        assert_eq!(left.count(app.database.reader()).await.unwrap(), 0, "it went on the way");
        let third = json!({"name": "Third", "base_currency": "USD"});
        app.post_with_key("/v1/portfolios", "old", &third).await.expect(201);
    }

    async fn a_malformed_key_is_refused(db) {
        let app = App::start(db).await;
        let body = json!({"name": "Main", "base_currency": "USD"});
        for key in ["", &"k".repeat(256), "a\tb"] {
            app.post_with_key("/v1/portfolios", key, &body).await.problem(400, "header_invalid");
        }
        app.post_with_key("/v1/portfolios", &"k".repeat(255), &body).await.expect(201);
    }
}
