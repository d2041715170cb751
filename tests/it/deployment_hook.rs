//! docs/hooks/report-deployment.sh against the service, as a pipeline runs it.

use std::process::{Command, Output};

use identity::Scope;
use serde_json::Value;
use testkit::on_both_engines;

use crate::app::App;

const HOOK: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/hooks/report-deployment.sh"
);

struct Pipeline<'a> {
    app: &'a App,
    token: String,
}

impl<'a> Pipeline<'a> {
    async fn with(app: &'a App, scopes: &[Scope]) -> Self {
        let token = app.people.api_token(app.user, scopes).await;
        Self { app, token }
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        let mut hook = Command::new("sh");
        hook.arg(HOOK).args(arguments);
        hook.env("TALLYSTICK_URL", &self.app.url);
        hook.env("TALLYSTICK_TOKEN", &self.token);
        tokio::task::spawn_blocking(move || hook.output().unwrap())
            .await
            .unwrap()
    }

    /// What a successful run prints.
    async fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            said(&output.stderr)
        );
        said(&output.stdout).trim().to_owned()
    }

    async fn latest(&self) -> Value {
        self.app
            .get("/v1/deployments/latest")
            .await
            .expect(200)
            .json()
    }
}

fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    if !found {
        println!("skipped: curl is not installed");
    }
    found
}

on_both_engines! {
    async fn a_pipeline_reports_each_step(db) {
        if !has_curl() {
            return;
        }
        let app = App::start(db).await;
        let pipeline = Pipeline::with(&app, &[Scope::DeploymentsWrite]).await;
        let id = pipeline.said(&["begin", "0123abcdef", "main", "push", "ann \"the\" builder"]).await;
        let begun = pipeline.latest().await;
        assert_eq!(begun["id"], id.as_str());
        assert_eq!(begun["deployed_by"], "ann \"the\" builder");
        assert_eq!(begun["trigger"], "push");

        let folder = tempfile::tempdir().unwrap();
        let report = folder.path().join("report.md");
        std::fs::write(&report, "# 12 tests\n\n\t\"all\" passed \\o/ é\n").unwrap();
        pipeline.said(&["step", &id, "testing", report.to_str().unwrap()]).await;
        let tested = pipeline.latest().await;
        assert_eq!(tested["status"], "testing");
        assert_eq!(tested["report_text"], "# 12 tests\n\n\t\"all\" passed \\o/ é\n");
        pipeline.said(&["step", &id, "deploying"]).await;
        pipeline.said(&["rolled-back", &id, "500s, \"many\" of them"]).await;
        let ended = pipeline.latest().await;
        assert_eq!(ended["status"], "rolled_back");
        assert_eq!(ended["rollback_reason"], "500s, \"many\" of them");
        assert_eq!(ended["report_text"], tested["report_text"]);
    }

    async fn a_pipeline_hears_what_was_refused_and_why(db) {
        if !has_curl() {
            return;
        }
        let app = App::start(db).await;
        let pipeline = Pipeline::with(&app, &[Scope::DeploymentsWrite]).await;
        let id = pipeline.said(&["begin", "0123abcdef", "main", "push", "ann"]).await;
        let stranger = Pipeline::with(&app, &[Scope::BooksWrite]).await;
        for (pipeline, arguments, expected) in [
            (&pipeline, &["step", &id, "healthy"][..], "deployment_path"),
            (&pipeline, &["begin", "HEAD", "main", "push", "ann"], "hexadecimal"),
            (&stranger, &["step", &id, "testing"], "permission_denied"),
            (&pipeline, &["celebrate"], "usage"),
        ] {
            let output = pipeline.run(arguments).await;
            assert!(!output.status.success(), "{arguments:?}");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(expected), "{arguments:?}: {said}");
            assert!(!said.contains(&pipeline.token), "the token was told");
        }
        assert_eq!(pipeline.latest().await["status"], "building");
    }
}
