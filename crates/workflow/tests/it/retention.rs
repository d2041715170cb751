use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use entity::{
    values::{ArtifactKind, MessageId},
    workflow::{artifact, artifact_revision, message},
};
use identity::{Clock, Ctx};
use sea_orm::EntityTrait;
use serde_json::json;
use testkit::on_both_engines;
use workflow::{
    Error, artifacts, messages,
    retention::{Cleared, Retention, clear},
};

use crate::{stranger, thread_of};

/// The same user, so many days from now.
fn in_days<const DAYS: i64>(ctx: &Ctx) -> Ctx {
    fn later<const DAYS: i64>() -> DateTime<Utc> {
        Utc::now() + TimeDelta::days(DAYS)
    }
    let clock = Clock::new(later::<DAYS>);
    Ctx::new(ctx.actor, ctx.scope, "later".into(), clock, &ctx.database)
}

async fn said(ctx: &Ctx, platform_message_id: &str) -> MessageId {
    let thread = thread_of(ctx).await;
    let new = messages::NewMessage {
        raw_payload: Some("{}".to_owned()),
        ..crate::message("a secret", Some(platform_message_id))
    };
    let work = async |tx: Tx| messages::append(ctx, &tx, thread, new.clone()).await;
    ctx.database.write(work).await.unwrap().message.id
}

async fn attached(ctx: &Ctx, message: MessageId) -> artifact::Model {
    let work = async |tx: Tx| {
        let content = Some(json!({"a": 1}));
        artifacts::attach(ctx, &tx, message, ArtifactKind::OcrText, content, None).await
    };
    ctx.database.write(work).await.unwrap()
}

async fn changed(ctx: &Ctx, artifact: &artifact::Model) -> artifact::Model {
    let work = async |tx: Tx| {
        let current = artifacts::find_and_lock(ctx, &tx, artifact.id).await?;
        artifacts::update(ctx, &tx, current, Some(json!({"a": 2})), None).await
    };
    ctx.database.write(work).await.unwrap()
}

async fn delete(ctx: &Ctx, message: MessageId) {
    let work = async |tx: Tx| messages::delete(ctx, &tx, message).await;
    assert!(ctx.database.write(work).await.unwrap());
}

async fn clear_all(ctx: &Ctx, most: u64) -> Cleared {
    let work = async |tx: Tx| clear(ctx, &tx, &Retention::DEFAULT, most).await;
    ctx.database.write(work).await.unwrap()
}

const NOTHING: Cleared = Cleared {
    artifacts: 0,
    messages: 0,
};

on_both_engines! {
    async fn artifacts_go_90_days_after_their_last_change_with_what_they_held_before(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let anothers = attached(&other, said(&other, "m").await).await;
        let message = said(&ctx, "m").await;
        let (old, kept) = (attached(&ctx, message).await, attached(&ctx, message).await);
        changed(&ctx, &old).await;
        changed(&in_days::<30>(&ctx), &kept).await;

        assert_eq!(clear_all(&in_days::<89>(&ctx), 100).await, NOTHING);
        let cleared = clear_all(&in_days::<91>(&ctx), 100).await;
        assert_eq!(cleared, Cleared { artifacts: 1, messages: 0 });
        let gone = artifacts::find(&ctx, &ctx.database, old.id).await.unwrap_err();
        assert!(matches!(gone, Error::ArtifactNotFound { .. }));
        assert_eq!(artifacts::find(&ctx, &ctx.database, kept.id).await.unwrap().revision, 2);
        let revisions = artifact_revision::Entity::find().all(&ctx.database).await.unwrap();
        assert!(revisions.iter().all(|revision| revision.artifact_id == kept.id));

        assert_eq!(clear_all(&in_days::<121>(&ctx), 100).await.artifacts, 1);
        assert_eq!(artifacts::find(&other, &other.database, anothers.id).await.unwrap(), anothers);
    }

    async fn what_a_deleted_message_said_is_gone_after_30_days_and_its_number_is_not(db) {
        let ctx = db.ctx().await;
        let (first, second) = (said(&ctx, "m-1").await, said(&ctx, "m-2").await);
        let artifact = attached(&ctx, first).await;
        delete(&ctx, first).await;
        let stored = message::Entity::find_by_id((ctx.scope, first)).one(&ctx.database).await.unwrap();
        assert_eq!(stored.unwrap().text, "a secret");
        let hidden = artifacts::find(&ctx, &ctx.database, artifact.id).await.unwrap_err();
        assert!(matches!(hidden, Error::ArtifactNotFound { .. }));

        assert_eq!(clear_all(&in_days::<29>(&ctx), 100).await, NOTHING);
        let cleared = clear_all(&in_days::<31>(&ctx), 100).await;
        assert_eq!(cleared, Cleared { artifacts: 0, messages: 1 });
        assert_eq!(clear_all(&in_days::<31>(&ctx), 100).await, NOTHING);
        let stored = message::Entity::find_by_id((ctx.scope, first)).one(&ctx.database).await.unwrap();
        let stored = stored.unwrap();
        assert_eq!((stored.text.as_str(), stored.author, stored.raw_payload), ("", None, None));
        assert_eq!(stored.seq, 1);
        assert!(artifact::Entity::find().all(&ctx.database).await.unwrap().is_empty());

        assert_eq!(said(&ctx, "m-1").await, first, "its platform sends it again in vain");
        let kept = messages::find(&ctx, &ctx.database, second).await.unwrap();
        assert_eq!((kept.seq, kept.text.as_str()), (2, "a secret"));
    }

    async fn as_much_is_cleared_in_one_go_as_was_said(db) {
        let ctx = db.ctx().await;
        for n in 0..5 {
            let message = said(&ctx, &n.to_string()).await;
            attached(&ctx, said(&ctx, "kept").await).await;
            delete(&ctx, message).await;
        }
        let later = in_days::<200>(&ctx);
        let mut rounds = Vec::new();
        while rounds.last() != Some(&NOTHING) {
            rounds.push(clear_all(&later, 2).await);
        }
        let each = |artifacts, messages| Cleared { artifacts, messages };
        assert_eq!(rounds, [each(2, 2), each(2, 2), each(1, 1), NOTHING]);
    }
}
