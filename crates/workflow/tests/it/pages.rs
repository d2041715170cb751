//! Pages of a thread's messages, turned both ways.

use db::Tx;
use entity::values::ThreadId;
use identity::Ctx;
use testkit::on_both_engines;
use workflow::messages::{self, Side, Slice};

use crate::{made, message, thread_of};

async fn say(ctx: &Ctx, thread: ThreadId, count: usize) {
    for n in 0..count {
        let text = n.to_string();
        let work = async |tx: Tx| messages::append(ctx, &tx, thread, message(&text, None)).await;
        ctx.database.write(work).await.unwrap();
    }
}

async fn page(ctx: &Ctx, thread: ThreadId, side: Option<Side>) -> Slice {
    let listed = messages::list(ctx, &ctx.database, thread, None, side, 3);
    listed.await.unwrap()
}

fn numbers(slice: &Slice) -> Vec<i64> {
    slice.messages.iter().map(|message| message.seq).collect()
}

on_both_engines! {
    async fn pages_go_back_to_the_first_message_and_forth_again(db) {
        let ctx = db.ctx().await;
        let (thread, other) = (thread_of(&ctx).await, made(&ctx, "chat-2").await.id);
        say(&ctx, thread, 7).await;
        say(&ctx, other, 2).await;

        let newest = page(&ctx, thread, None).await;
        assert_eq!(numbers(&newest), [7, 6, 5]);
        let middle = page(&ctx, thread, newest.older).await;
        assert_eq!(numbers(&middle), [4, 3, 2]);
        let oldest = page(&ctx, thread, middle.older).await;
        assert_eq!((numbers(&oldest), oldest.older), (vec![1], None));

        let back = page(&ctx, thread, Some(oldest.newer)).await;
        assert_eq!(back, middle);
        let back = page(&ctx, thread, Some(back.newer)).await;
        assert_eq!(numbers(&back), [7, 6, 5]);
        let end = page(&ctx, thread, Some(back.newer)).await;
        assert_eq!((numbers(&end), end.newer), (vec![], back.newer));
        assert_eq!(numbers(&page(&ctx, thread, end.older).await), [7, 6, 5]);

        say(&ctx, thread, 4).await;
        assert_eq!(numbers(&page(&ctx, thread, Some(end.newer)).await), [10, 9, 8]);
    }

    async fn whoever_waits_for_the_first_message_gets_it(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let empty = page(&ctx, thread, None).await;
        assert_eq!((numbers(&empty), empty.older), (vec![], None));
        say(&ctx, thread, 1).await;
        let filled = page(&ctx, thread, Some(empty.newer)).await;
        assert_eq!((numbers(&filled), filled.older), (vec![1], None));
    }
}
