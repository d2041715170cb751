//! What holds for every path.

use reqwest::Method;
use serde_json::json;
use testkit::on_both_engines;

use crate::app::App;

on_both_engines! {
    async fn an_unknown_path_is_a_problem(db) {
        let app = App::start(db).await;
        for path in ["/", "/v1", "/v1/portfolios/", "/v2/portfolios", "/v1/packs/a/b/c", "/v1/..%2f"] {
            let problem = app.get(path).await.problem(404, "route_not_found");
            assert_eq!(problem["instance"], path);
        }
    }

    async fn a_method_that_a_path_does_not_take_is_told_which_it_does(db) {
        let app = App::start(db).await;
        for (method, path, allow) in [
            (Method::PUT, "/v1/portfolios", "GET, HEAD, POST"),
            (Method::DELETE, "/health", "GET, HEAD"),
            (Method::GET, "/v1/execute", "POST"),
            (Method::OPTIONS, "/v1/packs", "GET, HEAD, POST"),
            (Method::from_bytes(b"BREW").unwrap(), "/v1/packs/latest", "GET, HEAD"),
        ] {
            let refused = app.send(app.request(method, path)).await;
            refused.problem(405, "method_not_allowed");
            assert_eq!(refused.header("allow"), Some(allow), "{path}");
        }
    }

    async fn head_answers_as_get_does_without_the_body(db) {
        let app = App::start(db).await;
        app.new_security("NKE").await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let portfolio = app.new_portfolio("Main").await;
        for path in [
            "/livez", "/health", "/metrics", "/openapi.json", "/docs/", "/v1/portfolios",
            "/v1/packs/latest", "/v1/packs/PP_2025-10-21/prices", "/v1/patterns", "/nowhere",
            &format!("/v1/portfolios/{portfolio}"), &format!("/v1/portfolios/{portfolio}/positions"),
        ] {
            let (get, head) = (app.get(path).await, app.head(path).await);
            assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
            for header in ["content-type", "etag"] {
                assert_eq!(head.header(header), get.header(header), "{header} of {path}");
            }
        }
    }

    async fn a_usable_request_id_comes_back_and_another_is_replaced(db) {
        let app = App::start(db).await;
        let longest = "x".repeat(128);
        for id in ["a", "trace-1/2~!", longest.as_str()] {
            let reply = app.send(app.request(Method::GET, "/livez").header("x-request-id", id)).await;
            assert_eq!(reply.header("x-request-id"), Some(id));
        }
        let too_long = "x".repeat(129);
        for id in ["", "with space", "tab\there", too_long.as_str()] {
            let reply = app.send(app.request(Method::GET, "/nowhere").header("x-request-id", id)).await;
            let made = reply.header("x-request-id").unwrap().to_owned();
            assert_ne!(made, id);
            assert!(uuid::Uuid::parse_str(&made).is_ok(), "{made}");
            reply.problem(404, "route_not_found");
        }
    }

    async fn an_unknown_parameter_is_refused_everywhere(db) {
        let app = App::start(db).await;
        let document = app.get("/openapi.json").await.json();
        for (path, item) in document["paths"].as_object().unwrap() {
            let url = path.replace("{id}", &uuid::Uuid::now_v7().to_string()).replace("{symbol}", "A");
            for method in item.as_object().unwrap().keys().filter(|_| path.starts_with("/v1/")) {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let reply = app.send(app.request(method, &format!("{url}?colour=red"))).await;
                let problem = reply.problem(400, "parameter_invalid");
                assert_eq!(problem["errors"][0]["parameter"], "colour", "{path}: {problem:#}");
            }
        }
    }

    async fn a_parameter_given_twice_is_refused(db) {
        let app = App::start(db).await;
        let problem = app.get("/v1/portfolios?limit=1&limit=2").await.problem(400, "parameter_invalid");
        assert_eq!(problem["errors"][0]["parameter"], "limit", "{problem:#}");
    }

    async fn the_body_must_be_json_of_a_bounded_length(db) {
        let app = App::start_with(db, |config| config.max_body_bytes = 1_000).await;
        let path = "/v1/portfolios";
        let valid = r#"{"name":"a","base_currency":"USD"}"#;
        app.upload(path, "text/plain", valid).await.problem(415, "media_type_unsupported");
        app.upload(path, "application/x-www-form-urlencoded", valid).await
            .problem(415, "media_type_unsupported");
        app.send(app.request(Method::POST, path).body(valid)).await
            .problem(415, "media_type_unsupported");
        app.upload(path, "application/json; charset=latin1", valid).await
            .problem(415, "media_type_unsupported");
        let packed = app.request(Method::POST, path).header("content-encoding", "gzip");
        app.send(packed.header("content-type", "application/json").body(valid)).await
            .problem(415, "media_type_unsupported");
        app.upload(path, "no media type", valid).await.problem(400, "header_invalid");
        for body in ["", "{", "nonsense", "{}{}", "\u{feff}{}", "{\"name\":\"a\",\"name\":\"b\"}"] {
            app.upload(path, "application/json", body).await.problem(400, "body_invalid");
        }
        app.upload(path, "application/json", b"\"\xff\"".to_vec()).await.problem(400, "body_invalid");

        let long = json!({"name": "a".repeat(1_000), "base_currency": "USD"});
        app.post(path, &long).await.problem(413, "body_too_large");
        let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(" ".repeat(100))));
        let streamed = reqwest::Body::wrap_stream(chunks);
        app.upload(path, "application/json", streamed).await.problem(413, "body_too_large");

        app.upload(path, "application/json; charset=utf-8", valid).await.expect(201);
    }

    async fn a_code_says_what_it_means(db) {
        let app = App::start(db).await;
        let problem = app.get("/v1/packs/latest").await.problem(404, "pricing_pack_not_found");
        let kind = app.get(problem["type"].as_str().unwrap()).await.expect(200).json();
        assert_eq!(kind["code"], "pricing_pack_not_found");
        assert_eq!(kind["title"], problem["title"]);
        app.get("/problems/unheard_of").await.problem(404, "problem_not_found");
    }

    async fn the_page_of_the_contract_is_there(db) {
        let app = App::start(db).await;
        let page = app.get("/docs").await.expect(200);
        assert!(page.header("content-type").unwrap().starts_with("text/html"));
        assert!(page.text.contains("swagger-ui"));
        let script = app.get("/docs/swagger-initializer.js").await.expect(200);
        assert!(script.text.contains("/openapi.json"));
        app.get("/docs/../../etc/passwd").await.problem(404, "route_not_found");
        app.get("/docs/nothing.js").await.problem(404, "route_not_found");
    }

    async fn no_other_site_reaches_the_books_through_a_browser(db) {
        let app = App::start(db).await;
        let rebound = app.request(Method::GET, "/v1/portfolios").header("host", "evil.example:80");
        app.send(rebound).await.problem(421, "host_refused");
        let body = json!({"name": "a", "base_currency": "USD"});
        let foreign = app.request(Method::POST, "/v1/portfolios").header("origin", "https://evil.example");
        app.send(foreign.json(&body)).await.problem(403, "origin_refused");
        let opaque = app.request(Method::POST, "/v1/portfolios").header("origin", "null");
        app.send(opaque.json(&body)).await.problem(403, "origin_refused");
        let own = app.request(Method::POST, "/v1/portfolios").header("origin", &app.url);
        app.send(own.json(&body)).await.expect(201);
    }
}
