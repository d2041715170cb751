//! What people decide on before a job acts.

use chrono::{TimeDelta, Utc};
use entity::{
    values::{ApprovalStatus, UserRole},
    workflow::approval,
};
use identity::Scope;
use reqwest::{Client, Method};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::{Value, json};
use testkit::on_both_engines;
use workflow::jobs::Lease;

use crate::app::{App, Reply, books::id_of, people::client_with};

const ADA: &str = "ada@example.org";

fn proposal(lease: &Lease) -> Value {
    json!({
        "lease_token": lease.token,
        "attempt": lease.attempt,
        "proposal_text": "Buy 10 NKE",
        "action": {"tool": "order", "symbol": "NKE", "quantity": "10"},
    })
}

fn consumption(lease: &Lease, hash: &Value) -> Value {
    json!({"lease_token": lease.token, "attempt": lease.attempt, "action_hash": hash})
}

async fn post_as(app: &App, client: &Client, path: &str, body: &Value) -> Reply {
    let request = client.request(Method::POST, format!("{}{path}", app.url));
    app.send(request.json(body)).await
}

/// The client of a program that works on the owner's jobs and may vote as well.
async fn program(app: &App) -> Client {
    let scopes = [Scope::JobsWork, Scope::ApprovalsVote];
    client_with(&app.people.api_token(app.user, &scopes).await)
}

async fn propose(app: &App, client: &Client, lease: &Lease, body: &Value) -> Value {
    let path = format!("/v1/jobs/{}/approvals", lease.job);
    post_as(app, client, &path, body).await.expect(201).json()
}

