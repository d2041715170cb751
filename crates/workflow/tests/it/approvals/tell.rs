//! Who hears of it: the thread's stream, and endpoints of webhooks.

use std::sync::Arc;

use db::Tx;
use entity::{
    values::{JobMode, JobStatus},
    workflow::job,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use testkit::on_both_engines;
use testservers::{Reply, WebServer};
use workflow::{
    Error, approvals,
    approvals::NewApproval,
    jobs::{self, Completion},
    webhooks::{self, Client, Endpoint, Endpoints, NewEndpoint, Sender},
};

use super::{races::told, *};

pub const OWNER: &str = "owner@example.org";

pub fn endpoint(name: &str, user: &str, url: &str, events: &[&str]) -> Endpoint {
    let new = NewEndpoint {
        name,
        user,
        url,
        secrets: &["whsec_47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
        events,
        allow_private: true,
    };
    Endpoint::new(new).unwrap()
}

pub async fn register(ctx: &Ctx, endpoints: &Endpoints) -> Vec<String> {
    let work = async |tx: Tx| webhooks::register(&tx, endpoints, ctx.now()).await;
    ctx.database.write(work).await.unwrap()
}

/// The messages that wait to be delivered: to whom, and of what.
async fn queued(ctx: &Ctx) -> Vec<(String, String)> {
    let jobs = job::Entity::find()
        .filter(job::Column::Mode.eq(JobMode::Deliver))
        .filter(job::Column::Status.eq(JobStatus::Queued))
        .order_by_asc(job::Column::Id)
        .all(&ctx.database)
        .await
        .unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let told = jobs.iter().map(|job| {
        let payload = &job.payload_json;
        (text(&payload["endpoint"]), text(&payload["body"]["type"]))
    });
    let mut told: Vec<(String, String)> = told.collect();
    told.sort();
    told
}

fn named(told: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, event): &(&str, &str)| ((*name).to_owned(), (*event).to_owned());
    told.iter().map(owned).collect()
}

on_both_engines! {
    async fn every_step_is_a_line_of_the_threads_stream(db) {
        let ctx = db.ctx().await;
        let bob = person(&ctx, &db.database, BOB).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let new = NewApproval { approvers: vec![BOB.to_owned()], quorum: 2, ..proposal() };
        let asked = propose(&worker, &lease, new).await;
        approve(&ctx, asked.id).await.unwrap();
        approve(&entered(&bob, asked.id).await.unwrap(), asked.id).await.unwrap();
        let second = claimed(&ctx).await;
        consume(&worker, asked.id, &second, &asked.action_hash).await.unwrap();
        let expected = ["pending", "pending", "approved", "consumed"];
        assert_eq!(told(&ctx, asked.thread_id).await, expected);
    }

    async fn endpoints_hear_what_they_want_to_of_their_users_approvals(db) {
        let ctx = db.ctx().await;
        person(&ctx, &db.database, BOB).await;
        let url = "https://hooks.example/";
        let endpoints = Endpoints::from_iter([
            endpoint("all", OWNER, url, &[]),
            endpoint("outcomes", OWNER, url, &["approval.resolved"]),
            endpoint("bobs", BOB, url, &[]),
            endpoint("nobodys", "no@body", url, &[]),
        ]);
        assert_eq!(register(&ctx, &endpoints).await, ["nobodys"]);
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        assert_eq!(queued(&ctx).await, named(&[("all", "approval.proposed")]));
        approve(&ctx, asked.id).await.unwrap();
        let all = named(&[
            ("all", "approval.proposed"),
            ("all", "approval.resolved"),
            ("outcomes", "approval.resolved"),
        ]);
        assert_eq!(queued(&ctx).await, all);

        // An endpoint that is not configured any more hears nothing.
        register(&ctx, &Endpoints::default()).await;
        let second = running_after(&ctx, "chat-2", &lease).await;
        propose(&worker, &second, proposal()).await;
        assert_eq!(queued(&ctx).await, all);
    }

    async fn what_is_rolled_back_is_told_to_nobody(db) {
        let ctx = db.ctx().await;
        let endpoints = [endpoint("all", OWNER, "https://hooks.example/", &[])].into_iter().collect();
        register(&ctx, &endpoints).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let work = async |tx: Tx| -> Result<(), Error> {
            let asked = approvals::propose(&worker, &tx, &lease, proposal()).await?;
            Err(Error::ApprovalPending { id: asked.id })
        };
        worker.database.write(work).await.unwrap_err();
        assert_eq!(queued(&ctx).await, []);
        assert_eq!(job(&ctx, lease.job).await.status, JobStatus::Running);
    }

    async fn a_queued_message_is_sent_as_it_was_told(db) {
        let ctx = db.ctx().await;
        let server = WebServer::start(|_, _| Reply::status(204, ""));
        let endpoints = Endpoints::from_iter([endpoint("all", OWNER, &server.url(), &[])]);
        register(&ctx, &endpoints).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        let delivery = claim(&ctx, JobMode::Deliver).await.remove(0);
        let sender = Sender::new(Arc::new(endpoints), Client::new());
        let id = webhooks::message_id(delivery.id);
        let status = sender.send(&delivery.payload_json, &id, ctx.now()).await.unwrap();
        let complete = async |tx: Tx| {
            let lease = Lease::of(&delivery).unwrap();
            let done = Completion { lease, result: Some(json!({ "status": status })) };
            jobs::complete(&ctx, &tx, None, done).await
        };
        ctx.database.write(complete).await.unwrap();
        let sent = &server.asked()[0];
        assert_eq!(sent.header("webhook-id"), Some(id.as_str()));
        let body: serde_json::Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["type"], "approval.proposed");
        assert_eq!(body["data"]["approval_id"], asked.id.to_string());
        assert_eq!(body["data"]["status"], "pending");
        assert_eq!(body["data"].get("action"), None);
    }
}

/// As [`running`], once another job is out of the way.
async fn running_after(ctx: &Ctx, chat: &str, before: &Lease) -> Lease {
    let cancel = async |tx: Tx| jobs::cancel(ctx, &tx, before.job).await;
    ctx.database.write(cancel).await.unwrap();
    running(ctx, chat).await
}
