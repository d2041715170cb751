use api::Rate;
use reqwest::Method;
use testkit::on_both_engines;

use crate::app::{App, Reply};

const BURST: usize = 3;

async fn limited(db: testkit::TestDatabase, trusted: &[&str]) -> App {
    let trusted: Vec<_> = trusted.iter().map(|net| net.parse().unwrap()).collect();
    App::start_with(db, |config| {
        config.rate_limits.address = Rate::new(1, u32::try_from(BURST).unwrap());
        config.trusted_proxies = trusted;
    })
    .await
}

async fn ask_as(app: &App, client: &str) -> Reply {
    let request = app.request(Method::GET, "/v1/portfolios");
    app.send(request.header("x-forwarded-for", client)).await
}

on_both_engines! {
    async fn who_asks_too_often_is_told_when_to_come_back(db) {
        let app = limited(db, &[]).await;
        for _ in 0..BURST {
            app.get("/v1/portfolios").await.expect(200);
        }
        for path in ["/v1/portfolios", "/openapi.json", "/nowhere", "/metrics"] {
            let reply = app.get(path).await;
            reply.problem(429, "rate_limited");
            let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds), "one request a minute, not in {seconds} s");
        }
        for path in ["/livez", "/health", "/api/v1/ready"] {
            app.get(path).await.expect(200);
        }
    }

    async fn behind_a_trusted_proxy_each_client_counts_by_itself(db) {
        let app = limited(db, &["127.0.0.1/32"]).await;
        for client in ["198.51.100.1", "198.51.100.2", "2001:db8::1"] {
            for _ in 0..BURST {
                ask_as(&app, client).await.expect(200);
            }
            ask_as(&app, client).await.problem(429, "rate_limited");
            let forged = format!("203.0.113.77, {client}");
            ask_as(&app, &forged).await.problem(429, "rate_limited");
        }
    }

    async fn nobody_escapes_by_naming_other_addresses(db) {
        let app = limited(db, &[]).await;
        for client in 0..BURST {
            ask_as(&app, &format!("198.51.100.{client}")).await.expect(200);
        }
        ask_as(&app, "198.51.100.99").await.problem(429, "rate_limited");
        ask_as(&app, "\u{e9} , ,").await.problem(429, "rate_limited");
    }
}
