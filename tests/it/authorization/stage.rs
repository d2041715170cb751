//! Two users with books, and what stands between them.

use api::access::Operation;
use entity::values::{SharePermission, UserRole};
use identity::Scope;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use testkit::TestDatabase;
use uuid::Uuid;

use super::requests;
use crate::app::{App, Reply, Someone, books::id_of};

/// Whose the thing is that is asked for, as the actor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    Own,
    Shared(SharePermission),
    Anothers,
}

/// A service with a pack, and a user who owns things.
pub struct Stage {
    app: App,
    other: Someone,
    bystander: Someone,
    security: String,
}

/// One user of some role, and things that are theirs or another's.
pub struct Scene<'a> {
    stage: &'a Stage,
    pub actor: Someone,
    pub things: Things,
    pub security: String,
    /// With whom the portfolio is shared as well.
    pub bystander: String,
    pub bystander_email: &'static str,
}

/// Ids of what the operation needs; the others are empty.
#[derive(Default)]
pub struct Things {
    pub portfolio: String,
    pub import: String,
    pub execution: String,
    pub api_token: String,
    pub transaction: String,
    pub reconciliation: String,
    pub thread: String,
    pub job: String,
    /// Of the job, while it runs.
    pub lease: String,
    pub schedule: String,
    pub approval: String,
    pub token_budget: String,
    pub token_reservation: String,
    pub deployment: String,
    pub message: String,
    pub artifact: String,
}

impl Things {
    /// A token that is well-formed, also where none is needed.
    pub fn lease_token(&self) -> String {
        if self.lease.is_empty() {
            Uuid::now_v7().to_string()
        } else {
            self.lease.clone()
        }
    }
}

const BYSTANDER: &str = "bystander@example.org";

impl Stage {
    pub async fn set(db: TestDatabase) -> Self {
        let app = App::start(db).await;
        let security = app.new_security("NKE").await;
        app.fresh_pack("2025-10-21", "NKE,74.5,USD").await;
        let other = app.someone("other@example.org", UserRole::Admin).await;
        let bystander = app.someone(BYSTANDER, UserRole::User).await;
        Self {
            app,
            other,
            bystander,
            security,
        }
    }

