use api::Rate;
use reqwest::Method;
use testkit::on_both_engines;

use crate::app::{App, Reply};

const LISTED: &str = "https://console.example";
const STRANGER: &str = "https://evil.example";

async fn ask(app: &App, method: Method, origin: &str) -> Reply {
    let request = app
        .request(method, "/v1/portfolios")
        .header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    let headers = "authorization,content-type,idempotency-key,if-match,tallystick-position";
    app.send(request.header("access-control-request-headers", headers))
        .await
}

fn allowed(reply: &Reply) -> Option<&str> {
    reply.header("access-control-allow-origin")
}

on_both_engines! {
    async fn without_a_list_no_other_page_reads_anything(db) {
        let app = App::start_with(db, |config| config.local_only = false).await;
        let reply = ask(&app, Method::GET, LISTED).await;
        assert_eq!(allowed(&reply), None);
        let preflight = ask(&app, Method::OPTIONS, LISTED).await;
        assert_eq!(allowed(&preflight), None);
        preflight.problem(405, "method_not_allowed");
    }

    async fn a_listed_page_may_ask_and_read(db) {
        let app = App::start_with(db, |config| {
            config.local_only = false;
            config.cors_origins = vec![LISTED.to_owned()];
        })
        .await;
        a_listed_page_is_served(&app).await;
        // Others are answered, and their browsers keep the answer from them.
        let reply = ask(&app, Method::GET, STRANGER).await.expect(200);
        assert_eq!(allowed(&reply), None);
    }

    async fn a_listed_page_may_ask_what_only_this_machine_reaches(db) {
        let app = App::start_with(db, |config| config.cors_origins = vec![LISTED.to_owned()]).await;
        a_listed_page_is_served(&app).await;
        ask(&app, Method::GET, STRANGER).await.problem(403, "origin_refused");
    }

    async fn a_listed_page_learns_why_it_was_refused(db) {
        let app = App::start_with(db, |config| {
            config.cors_origins = vec![LISTED.to_owned()];
            config.rate_limits.address = Rate::new(1, 1);
        })
        .await;
        ask(&app, Method::GET, LISTED).await.expect(200);
        let reply = ask(&app, Method::GET, LISTED).await;
        reply.problem(429, "rate_limited");
        assert_eq!(allowed(&reply), Some(LISTED));
        let exposed = reply.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("retry-after"), "{exposed}");
    }

    async fn a_listed_page_may_read_what_a_handler_refused(db) {
        let app = App::start_with(db, |config| config.cors_origins = vec![LISTED.to_owned()]).await;
        let request = app.request(Method::GET, "/v1/packs/none").header("origin", LISTED);
        let reply = app.send(request).await;
        reply.problem(404, "pricing_pack_not_found");
        assert_eq!(allowed(&reply), Some(LISTED));
    }
}

async fn a_listed_page_is_served(app: &App) {
    let preflight = ask(app, Method::OPTIONS, LISTED).await.expect(200);
    assert_eq!(allowed(&preflight), Some(LISTED));
    assert_eq!(preflight.header("access-control-allow-credentials"), None);
    let methods = preflight.header("access-control-allow-methods").unwrap();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(methods.contains(method), "{methods}");
    }
    let reply = ask(app, Method::GET, LISTED).await.expect(200);
    assert_eq!(allowed(&reply), Some(LISTED));
    let exposed = reply
        .header("access-control-expose-headers")
        .unwrap()
        .to_lowercase();
    for name in [
        "etag",
        "location",
        "tallystick-position",
        "x-request-id",
        "retry-after",
    ] {
        assert!(exposed.contains(name), "{exposed}");
    }
}
