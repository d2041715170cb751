//! A request for each operation that is well-formed, so that whoever may ask gets an answer.

use api::access::Operation;
use serde_json::{Value, json};
use uuid::Uuid;

use super::stage::Scene;
use crate::app::books::LEDGER;

pub fn is_about_a_portfolio(operation: &Operation) -> bool {
    operation.path.starts_with("/v1/portfolios/{id}")
        || ["execute_pattern", "diff_packs"].contains(&operation.id)
}

pub fn is_about_work(operation: &Operation) -> bool {
    ["/v1/jobs", "/v1/schedules"]
        .iter()
        .any(|start| operation.path.starts_with(start))
}

/// The path with what it is about, and its query.
pub fn path(operation: &Operation, scene: &Scene<'_>) -> String {
    let kinds = [
        ("/v1/portfolios/", scene.things.portfolio.as_str()),
        ("/v1/imports/", &scene.things.import),
        ("/v1/executions/", &scene.things.execution),
        ("/v1/api-tokens/", &scene.things.api_token),
        ("/v1/approvals/", &scene.things.approval),
        ("/v1/tokens/budgets/", &scene.things.token_budget),
        ("/v1/tokens/reservations/", &scene.things.token_reservation),
        ("/v1/deployments/", &scene.things.deployment),
        ("/v1/users/", &scene.bystander),
        ("/v1/packs/", "PP_2025-10-21"),
        ("/v1/patterns/", "portfolio_overview"),
        ("/v1/securities/", &scene.security),
        ("/v1/threads/", &scene.things.thread),
        ("/v1/jobs/", &scene.things.job),
        ("/v1/schedules/", &scene.things.schedule),
        ("/v1/messages/", &scene.things.message),
        ("/v1/artifacts/", &scene.things.artifact),
    ];
    let about = kinds
        .iter()
        .find(|(start, _)| operation.path.starts_with(start));
    let path = operation
        .path
        .replace("{id}", about.map_or("", |(_, id)| id))
        .replace("{user_id}", &scene.bystander)
        .replace("{transaction_id}", &scene.things.transaction)
        .replace("{reconciliation_id}", &scene.things.reconciliation)
        .replace("{symbol}", "NKE")
        .replace("{mode}", "answer")
        .replace("{other}", "PP_2025-10-21")
        .replace("{code}", "name_taken")
        .replace("{file:.*}", "index.html");
    match operation.id {
        "import_ledger" => format!("{path}?accounts=Assets:Broker"),
        "reconcile_portfolio" => format!("{path}?accounts=Assets:Broker&pack_id=PP_2025-10-21"),
        "export_books" => format!("{path}?format=json"),
        "stream_thread_events" => format!("{path}?follow=false"),
        "search_messages" => format!("{path}?q=word"),
        "diff_packs" => format!("{path}?portfolio_id={}", scene.things.portfolio),
        _ => path,
    }
}

