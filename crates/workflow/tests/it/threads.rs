use futures_util::future::try_join_all;
use sea_orm::{EntityTrait, PaginatorTrait};
use testkit::on_both_engines;
use workflow::{Error, threads};

use crate::{made, stranger};

on_both_engines! {
    async fn a_chat_has_one_thread_however_many_ask_at_once(db) {
        let ctx = db.ctx().await;
        let ask = |_| ctx.database.write(async |tx: db::Tx| {
            threads::get_or_create(&ctx, &tx, "chat", "chat-1").await
        });
        let found = try_join_all((0..16).map(ask)).await.unwrap();
        assert!(found.iter().all(|thread| *thread == found[0]));
        let count = entity::workflow::thread::Entity::find().count(&ctx.database).await.unwrap();
        assert_eq!(count, 1);
        assert_eq!(threads::find(&ctx, &ctx.database, found[0].id).await.unwrap(), found[0]);
    }

    async fn a_thread_is_its_users_own(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let (of_ctx, of_other) = (made(&ctx, "chat-1").await, made(&other, "chat-1").await);
        assert_ne!(of_ctx.id, of_other.id);
        let refused = threads::find(&other, &other.database, of_ctx.id).await.unwrap_err();
        assert!(matches!(refused, Error::ThreadNotFound { id } if id == of_ctx.id));
    }

    async fn a_platform_and_a_chat_have_names_of_one_line(db) {
        let ctx = db.ctx().await;
        let long = "x".repeat(256);
        for (platform, chat_id, field) in [
            ("", "c", "/platform"), (&long[..51], "c", "/platform"), ("a\0b", "c", "/platform"),
            ("p", "", "/chat_id"), ("p", &long, "/chat_id"), ("p", "a\nb", "/chat_id"),
        ] {
            let work = async |tx: db::Tx| threads::get_or_create(&ctx, &tx, platform, chat_id).await;
            let refused = ctx.database.write(work).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: found, .. } if found == field));
        }
        made(&ctx, &"é".repeat(255)).await;
    }
}
