use testkit::on_both_engines;

use crate::app::App;

const EVERYWHERE: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

on_both_engines! {
    async fn every_answer_tells_browsers_to_be_careful(db) {
        let app = App::start(db).await;
        for path in [
            "/livez", "/health", "/metrics", "/openapi.json", "/docs/", "/nowhere",
            "/v1/portfolios", "/v1/portfolios/none", "/v1/packs/latest", "/v1/portfolios?limit=0",
        ] {
            let reply = app.get(path).await;
            for (name, value) in EVERYWHERE {
                assert_eq!(reply.header(name), Some(value), "{name} of {path}");
            }
            let policy = reply.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(!policy.contains("script-src") || path == "/docs/", "{path}: {policy}");
            assert_eq!(reply.header("server"), None, "{path}");
            assert_eq!(reply.header("strict-transport-security"), None, "{path}: there is no TLS");
        }
    }

    async fn what_belongs_to_somebody_is_kept_by_no_cache_of_others(db) {
        let app = App::start(db).await;
        let caching = async |path: &str| app.get(path).await.header("cache-control").map(str::to_owned);
        for path in ["/v1/portfolios", "/v1/portfolios/none"] {
            assert_eq!(caching(path).await.as_deref(), Some("private, no-cache"), "{path}");
        }
        for path in ["/v1/auth/login", "/v1/api-tokens", "/v1/api-tokens/1"] {
            assert_eq!(caching(path).await.as_deref(), Some("no-store"), "{path}");
        }
        assert_eq!(caching("/livez").await, None);
    }

    async fn headers_of_absurd_size_are_refused(db) {
        let app = App::start_with(db, |config| config.max_header_bytes = 4096).await;
        let with = |bytes: usize| {
            let request = app.request(reqwest::Method::GET, "/v1/portfolios");
            app.send(request.header("x-padding", "x".repeat(bytes)))
        };
        with(1500).await.expect(200);
        let reply = with(4096).await;
        reply.problem(431, "headers_too_large");
        assert!(reply.text.contains("4096"), "{}", reply.text);
        let many = (0..90).fold(app.request(reqwest::Method::GET, "/v1/portfolios"), |request, n| {
            request.header(format!("x-padding-{n}"), "x".repeat(40))
        });
        app.send(many).await.problem(431, "headers_too_large");
    }
}