on_both_engines! {
    async fn a_program_asks_a_person_decides_and_the_program_acts_once(db) {
        let app = App::start(db).await;
        let program = program(&app).await;
        let lease = app.running_job(app.user).await;
        let path = format!("/v1/jobs/{}/approvals", lease.job);
        let made = post_as(&app, &program, &path, &proposal(&lease)).await.expect(201);
        let asked = made.json();
        let id = id_of(&asked);
        assert_eq!(made.header("location"), Some(format!("/v1/approvals/{id}").as_str()));
        assert_eq!(asked["status"], "pending");
        assert_eq!(asked["requested_by_kind"], "token");
        let pending = app.get("/v1/approvals?status=pending").await.expect(200).json();
        assert_eq!(pending["items"], json!([asked]));
        let of_job = app.get(&format!("/v1/approvals?job={}", lease.job)).await.json();
        assert_eq!(of_job["items"][0]["id"], asked["id"]);

        let votes = format!("/v1/approvals/{id}/votes");
        let approve = json!({"vote": "approve", "reason": "cheap"});
        post_as(&app, &program, &votes, &approve).await.problem(403, "own_proposal");
        let approved = app.post(&votes, &approve).await.expect(200).json();
        assert_eq!(approved["status"], "approved");
        app.post(&votes, &approve).await.problem(409, "approval_resolved");
        let detail = app.get(&format!("/v1/approvals/{id}")).await.expect(200).json();
        assert_eq!(detail["votes"][0]["voter_user_id"], app.user.to_string());
        assert_eq!(detail["votes"][0]["reason"], "cheap");
        assert_eq!(detail["status"], "approved");

        let consume = format!("/v1/approvals/{id}/consume");
        let hash = &asked["action_hash"];
        post_as(&app, &program, &consume, &consumption(&lease, hash)).await
            .problem(409, "lease_lost");
        let second = app.claimed_job(app.user).await;
        let other = json!(format!("sha256:{}", "0".repeat(64)));
        post_as(&app, &program, &consume, &consumption(&second, &other)).await
            .problem(409, "action_changed");
        let body = consumption(&second, hash);
        let first = post_as(&app, &program, &consume, &body).await.expect(200).json();
        assert_eq!((&first["status"], &first["action"]), (&json!("consumed"), &asked["action"]));
        post_as(&app, &program, &consume, &body).await.problem(409, "approval_consumed");
        let page = app.get("/v1/audit?limit=100").await.expect(200).json();
        let rows = page["items"].as_array().unwrap().iter();
        let about = rows.filter(|row| row["resource_id"] == id.as_str());
        let actions: Vec<&Value> = about.map(|row| &row["action"]).collect();
        assert_eq!(actions, ["approval.vote"]);
    }

    async fn an_answer_that_got_lost_can_be_asked_for_again(db) {
        let app = App::start(db).await;
        let program = program(&app).await;
        let lease = app.running_job(app.user).await;
        let mut body = proposal(&lease);
        body["park"] = json!(false);
        let asked = propose(&app, &program, &lease, &body).await;
        let id = id_of(&asked);
        let vote = json!({"vote": "approve"});
        app.post(&format!("/v1/approvals/{id}/votes"), &vote).await.expect(200);
        let consume = async || {
            let url = format!("{}/v1/approvals/{id}/consume", app.url);
            let request = program.request(Method::POST, url).header("idempotency-key", "order-1");
            app.send(request.json(&consumption(&lease, &asked["action_hash"]))).await
        };
        let first = consume().await.expect(200).json();
        assert_eq!(consume().await.expect(200).json(), first);
    }

    async fn whom_an_approval_names_sees_it_and_decides_and_nobody_else(db) {
        let app = App::start(db).await;
        let program = program(&app).await;
        let ada = app.someone(ADA, UserRole::User).await;
        let eve = app.someone("eve@example.org", UserRole::Admin).await;
        let lease = app.running_job(app.user).await;
        let mut body = proposal(&lease);
        body["approvers"] = json!([ADA]);
        body["quorum"] = json!(2);
        let id = id_of(&propose(&app, &program, &lease, &body).await);
        let path = format!("/v1/approvals/{id}");
        let votes = format!("{path}/votes");
        let approve = json!({"vote": "approve"});
        let get_as = async |client: &Client, path: &str| {
            app.send(client.request(Method::GET, format!("{}{path}", app.url))).await
        };
        get_as(&eve.client, &path).await.problem(404, "approval_not_found");
        post_as(&app, &eve.client, &votes, &approve).await.problem(404, "approval_not_found");
        assert_eq!(get_as(&eve.client, "/v1/shared-approvals").await.json()["items"], json!([]));

        let shared = get_as(&ada.client, "/v1/shared-approvals").await.expect(200).json();
        assert_eq!(shared["items"][0]["approval_id"], id.as_str());
        assert_eq!(shared["items"][0]["owner_user_id"], app.user.to_string());
        assert_eq!(get_as(&ada.client, "/v1/approvals").await.json()["items"], json!([]));
        let seen = get_as(&ada.client, &path).await.expect(200).json();
        assert_eq!(seen["approvers"], json!([ada.id.to_string()]));
        let voted = post_as(&app, &ada.client, &votes, &approve).await.expect(200).json();
        assert_eq!(voted["status"], "pending");
        post_as(&app, &ada.client, &votes, &approve).await.problem(409, "already_voted");
        post_as(&app, &ada.client, &format!("{path}/cancel"), &json!({})).await
            .problem(404, "approval_not_found");
        assert_eq!(app.post(&votes, &approve).await.expect(200).json()["status"], "approved");
        let page = app.get("/v1/audit?limit=100").await.expect(200).json();
        let rows = page["items"].as_array().unwrap().iter();
        let by_ada = rows.filter(|row| row["actor_user_id"] == ada.id.to_string().as_str());
        let mut actions: Vec<&str> = by_ada.map(|row| row["action"].as_str().unwrap()).collect();
        actions.sort_unstable();
        assert_eq!(actions, ["approval.enter", "approval.enter", "approval.enter", "approval.vote"]);
    }

    async fn what_is_past_its_time_is_refused(db) {
        let app = App::start(db).await;
        let lease = app.running_job(app.user).await;
        let asked = app.proposed(app.user, &lease).await;
        let votes = format!("/v1/approvals/{}/votes", asked.id);
        app.post(&votes, &json!({"vote": "reject"})).await.problem(422, "validation_failed");
        let age = approval::Entity::update_many()
            .col_expr(
                approval::Column::ExpiresAt,
                Expr::value(Utc::now() - TimeDelta::seconds(1)),
            )
            .filter(approval::Column::Id.eq(asked.id));
        age.exec(&app.database).await.unwrap();
        let approve = json!({"vote": "approve"});
        app.post(&votes, &approve).await.problem(409, "approval_expired");
        let cancel = format!("/v1/approvals/{}/cancel", asked.id);
        let canceled = app.post(&cancel, &json!({})).await.expect(200).json();
        assert_eq!(canceled["status"], ApprovalStatus::Canceled.as_str());
        app.post(&cancel, &json!({})).await.problem(409, "approval_resolved");
    }

    async fn what_cannot_be_proposed_is_refused(db) {
        let app = App::start(db).await;
        let program = program(&app).await;
        let lease = app.running_job(app.user).await;
        let path = format!("/v1/jobs/{}/approvals", lease.job);
        for (member, value, status, code) in [
            ("unknown", json!(1), 400, "body_invalid"),
            ("action", json!([]), 400, "body_invalid"),
            ("action", json!({"n": 9_007_199_254_740_993_i64}), 422, "validation_failed"),
            ("expires_in_seconds", json!(0), 422, "validation_failed"),
            ("expires_in_seconds", json!(i64::MAX), 422, "validation_failed"),
            ("quorum", json!(2), 422, "validation_failed"),
            ("allows_self_vote", json!(true), 422, "validation_failed"),
            ("attempt", json!(lease.attempt + 1), 409, "lease_lost"),
        ] {
            let mut body = proposal(&lease);
            body[member] = value;
            post_as(&app, &program, &path, &body).await.problem(status, code);
        }
        let nobodys = format!("/v1/jobs/{}/approvals", app.user);
        post_as(&app, &program, &nobodys, &proposal(&lease)).await.problem(404, "job_not_found");
    }
}
