//! Two users over one connection: no row crosses.

use db::{Database, Settings};
use entity::values::UserRole;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use testkit::TestDatabase;

use crate::app::{App, Someone};

const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 16;

/// A server with one connection for all requests.
async fn app_over_one_connection(db: &TestDatabase) -> App {
    let settings = Settings {
        pool_min_size: 1,
        pool_max_size: 1,
        max_overflow: 0,
        ..db.settings()
    };
    App::on(Database::connect(&settings).await.unwrap()).await
}

async fn portfolio_of(app: &App, who: &Someone, name: &str) -> String {
    let body = json!({"name": name, "base_currency": "USD"});
    let request = app
        .request_as(who, reqwest::Method::POST, "/v1/portfolios")
        .json(&body);
    app.send(request).await.expect(201).json()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn ten_thousand_requests_of_two_users_share_a_connection_and_no_row() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let app = app_over_one_connection(&db).await;
    let (ada, bob) = (
        app.someone("ada@example.org", UserRole::User).await,
        app.someone("bob@example.org", UserRole::User).await,
    );
    let hers = portfolio_of(&app, &ada, "hers").await;
    let his = portfolio_of(&app, &bob, "his").await;
    let ask = async |number: usize| {
        let (who, own, others) = if number.is_multiple_of(2) {
            (&ada, "hers", &his)
        } else {
            (&bob, "his", &hers)
        };
        let url = match number % 4 {
            0 | 1 => format!("{}/v1/portfolios", app.url),
            _ => format!("{}/v1/portfolios/{others}", app.url),
        };
        let request = who.client.get(url).send();
        if number % 10 == 9 {
            // Some go away before they are answered.
            let patience = std::time::Duration::from_micros(300);
            let _ = tokio::time::timeout(patience, request).await;
            return 0;
        }
        let reply = request.await.unwrap();
        let status = reply.status().as_u16();
        let body: Value = reply.json().await.unwrap();
        if number % 4 < 2 {
            let names: Vec<_> = body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| &one["name"])
                .collect();
            assert_eq!((status, names), (200, vec![&json!(own)]), "{body}");
        } else {
            assert_eq!(status, 404, "{body}");
        }
        1
    };
    let answered: usize = stream::iter(0..REQUESTS)
        .map(ask)
        .buffer_unordered(AT_ONCE)
        .fold(0, async |sum, one| sum + one)
        .await;
    println!("{answered} of {REQUESTS} requests were answered");
    assert!(answered >= REQUESTS * 9 / 10);
}
