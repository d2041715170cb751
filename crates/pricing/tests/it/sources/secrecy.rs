use testservers::{Reply, WebServer};

use super::{KEY, gathered, wanted};

/// Whatever a service does, and even where it says the key back, nothing that is kept or told has it.
#[tokio::test]
async fn a_key_is_in_no_report_whatever_goes_wrong() {
    let body = format!(r#"{{"error_message":"Bad Request. The key {KEY} is not registered."}}"#);
    let mut told_of_failures = 0;
    for reply in [
        Reply::status(400, body.clone()),
        Reply::status(403, body.clone()),
        Reply::status(302, "").with_header("location", &format!("/?api_key={KEY}")),
        Reply::status(500, body.clone()),
        Reply::ok(body.clone()),
        Reply::ok(KEY),
        Reply::Cut,
        Reply::Silence,
    ] {
        let answered = reply.clone();
        let server = WebServer::start(move |_, _| answered.clone());
        let url = server.url();
        let limits = "limits = { attempts = 2, backoff_ms = 1, timeout_ms = 100 }";
        let settings = format!(
            "[sources.fred]\nkind = \"fred\"\nurl = \"{url}\"\nkey_env = \"K\"\n\
             pairs = {{ \"USD/CAD\" = \"DEXCAUS\" }}\n{limits}\n\
             [sources.fmp]\nkind = \"fmp\"\nurl = \"{url}\"\nkey_env = \"K\"\ncurrency = \"USD\"\n{limits}\n\
             [sources.polygon]\nkind = \"polygon\"\nurl = \"{url}\"\nkey_env = \"K\"\ncurrency = \"USD\"\n{limits}\n\
             [sources.mapped]\nkind = \"http_csv\"\nurl = \"{url}\"\nkey_env = \"K\"\nkey_query = \"token\"\n{limits}\n\
             [policies.P]\nprices = [\"fmp\", \"polygon\", \"mapped\"]\nfx = [\"fred\", \"fmp\", \"polygon\"]\n"
        );
        let made = gathered(&settings, &wanted(&["A USD", "USD/CAD"]), "2025-10-21").await;
        let asked = server.asked();
        assert!(asked.iter().any(|asked| asked.target.contains(KEY)));
        let report = serde_json::to_string(&made.report).unwrap();
        assert!(!report.contains(KEY), "{reply:?}: {report}");
        assert!(!format!("{made:?}").contains(KEY), "{reply:?}");
        told_of_failures += made
            .report
            .sources
            .values()
            .map(|of| of.faults.len())
            .sum::<usize>();
    }
    assert!(told_of_failures > 20);
}
