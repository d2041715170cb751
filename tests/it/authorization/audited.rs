//! Every change leaves one row in the audit log, and every refused attempt too.

use api::access::{OPERATIONS, Operation, Who};
use entity::values::UserRole;
use serde_json::Value;
use testkit::on_both_engines;

use super::stage::{Stage, Whose};

/// What a request that was carried out does not write, since it changed nothing.
fn changes_nothing(id: &str) -> bool {
    ["log_in", "refresh_session", "change_password"].contains(&id)
}

/// What machines do all the time, and what their own rows tell.
const UNAUDITED: [&str; 16] = [
    "post_message",
    "attach_artifact",
    "update_artifact",
    "enqueue_jobs",
    "claim_jobs",
    "complete_jobs",
    "extend_lease",
    "complete_job",
    "fail_job",
    "park_job",
    "propose_action",
    "consume_approval",
    "log_token_usage",
    "reserve_tokens",
    "settle_token_reservation",
    "release_token_reservation",
];

fn is_change(operation: &Operation) -> bool {
    operation.method != "GET"
}

on_both_engines! {
    async fn every_change_and_every_refusal_leaves_one_row(db) {
        let stage = Stage::set(db).await;
        let mut done = 0;
        for operation in OPERATIONS {
            let Some(action) = operation.action else { continue };
            for role in [UserRole::Admin, UserRole::Viewer] {
                let scene = stage.scene(operation, role, Whose::Own).await;
                let before = stage.newest_row().await;
                let reply = scene.ask(operation, &scene.actor.client).await;
                let rows = stage.rows_after(before).await;
                let is_success = (200..300).contains(&reply.status);
                let is_refusal = [401, 403].contains(&reply.status);
                if !is_success && !is_refusal {
                    assert!(rows.is_empty(), "{}: {rows:?}", operation.id);
                    continue;
                }
                assert_eq!(rows.len(), 1, "{} as {role}: {} {rows:?}", operation.id, reply.text);
                let row = &rows[0];
                assert_eq!(row["action"], action);
                assert_eq!(row["outcome"], if is_success { "done" } else { "refused" });
                assert_eq!(row["request_id"].as_str(), reply.header("x-request-id"));
                assert_eq!(row["ip"], "127.0.0.1");
                assert_ne!(row["user_agent"], Value::Null);
                if let Who::Least(..) = operation.who {
                    let actor = scene.actor.id.to_string();
                    assert_eq!(row["actor_user_id"], actor.as_str(), "{}", operation.id);
                }
                done += usize::from(is_success && !changes_nothing(operation.id));
            }
        }
        println!("{done} kinds of change were written down");
        assert!(done >= 20, "{done}");
    }

    async fn what_machines_do_leaves_no_row_unless_it_is_refused(db) {
        let stage = Stage::set(db).await;
        let unwritten = OPERATIONS.iter().filter(|one| is_change(one) && one.action.is_none());
        let ids: Vec<_> = unwritten.clone().map(|one| one.id).collect();
        assert_eq!(ids, UNAUDITED);
        for operation in unwritten {
            for role in [UserRole::Admin, UserRole::Viewer] {
                let scene = stage.scene(operation, role, Whose::Own).await;
                let before = stage.newest_row().await;
                let reply = scene.ask(operation, &scene.actor.client).await;
                let rows = stage.rows_after(before).await;
                if role == UserRole::Viewer {
                    assert_eq!((reply.status, rows.len()), (403, 1), "{}: {rows:?}", operation.id);
                    assert_eq!(rows[0]["outcome"], "refused");
                } else {
                    assert!(![401, 403].contains(&reply.status), "{}: {}", operation.id, reply.text);
                    assert!(rows.is_empty(), "{}: {rows:?}", operation.id);
                }
            }
        }
    }
}
