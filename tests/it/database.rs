//! What a caller sees of a database that is crowded, read-only, or has replicas.

use std::time::Duration;

use db::{Database, Settings};
use reqwest::Method;
use serde_json::json;
use testkit::on_both_engines;
use testservers::{Cluster, Durability};
use tokio::sync::Notify;

use crate::app::{App, Reply};

on_both_engines! {
    async fn a_crowd_is_sent_away_and_liveness_is_not(db) {
        let settings = Settings {
            pool_min_size: 1,
            pool_max_size: 1,
            max_overflow: 0,
            acquire_timeout: Duration::from_millis(100),
            ..db.settings()
        };
        let app = App::on(Database::connect(&settings).await.unwrap()).await;
        let (is_held, release) = (Notify::new(), Notify::new());
        let holding = app.database.read(async |_| -> Result<(), db::Error> {
            is_held.notify_one();
            release.notified().await;
            Ok(())
        });
        let asking = async {
            is_held.notified().await;
            let refused = app.get("/v1/portfolios").await;
            refused.problem(503, "overloaded");
            assert!(refused.header("retry-after").is_some());
            app.get("/livez").await.expect(200);
            let health = app.get("/api/health").await.json();
            assert_eq!(health["database"]["by_priority"]["application"]["in_use"], 1, "{health:#}");
            release.notify_one();
        };
        tokio::join!(async { holding.await.unwrap() }, asking);
        app.get("/v1/portfolios").await.expect(200);
    }
}

fn cluster() -> Option<Cluster> {
    if testservers::find_postgres().is_none() {
        println!("skipped: there is no PostgreSQL to start");
        return None;
    }
    let cluster = Cluster::start(Durability::Throwaway).unwrap();
    cluster.create_database("books").unwrap();
    Some(cluster)
}

async fn migrated(settings: Settings) -> Database {
    let database = Database::connect(&settings).await.unwrap();
    migration::up(&database).await.unwrap();
    database
}

/// Asks until the answer is as wanted; a server's state is known within a second.
async fn wait_for(app: &App, path: &str, is_reached: impl Fn(&Reply) -> bool) -> Reply {
    for _ in 0..400 {
        let reply = app.get(path).await;
        if is_reached(&reply) {
            return reply;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{path} never came to what was waited for");
}

fn portfolio(name: &str) -> serde_json::Value {
    json!({"name": name, "base_currency": "USD"})
}

#[tokio::test]
async fn a_primary_that_only_reads_degrades_the_service_and_no_more() {
    let Some(cluster) = cluster() else { return };
    let app = App::on(migrated(Settings::new(cluster.url("books"))).await).await;
    app.post("/v1/portfolios", &portfolio("before"))
        .await
        .expect(201);
    cluster.set("default_transaction_read_only", "on").unwrap();

    let health = wait_for(&app, "/health", |reply| {
        reply.json()["status"] == "degraded"
    })
    .await;
    assert_eq!(health.expect(200).json()["database"], "read_only");
    let refused = app.post("/v1/portfolios", &portfolio("during")).await;
    refused.problem(503, "read_only");
    assert!(refused.header("retry-after").is_some());
    let listed = app.get("/v1/portfolios").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    app.get("/api/v1/ready").await.expect(200);

    cluster.set("default_transaction_read_only", "off").unwrap();
    wait_for(&app, "/health", |reply| reply.json()["status"] == "healthy").await;
    app.post("/v1/portfolios", &portfolio("after"))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_caller_never_reads_less_than_it_wrote() {
    let Some(cluster) = cluster() else { return };
    let replica = cluster.standby("replica").unwrap();
    let settings = Settings {
        replica_urls: vec![replica.url("books")],
        ..Settings::new(cluster.url("books"))
    };
    let app = App::on(migrated(settings).await).await;
    let is_there = |reply: &Reply| reply.json()["database"]["replicas"][0]["status"] == "connected";
    wait_for(&app, "/api/health", is_there).await;
    replica.pause_replay().unwrap();

    for number in 0..20 {
        let made = app
            .post("/v1/portfolios", &portfolio(&format!("P{number}")))
            .await
            .expect(201);
        let position = made.header("tallystick-position").unwrap().to_owned();
        let path = format!("/v1/portfolios/{}", made.json()["id"].as_str().unwrap());
        let request = app
            .request(Method::GET, &path)
            .header("Tallystick-Position", &position);
        let read = app.send(request).await.expect(200);
        assert_eq!(read.header("tallystick-position"), Some(position.as_str()));
    }
    let request = app
        .request(Method::GET, "/v1/portfolios")
        .header("Tallystick-Position", "later");
    app.send(request).await.problem(400, "header_invalid");
    replica.resume_replay().unwrap();
}
