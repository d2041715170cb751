use std::time::Duration;

use futures_util::{StreamExt, stream};
use testkit::on_both_engines;

use crate::app::App;

on_both_engines! {
    async fn a_stop_lets_what_is_under_way_end(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.new_pack("2025-10-21").await;
        let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
        let header = stream::once(async { Ok::<_, std::io::Error>("symbol,close,currency\n") });
        let row = stream::once(async {
            wait.await.unwrap();
            Ok("NKE,74.5,USD\n")
        });
        let body = reqwest::Body::wrap_stream(header.chain(row));
        let upload = app.upload("/v1/packs/PP_2025-10-21/prices", "text/csv", body);
        let (reply, ()) = tokio::join!(upload, async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let stopped = app.stop();
            tokio::time::sleep(Duration::from_millis(200)).await;
            go_on.send(()).unwrap();
            stopped.await;
        });
        assert_eq!(reply.expect(201).json()["rows"], 1);
        assert!(app.client.get(format!("{}/livez", app.url)).send().await.is_err(), "it has stopped");
    }

    async fn requests_of_absurd_size_are_refused_or_cut_off(db) {
        let app = App::start(db).await;
        let long = "x".repeat(10 * 1024 * 1024);
        let path = format!("{}/v1/packs/{long}", app.url);
        if let Ok(reply) = app.client.get(path).send().await {
            assert!(reply.status().is_client_error(), "{}", reply.status());
        }
        let body = format!("{{\"name\":\"{long}\",\"base_currency\":\"USD\"}}");
        app.upload("/v1/portfolios", "application/json", body).await.problem(413, "body_too_large");
        let header = app.client.get(format!("{}/livez", app.url)).header("x-request-id", &long);
        if let Ok(reply) = header.send().await {
            assert!(reply.status().is_client_error(), "{}", reply.status());
        }
        app.get("/livez").await.expect(200);
    }
}
