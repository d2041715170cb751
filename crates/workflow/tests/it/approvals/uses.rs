//! An approved action is done once, by the job that asked, and is the approved one.

use entity::{
    values::{ApprovalStatus, OnRefusal},
    workflow::approval,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, prelude::Uuid, sea_query::Expr};
use testkit::on_both_engines;
use workflow::{
    Error,
    approvals::{NewApproval, action_hash},
};

use super::*;

on_both_engines! {
    async fn an_approval_is_good_once_under_the_lease_of_the_job_that_asked(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let first = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &first, NewApproval { parks: false, ..proposal() }).await;
        let (id, hash) = (asked.id, asked.action_hash.as_str());
        let refused = consume(&worker, id, &first, hash).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalPending { .. }), "{refused}");
        approve(&ctx, id).await.unwrap();
        let other = running(&ctx, "chat-2").await;
        for wrong in [
            Lease { token: Uuid::nil(), ..first },
            Lease { attempt: first.attempt + 1, ..first },
            other,
        ] {
            let refused = consume(&worker, id, &wrong, hash).await.unwrap_err();
            assert!(matches!(refused, Error::LeaseLost { .. }), "{refused}");
        }
        let consumed = consume(&worker, id, &first, hash).await.unwrap();
        assert_eq!(consumed.status, ApprovalStatus::Consumed);
        assert!(consumed.consumed_at.is_some() && consumed.resolved_at.is_some());
        assert_eq!(consumed.action, proposal().action);
        let refused = consume(&worker, id, &first, hash).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalConsumed { .. }), "{refused}");
        assert_eq!(find(&ctx, id).await, consumed);
    }

    async fn a_worker_that_lost_its_lease_consumes_nothing(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let first = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &first, proposal()).await;
        approve(&ctx, asked.id).await.unwrap();
        let hash = asked.action_hash.as_str();
        // Parked: nobody runs it; then somebody else does.
        let refused = consume(&worker, asked.id, &first, hash).await.unwrap_err();
        assert!(matches!(refused, Error::LeaseLost { .. }), "{refused}");
        let second = claimed(&ctx).await;
        let refused = consume(&worker, asked.id, &first, hash).await.unwrap_err();
        assert!(matches!(refused, Error::LeaseLost { .. }), "{refused}");
        consume(&worker, asked.id, &second, hash).await.unwrap();
    }

    async fn an_action_that_was_changed_after_its_approval_is_refused(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, NewApproval { parks: false, ..proposal() }).await;
        approve(&ctx, asked.id).await.unwrap();
        let other = json!({"tool": "order", "symbol": "NKE", "quantity": "100"});
        let other_hash = action_hash(&other).unwrap();
        let refused = consume(&worker, asked.id, &lease, &other_hash).await.unwrap_err();
        assert!(matches!(refused, Error::ActionChanged { .. }), "{refused}");

        // By other hands, in the database itself.
        let tamper = async |tx: Tx| -> Result<(), Error> {
            let changed = approval::Entity::update_many()
                .col_expr(approval::Column::Action, Expr::value(other.clone()))
                .filter(approval::Column::Id.eq(asked.id));
            assert_eq!(changed.exec(&tx).await?.rows_affected, 1);
            Ok(())
        };
        ctx.database.write(tamper).await.unwrap();
        for hash in [&asked.action_hash, &other_hash] {
            let refused = consume(&worker, asked.id, &lease, hash).await.unwrap_err();
            assert!(matches!(refused, Error::ActionChanged { .. }), "{refused}");
        }
        assert_eq!(find(&ctx, asked.id).await.status, ApprovalStatus::Approved);
    }

    async fn what_was_refused_is_not_consumed(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let new = NewApproval { on_refusal: OnRefusal::Resume, ..proposal() };
        let asked = propose(&worker, &lease, new).await;
        reject(&ctx, asked.id).await.unwrap();
        let second = claimed(&ctx).await;
        let refused = consume(&worker, asked.id, &second, &asked.action_hash).await.unwrap_err();
        assert!(
            matches!(refused, Error::ApprovalResolved { status: ApprovalStatus::Rejected, .. }),
            "{refused}"
        );
    }

    async fn an_action_keeps_its_hash_in_the_database(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        // Forms that an engine's own JSON may write otherwise.
        let text = r#"{"z": 1e2, "a": [1.0, -0.0, 1e-7, 0.1, 123456.789e3], "é": "\u20ac\ud83d\ude00",
            "b": {"y": null, "x": 9007199254740992}}"#;
        let action: serde_json::Value = serde_json::from_str(text).unwrap();
        let hash = action_hash(&action).unwrap();
        let new = NewApproval { action, parks: false, ..proposal() };
        let asked = propose(&worker, &lease, new).await;
        assert_eq!(asked.action_hash, hash);
        let kept = find(&ctx, asked.id).await;
        assert_eq!(action_hash(&kept.action).unwrap(), hash);
        approve(&ctx, asked.id).await.unwrap();
        consume(&worker, asked.id, &lease, &hash).await.unwrap();
    }
}
