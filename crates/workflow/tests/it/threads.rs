use db::page::Page;
use futures_util::future::try_join_all;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::json;
use testkit::on_both_engines;
use workflow::{
    Error,
    threads::{self, ThreadPatch},
};

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

    async fn what_is_known_of_a_conversation_is_set_once_and_stays(db) {
        let ctx = db.ctx().await;
        let put = async |patch: ThreadPatch| {
            let work = async |tx: db::Tx| threads::put(&ctx, &tx, "chat", "c", patch.clone()).await;
            ctx.database.write(work).await
        };
        let titled = |title: &str| ThreadPatch { title: Some(title.to_owned()), ..ThreadPatch::default() };
        let first = put(titled("One")).await.unwrap();
        assert!(first.is_new);
        assert_eq!((first.thread.title.as_deref(), &first.thread.metadata), (Some("One"), &json!({})));
        for patch in [ThreadPatch::default(), titled("One")] {
            let again = put(patch).await.unwrap();
            assert_eq!((again.is_new, again.thread), (false, first.thread.clone()));
        }
        let metadata = Some(json!({"language": "fr"}));
        let changed = put(ThreadPatch { metadata: metadata.clone(), ..ThreadPatch::default() }).await.unwrap();
        assert_eq!((changed.is_new, changed.thread.title.as_deref()), (false, Some("One")));
        assert_eq!(threads::find(&ctx, &ctx.database, first.thread.id).await.unwrap(), changed.thread);
        assert_eq!(Some(changed.thread.metadata), metadata);

        for (patch, expected) in [
            (titled(""), "/title"), (titled("a\nb"), "/title"), (titled(&"x".repeat(201)), "/title"),
            (ThreadPatch { metadata: Some(json!([])), ..ThreadPatch::default() }, "/metadata"),
            (ThreadPatch { max_running_jobs: Some(0), ..ThreadPatch::default() }, "/max_running_jobs"),
            (ThreadPatch { max_running_jobs: Some(101), ..ThreadPatch::default() }, "/max_running_jobs"),
        ] {
            let refused = put(patch).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == expected));
        }
    }

    async fn threads_are_listed_newest_first_and_by_platform(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        made(&other, "c").await;
        let mut made_here = Vec::new();
        for n in 0..5 {
            made_here.insert(0, made(&ctx, &n.to_string()).await.id);
        }
        let (mut after, mut read) = (None, Vec::new());
        loop {
            let page = Page { after, limit: 2 };
            let listed = threads::list(&ctx, &ctx.database, Some("chat"), &page).await.unwrap();
            read.extend(listed.items.iter().map(|thread| thread.id));
            if !listed.has_more {
                break;
            }
            after = read.last().copied();
        }
        assert_eq!(read, made_here);
        let page = Page { after: None, limit: 2 };
        let listed = threads::list(&ctx, &ctx.database, Some("mail"), &page).await.unwrap();
        assert!(listed.items.is_empty());
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
