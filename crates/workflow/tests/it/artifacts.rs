use db::{Tx, page::Page};
use entity::values::{ArtifactId, ArtifactKind, MessageId};
use futures_util::future::join_all;
use identity::Ctx;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use testkit::on_both_engines;
use workflow::{Error, artifacts, messages};

use crate::{message, stranger, thread_of};

async fn said(ctx: &Ctx) -> MessageId {
    let thread = thread_of(ctx).await;
    let work = async |tx: Tx| messages::append(ctx, &tx, thread, message("m", None)).await;
    ctx.database.write(work).await.unwrap().message.id
}

async fn attach(
    ctx: &Ctx,
    message: MessageId,
    uri: Option<&str>,
) -> Result<entity::workflow::artifact::Model, Error> {
    let work = async |tx: Tx| {
        let content = Some(json!({"words": ["one", 2, null]}));
        let uri = uri.map(str::to_owned);
        artifacts::attach(ctx, &tx, message, ArtifactKind::ToolResult, content, uri).await
    };
    ctx.database.write(work).await
}

async fn change(ctx: &Ctx, id: ArtifactId, content: Value) -> entity::workflow::artifact::Model {
    let work = async |tx: Tx| {
        let current = artifacts::find_and_lock(ctx, &tx, id).await?;
        artifacts::update(ctx, &tx, current, Some(content.clone()), None).await
    };
    ctx.database.write(work).await.unwrap()
}

on_both_engines! {
    async fn an_artifact_is_read_back_as_it_was_attached_and_goes_with_its_thread(db) {
        let ctx = db.ctx().await;
        let message = said(&ctx).await;
        let attached = attach(&ctx, message, Some("https://example.org/a")).await.unwrap();
        let found = artifacts::find(&ctx, &ctx.database, attached.id).await.unwrap();
        assert_eq!(found, attached);

        entity::workflow::thread::Entity::delete_many().exec(&ctx.database).await.unwrap();
        let gone = artifacts::find(&ctx, &ctx.database, attached.id).await.unwrap_err();
        assert!(matches!(gone, Error::ArtifactNotFound { .. }), "{gone}");
    }

    async fn an_artifact_needs_a_message_of_its_own_user(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let message = said(&ctx).await;
        for (ctx, message) in [(&other, message), (&ctx, MessageId::new())] {
            let refused = attach(ctx, message, None).await.unwrap_err();
            assert!(matches!(refused, Error::MessageNotFound { id } if id == message), "{refused}");
        }
        let attached = attach(&ctx, message, None).await.unwrap();
        let refused = artifacts::find(&other, &other.database, attached.id).await.unwrap_err();
        assert!(matches!(refused, Error::ArtifactNotFound { .. }), "{refused}");
    }

    async fn a_change_keeps_what_was_there_before(db) {
        let ctx = db.ctx().await;
        let attached = attach(&ctx, said(&ctx).await, Some("https://example.org/a")).await.unwrap();
        let mut changed = attached.clone();
        for n in 1..=3 {
            changed = change(&ctx, attached.id, json!({"n": n})).await;
        }
        assert_eq!((changed.revision, &changed.uri), (4, &None));
        assert_eq!(artifacts::find(&ctx, &ctx.database, attached.id).await.unwrap(), changed);
        assert_eq!(change(&ctx, attached.id, json!({"n": 3})).await, changed, "nothing differs");

        let mut former = Vec::new();
        let mut page = Page { after: None, limit: 2 };
        loop {
            let listed = artifacts::revisions(&ctx, &ctx.database, attached.id, &page).await.unwrap();
            page.after = listed.items.last().map(|revision| revision.revision);
            former.extend(listed.items);
            if !listed.has_more {
                break;
            }
        }
        let held: Vec<_> = former.iter().map(|one| (one.revision, one.content_json.clone().unwrap())).collect();
        let first = attached.content_json.unwrap();
        assert_eq!(held, [(3, json!({"n": 2})), (2, json!({"n": 1})), (1, first)]);
        assert_eq!(former[2].created_at, attached.created_at);
        assert_eq!(former[2].uri.as_deref(), Some("https://example.org/a"));
    }

    async fn changes_at_once_each_keep_the_one_before(db) {
        let ctx = db.ctx().await;
        let attached = attach(&ctx, said(&ctx).await, None).await.unwrap();
        join_all((0..8).map(|n| change(&ctx, attached.id, json!({"n": n})))).await;
        let page = Page { after: None, limit: 50 };
        let listed = artifacts::revisions(&ctx, &ctx.database, attached.id, &page).await.unwrap();
        let numbers: Vec<i64> = listed.items.iter().map(|revision| revision.revision).collect();
        assert_eq!(numbers, (1..=8).rev().collect::<Vec<_>>());
    }

    async fn a_deleted_message_has_no_artifacts(db) {
        let ctx = db.ctx().await;
        let message = said(&ctx).await;
        let attached = attach(&ctx, message, None).await.unwrap();
        let page = Page { after: None, limit: 50 };
        let listed = artifacts::list(&ctx, &ctx.database, message, &page).await.unwrap();
        assert_eq!(listed.items, std::slice::from_ref(&attached));
        let delete = async |tx: Tx| messages::delete(&ctx, &tx, message).await;
        assert!(ctx.database.write(delete).await.unwrap());

        let listed = artifacts::list(&ctx, &ctx.database, message, &page).await.unwrap();
        assert!(listed.items.is_empty());
        let refused = attach(&ctx, message, None).await.unwrap_err();
        assert!(matches!(refused, Error::MessageNotFound { .. }), "{refused}");
        let work = async |tx: Tx| artifacts::find_and_lock(&ctx, &tx, attached.id).await;
        let refused = ctx.database.write(work).await.unwrap_err();
        assert!(matches!(refused, Error::ArtifactNotFound { .. }), "{refused}");
    }

    async fn a_link_is_one_line(db) {
        let ctx = db.ctx().await;
        let message = said(&ctx).await;
        for uri in ["", "a\nb", &"x".repeat(2_001)] {
            let refused = attach(&ctx, message, Some(uri)).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: "/uri", .. }), "{refused}");
        }
    }
}