/// The body's media type, and the body.
pub fn body(operation: &Operation, scene: &Scene<'_>) -> Option<(&'static str, String)> {
    let unique = Uuid::now_v7().simple().to_string();
    let symbol = unique[12..].to_uppercase();
    let email = format!("{unique}@example.org");
    let password = format!("correct horse {unique}");
    let json = match operation.id {
        "create_portfolio" => json!({"name": unique, "base_currency": "USD"}),
        "update_portfolio" => json!({"name": unique}),
        "share_portfolio" => json!({"email": scene.bystander_email, "permission": "read"}),
        "record_transactions" => json!({
            "kind": "deposit", "trade_date": "2025-10-20", "amount": "10", "currency": "USD",
        }),
        "create_security" => {
            json!({"symbol": symbol, "name": "A", "kind": "equity", "currency": "USD"})
        }
        "create_pack" => json!({"asof_date": "2025-10-20"}),
        "mark_pack_failed" => json!({"message": "late"}),
        "restate_pack" => json!({"reason": "late prices"}),
        "execute_pattern" => {
            json!({"pattern_id": "portfolio_overview", "portfolio_id": scene.things.portfolio})
        }
        "propose_action" => json!({
            "lease_token": scene.things.lease_token(), "attempt": 1, "proposal_text": "Buy 10 NKE",
            "action": {"tool": "order"},
        }),
        "vote_on_approval" => json!({"vote": "approve"}),
        "consume_approval" => json!({
            "lease_token": scene.things.lease_token(), "attempt": 1,
            "action_hash": format!("sha256:{}", "0".repeat(64)),
        }),
        "log_in" => json!({"email": email, "password": password}),
        "refresh_session" => json!({"refresh_token": unique}),
        "log_out" | "redrive_job" => json!({}),
        "change_password" => json!({"current_password": unique, "new_password": password}),
        "update_me" | "update_user" => json!({"display_name": "Somebody"}),
        "create_api_token" => json!({"name": "bot", "scopes": ["books:read"]}),
        "add_user" => json!({"email": email, "display_name": "A", "role": "user"}),
        "set_password" => json!({"password": password}),
        "enqueue_jobs" => json!({"jobs": [{"thread_id": scene.things.thread, "mode": "plan"}]}),
        "claim_jobs" => json!({"worker": "w"}),
        "complete_jobs" => json!({"jobs": [
            {"id": scene.things.job, "lease_token": scene.things.lease_token(), "attempt": 1},
        ]}),
        "extend_lease" | "complete_job" | "park_job" => {
            json!({"lease_token": scene.things.lease_token(), "attempt": 1})
        }
        "fail_job" => {
            json!({"lease_token": scene.things.lease_token(), "attempt": 1, "error": "no"})
        }
        "create_schedule" => json!({
            "thread_id": scene.things.thread, "name": unique, "cron": "0 9 * * *", "mode": "plan",
        }),
        "update_schedule" => json!({"is_active": false}),
        "import_ledger" | "reconcile_portfolio" => return Some(("text/plain", LEDGER.to_owned())),
        "load_prices" => return Some(csv("symbol,close,currency\nNKE,74.5,USD\n")),
        "load_fx_rates" => return Some(csv("base,quote,rate\nUSD,CAD,1.4\n")),
        "log_token_usage" | "settle_token_reservation" => json!({
            "scope": "reactive", "provider": "anthropic", "model": "small", "request_id": unique,
            "input_tokens": 100, "output_tokens": 20,
        }),
        "set_token_budget" => token_budget(),
        "reserve_tokens" => json!({"scope": "reactive", "estimated_tokens": 100}),
        "create_deployment" => deployment(),
        "update_deployment" => json!({"report_text": "Built."}),
        _ if operation.method == "GET" || operation.method == "DELETE" => return None,
        "mark_pack_fresh"
        | "replay_execution"
        | "end_sessions"
        | "void_transaction"
        | "cancel_job"
        | "cancel_jobs_of_thread"
        | "pause_mode"
        | "resume_mode"
        | "cancel_approval"
        | "release_token_reservation" => {
            return None;
        }
        "put_thread" => json!({"platform": "chat", "chat_id": unique}),
        "post_message" => json!({"role": "user", "text": "a word"}),
        "attach_artifact" => json!({"kind": "ocr_text", "content": unique}),
        "update_artifact" => json!({"content": unique}),
        "receive_signal" => Value::Null,
        other => panic!("{other} has no request here: add one"),
    };
    Some(("application/json", json.to_string()))
}

pub fn token_budget() -> Value {
    json!({"scope": "all", "period": "month", "unit": "tokens", "limit": "1000000"})
}

pub fn deployment() -> Value {
    json!({"git_sha": "0123abc", "branch": "main", "trigger": "push", "deployed_by": "ann"})
}

fn csv(text: &str) -> (&'static str, String) {
    ("text/csv", text.to_owned())
}