    /// A new user of this role, and things of `whose`.
    pub async fn scene(&self, operation: &Operation, role: UserRole, whose: Whose) -> Scene<'_> {
        let email = format!("{}@example.org", Uuid::now_v7().simple());
        let actor = self.app.someone(&email, UserRole::Admin).await;
        let owner = if whose == Whose::Own {
            &actor
        } else {
            &self.other
        };
        let is_about = |start: &str| operation.path.starts_with(start);
        let mut things = Things::default();
        if requests::is_about_a_portfolio(operation) || is_about("/v1/imports/{") {
            things.portfolio = self.portfolio_of(owner).await;
            self.share(owner, &things.portfolio, BYSTANDER, SharePermission::Read)
                .await;
            if let Whose::Shared(permission) = whose {
                self.share(owner, &things.portfolio, &email, permission)
                    .await;
            }
        }
        if is_about("/v1/imports/{") {
            things.import = self.import_of(owner, &things.portfolio).await;
        }
        if operation.path.contains("{transaction_id}") {
            things.transaction = self.transaction_of(owner, &things.portfolio).await;
        }
        if operation.path.contains("{reconciliation_id}") {
            things.reconciliation = self.reconciliation_of(owner, &things.portfolio).await;
        }
        if is_about("/v1/executions/{") {
            things.execution = self.execution_of(owner).await;
        }
        if is_about("/v1/api-tokens/{") {
            things.api_token = self.api_token_of(owner).await;
        }
        if requests::is_about_work(operation) {
            self.work_of(owner, operation, &mut things).await;
        }
        if ["/v1/threads/{", "/v1/messages/{", "/v1/artifacts/{"]
            .into_iter()
            .any(is_about)
        {
            self.converse(owner, &mut things).await;
        }
        if is_about("/v1/approvals/{") || operation.id == "propose_action" {
            let lease = self.app.running_job(owner.id).await;
            things.job = lease.job.to_string();
            things.lease = lease.token.to_string();
            if is_about("/v1/approvals/{") {
                things.approval = self.app.proposed(owner.id, &lease).await.id.to_string();
            }
        }
        if is_about("/v1/tokens/budgets/{") {
            things.token_budget = self.token_budget_of(owner).await;
        }
        if is_about("/v1/tokens/reservations/{") {
            let new = json!({"scope": "reactive", "estimated_tokens": 100});
            let reserved = self.post(owner, "/v1/tokens/reservations", &new).await;
            things.token_reservation = id_of(&reserved["reservation"]);
        }
        if is_about("/v1/deployments/") {
            let new = requests::deployment();
            let begun = self.post(&self.other, "/v1/deployments", &new).await;
            things.deployment = id_of(&begun);
        }
        self.app.people.set_role(actor.id, role).await;
        Scene {
            stage: self,
            actor,
            things,
            security: self.security.clone(),
            bystander: self.bystander.id.to_string(),
            bystander_email: BYSTANDER,
        }
    }

    /// A thread with a message, and an artifact of that.
    async fn converse(&self, owner: &Someone, things: &mut Things) {
        let chat = json!({"platform": "chat", "chat_id": Uuid::now_v7().to_string()});
        let put = self.app.request_as(owner, Method::PUT, "/v1/threads");
        let made = self.app.send(put.json(&chat)).await.expect(201);
        things.thread = id_of(&made.json());
        let path = format!("/v1/threads/{}/messages", things.thread);
        let message = json!({"role": "user", "text": "a word"});
        things.message = id_of(&self.post(owner, &path, &message).await["message"]);
        let path = format!("/v1/messages/{}/artifacts", things.message);
        let artifact = json!({"kind": "ocr_text", "content": 1});
        things.artifact = id_of(&self.post(owner, &path, &artifact).await);
    }

    async fn transaction_of(&self, owner: &Someone, portfolio: &str) -> String {
        let path = format!("/v1/portfolios/{portfolio}/transactions");
        let deposit = json!({
            "kind": "deposit", "trade_date": "2025-10-19", "amount": "20", "currency": "USD",
        });
        let recorded = self.post(owner, &path, &deposit).await;
        id_of(&recorded["transactions"][0])
    }

    /// A thread with a job that the operation may be done to, and a schedule.
    async fn work_of(&self, owner: &Someone, operation: &Operation, things: &mut Things) {
        self.converse(owner, things).await;
        let job =
            json!({"jobs": [{"thread_id": things.thread, "mode": "answer", "max_attempts": 1}]});
        let enqueued = self.post(owner, "/v1/jobs", &job).await;
        things.job = id_of(&enqueued["jobs"][0]);
        let needs_lease = [
            "extend_lease",
            "complete_job",
            "fail_job",
            "park_job",
            "redrive_job",
        ];
        if needs_lease.contains(&operation.id) {
            // Jobs of scenes before may stand in front.
            let claim = json!({"worker": "w", "limit": 500});
            let claimed = self.post(owner, "/v1/jobs/claim", &claim).await;
            let mut claimed = claimed["jobs"].as_array().unwrap().iter();
            let own = claimed
                .find(|job| job["id"] == things.job.as_str())
                .unwrap();
            let token = own["lease_token"].as_str().unwrap();
            token.clone_into(&mut things.lease);
        }
        if operation.id == "redrive_job" {
            let failed = json!({"lease_token": things.lease, "attempt": 1, "error": "no"});
            self.post(owner, &format!("/v1/jobs/{}/fail", things.job), &failed)
                .await;
        }
        if operation.path.starts_with("/v1/schedules/{") {
            let schedule = json!({
                "thread_id": things.thread, "name": "daily", "cron": "0 9 * * *", "mode": "plan",
            });
            things.schedule = id_of(&self.post(owner, "/v1/schedules", &schedule).await);
        }
    }

    /// The number of the newest row of the audit log.
    pub async fn newest_row(&self) -> i64 {
        let page = self.app.get("/v1/audit?limit=1").await.expect(200).json();
        page["items"][0]["seq"].as_i64().unwrap_or_default()
    }

    pub async fn rows_after(&self, seq: i64) -> Vec<Value> {
        let page = self.app.get("/v1/audit?limit=10").await.expect(200).json();
        let rows = page["items"].as_array().unwrap().iter();
        rows.filter(|row| row["seq"].as_i64().unwrap() > seq)
            .cloned()
            .collect()
    }

    pub async fn token_of(&self, owner: &Someone, scopes: &[Scope]) -> String {
        self.app.people.api_token(owner.id, scopes).await
    }

    async fn portfolio_of(&self, owner: &Someone) -> String {
        let name = Uuid::now_v7().to_string();
        let new = json!({"name": name, "base_currency": "USD"});
        id_of(&self.post(owner, "/v1/portfolios", &new).await)
    }

    async fn import_of(&self, owner: &Someone, portfolio: &str) -> String {
        let path = format!("/v1/portfolios/{portfolio}/imports?accounts=Assets:Broker");
        let report = self.send_ledger(owner, &path).await;
        report["import_id"].as_str().unwrap().to_owned()
    }

    async fn reconciliation_of(&self, owner: &Someone, portfolio: &str) -> String {
        let path = format!("/v1/portfolios/{portfolio}/reconciliations");
        let query = "accounts=Assets:Broker&pack_id=PP_2025-10-21";
        id_of(&self.send_ledger(owner, &format!("{path}?{query}")).await)
    }

    async fn send_ledger(&self, owner: &Someone, path: &str) -> Value {
        let request = self.app.request_as(owner, Method::POST, path);
        let ledger = request
            .header("content-type", "text/plain")
            .body(crate::app::books::LEDGER);
        self.app.send(ledger).await.expect(201).json()
    }

    async fn execution_of(&self, owner: &Someone) -> String {
        let portfolio = self.portfolio_of(owner).await;
        let run = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
        let ran = self.post(owner, "/v1/execute", &run).await;
        ran["execution_id"].as_str().unwrap().to_owned()
    }

    async fn api_token_of(&self, owner: &Someone) -> String {
        let new = json!({"name": "bot", "scopes": ["books:read"]});
        id_of(&self.post(owner, "/v1/api-tokens", &new).await)
    }

    async fn token_budget_of(&self, owner: &Someone) -> String {
        let request = self
            .app
            .request_as(owner, Method::PUT, "/v1/tokens/budgets");
        let set = request.json(&requests::token_budget());
        id_of(&self.app.send(set).await.json())
    }

    async fn share(&self, owner: &Someone, portfolio: &str, email: &str, with: SharePermission) {
        let path = format!("/v1/portfolios/{portfolio}/shares");
        let share = json!({"email": email, "permission": with.as_str()});
        self.post(owner, &path, &share).await;
    }

    async fn post(&self, whom: &Someone, path: &str, body: &Value) -> Value {
        let request = self.app.request_as(whom, Method::POST, path).json(body);
        let reply = self.app.send(request).await;
        assert!([200, 201].contains(&reply.status), "{path}: {}", reply.text);
        reply.json()
    }
}

impl Scene<'_> {
    pub async fn ask(&self, operation: &Operation, client: &Client) -> Reply {
        let method: Method = operation.method.parse().unwrap();
        let url = format!("{}{}", self.stage.app.url, requests::path(operation, self));
        let mut request = client.request(method, url);
        if let Some((media_type, body)) = requests::body(operation, self) {
            request = request.header("content-type", media_type).body(body);
        }
        self.stage.app.send(request).await
    }
}
