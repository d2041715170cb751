use db::Tx;
use entity::{values::ThreadId, workflow::message};
use futures_util::future::{join_all, try_join_all};
use identity::Ctx;
use sea_orm::{EntityTrait, QueryOrder};
use testkit::on_both_engines;
use workflow::{
    Error,
    messages::{self, Appended, NewMessage},
};

use crate::{message, stranger, thread_of};

async fn append(ctx: &Ctx, thread: ThreadId, new: NewMessage) -> Result<Appended, Error> {
    let work = async |tx: Tx| messages::append(ctx, &tx, thread, new.clone()).await;
    ctx.database.write(work).await
}

/// Appends, and then finds that the rest of its transaction fails.
async fn append_in_vain(ctx: &Ctx, thread: ThreadId) {
    let work = async |tx: Tx| -> Result<(), Error> {
        let id = messages::append(ctx, &tx, thread, message("lost", None))
            .await?
            .message
            .id;
        Err(Error::MessageNotFound { id })
    };
    let failed = ctx.database.write(work).await.unwrap_err();
    assert!(matches!(failed, Error::MessageNotFound { .. }), "{failed}");
}

async fn all(ctx: &Ctx) -> Vec<message::Model> {
    let query = message::Entity::find().order_by_asc(message::Column::Seq);
    query.all(&ctx.database).await.unwrap()
}

on_both_engines! {
    async fn numbers_have_no_holes_however_many_write_and_fail_at_once(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let writers = (0..12).map(|n| {
            let ctx = &ctx;
            async move {
                if n % 3 == 0 {
                    append_in_vain(ctx, thread).await;
                } else {
                    append(ctx, thread, message(&n.to_string(), None)).await.unwrap();
                }
            }
        });
        join_all(writers).await;
        append_in_vain(&ctx, thread).await;
        append(&ctx, thread, message("last", None)).await.unwrap();

        let stored = all(&ctx).await;
        let numbers: Vec<i64> = stored.iter().map(|message| message.seq).collect();
        assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
        assert_eq!(stored[8].text, "last");
        assert!(stored.iter().all(|message| message.text != "lost"));
    }

    async fn the_same_platform_id_is_the_same_message(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let texts = ["a", "b", "c", "d", "e", "f"];
        let deliveries = texts.map(|text| append(&ctx, thread, message(text, Some("m-1"))));
        let appended = try_join_all(deliveries).await.unwrap();
        assert_eq!(appended.iter().filter(|one| !one.was_there).count(), 1);
        assert!(appended.iter().all(|one| one.message == appended[0].message));

        let next = append(&ctx, thread, message("next", Some("m-2"))).await.unwrap();
        assert_eq!((next.message.seq, next.was_there), (2, false));
        assert_eq!(messages::find(&ctx, &ctx.database, next.message.id).await.unwrap(), next.message);
        assert_eq!(all(&ctx).await.len(), 2);
    }

    async fn nobody_reads_or_continues_anothers_thread(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let thread = thread_of(&ctx).await;
        let said = append(&ctx, thread, message("mine", None)).await.unwrap().message;
        let refused = append(&other, thread, message("intruder", None)).await.unwrap_err();
        assert!(matches!(refused, Error::ThreadNotFound { .. }), "{refused}");
        let refused = messages::find(&other, &other.database, said.id).await.unwrap_err();
        assert!(matches!(refused, Error::MessageNotFound { .. }), "{refused}");
        assert_eq!(all(&ctx).await, [said]);
    }

    async fn what_a_column_cannot_hold_is_refused_by_name(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let long = "x".repeat(256);
        let wrong = [
            (message("m", Some("")), "/platform_message_id"),
            (message("m", Some(&long)), "/platform_message_id"),
            (message("a\0b", None), "/text"),
            (NewMessage { author: Some(long.clone()), ..message("m", None) }, "/author"),
            (NewMessage { raw_payload: Some("\0".to_owned()), ..message("m", None) }, "/raw_payload"),
            (message(&"é".repeat(32_769), None), "/text"),
        ];
        for (new, expected) in wrong {
            let refused = append(&ctx, thread, new).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == expected), "{expected}");
        }
        assert!(all(&ctx).await.is_empty());
    }

    async fn a_deleted_message_keeps_its_place_alone(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let said = append(&ctx, thread, message("mine", Some("m-1"))).await.unwrap().message;
        let delete = async || {
            let work = async |tx: Tx| messages::delete(&ctx, &tx, said.id).await;
            ctx.database.write(work).await.unwrap()
        };
        assert!(delete().await);
        assert!(!delete().await, "it was deleted before");
        let left = messages::find(&ctx, &ctx.database, said.id).await.unwrap();
        assert_eq!((left.seq, left.text.as_str(), &left.author), (1, "", &None));
        assert!(left.deleted_at.is_some());
        let again = append(&ctx, thread, message("mine", Some("m-1"))).await.unwrap();
        assert_eq!((again.was_there, again.message), (true, left));
        let next = append(&ctx, thread, message("next", None)).await.unwrap();
        assert_eq!(next.message.seq, 2);
    }
}
