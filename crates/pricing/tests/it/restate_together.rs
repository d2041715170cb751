//! Restatements while others restate, or ask for the newest pack.

use std::sync::atomic::{AtomicBool, Ordering};

use entity::values::PackStatus;
use pricing::{
    DEFAULT_POLICY, Error,
    packs::{self, Filter},
    page::Page,
};

use crate::{
    fresh_pack, mark_fresh,
    restate::{DAY, FIRST, PACK, current, prepare, restate},
};

testkit::on_both_engines! {
    async fn whoever_asks_for_the_latest_pack_meanwhile_gets_a_fresh_one(db) {
        let ctx = prepare(&db).await;
        fresh_pack(&ctx, DAY).await;
        let is_over = AtomicBool::new(false);
        let restating = async {
            let mut newest = PACK.to_owned();
            for _ in 0..12 {
                newest = restate(&ctx, &newest, "again").await.unwrap().id;
                mark_fresh(&ctx, &newest).await.unwrap();
            }
            is_over.store(true, Ordering::SeqCst);
        };
        let asking = async {
            let mut last = 0;
            while !is_over.load(Ordering::SeqCst) {
                let latest = packs::latest(&ctx, ctx.database.reader(), DEFAULT_POLICY).await;
                let latest = latest.unwrap().unwrap();
                assert_eq!(latest.status, PackStatus::Fresh, "{}", latest.id);
                assert!(latest.revision >= last, "{} after {last}", latest.id);
                last = latest.revision;
            }
        };
        tokio::join!(restating, asking);
        assert_eq!(current(&ctx).await, "PP_2025-10-21_D12");
    }

    async fn of_two_restatements_at_once_one_is_made(db) {
        let ctx = prepare(&db).await;
        fresh_pack(&ctx, DAY).await;
        let (one, other) = tokio::join!(restate(&ctx, PACK, "one"), restate(&ctx, PACK, "other"));
        let (made, refused) = match (one, other) {
            (Ok(made), Err(refused)) | (Err(refused), Ok(made)) => (made, refused),
            both => panic!("{both:?}"),
        };
        assert_eq!(made.id, FIRST);
        assert!(matches!(refused, Error::RestatementWarming { .. }), "{refused}");
        let page = Page {
            after: None,
            limit: 10,
        };
        let listed = packs::list(&ctx, ctx.database.reader(), &Filter::default(), &page).await;
        assert_eq!(listed.unwrap().items.len(), 2);
    }
}
