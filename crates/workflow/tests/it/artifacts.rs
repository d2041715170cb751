use db::Tx;
use entity::values::{ArtifactKind, MessageId};
use identity::Ctx;
use sea_orm::EntityTrait;
use serde_json::json;
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

    async fn a_link_is_one_line(db) {
        let ctx = db.ctx().await;
        let message = said(&ctx).await;
        for uri in ["", "a\nb", &"x".repeat(2_001)] {
            let refused = attach(&ctx, message, Some(uri)).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: "/uri", .. }), "{refused}");
        }
    }
}
