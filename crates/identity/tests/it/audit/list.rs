//! Rows are found by who, what, which and when, the newest first.

use chrono::Days;
use db::page::{Listed, Page};
use entity::values::{AuditOutcome, UserId};
use identity::{
    Actor, Ctx,
    audit::{self, Entry, Filter},
};
use testkit::TestDatabase;

use super::add;

async fn numbers(db: &TestDatabase, filter: Filter) -> Vec<i64> {
    let page = Page {
        after: None,
        limit: 100,
    };
    let found = audit::list(db.database.reader(), &filter, &page)
        .await
        .unwrap();
    found.items.iter().map(|row| row.seq).collect()
}

async fn four_rows(db: &TestDatabase) -> Ctx {
    let ctx = db.ctx().await;
    let system = Ctx::new(
        Actor::system(),
        ctx.scope,
        "job".into(),
        ctx.clock,
        &db.database,
    );
    add(
        &ctx,
        &db.database,
        Entry::done("portfolio.create", "portfolio").of("p-1"),
    )
    .await;
    add(
        &ctx,
        &db.database,
        Entry::done("portfolio.create", "portfolio").of("p-2"),
    )
    .await;
    add(
        &ctx,
        &db.database,
        Entry::refused("portfolio.delete", "portfolio").of("p-1"),
    )
    .await;
    add(
        &system,
        &db.database,
        Entry::done("pack.fresh", "pack").of("p-1"),
    )
    .await;
    ctx
}

testkit::on_both_engines! {
    async fn each_filter_lets_through_what_meets_it(db) {
        let ctx = four_rows(&db).await;
        let word = |word: &str| Some(word.to_owned());
        let cases = [
            (Filter::default(), vec![4, 3, 2, 1]),
            (Filter { actor_user_id: Some(ctx.scope), ..Filter::default() }, vec![3, 2, 1]),
            (Filter { actor_user_id: Some(UserId::new()), ..Filter::default() }, vec![]),
            (Filter { action: word("portfolio.create"), ..Filter::default() }, vec![2, 1]),
            (Filter { resource_type: word("pack"), ..Filter::default() }, vec![4]),
            (Filter { resource_id: word("p-1"), ..Filter::default() }, vec![4, 3, 1]),
            (
                Filter {
                    resource_type: word("portfolio"),
                    resource_id: word("p-1"),
                    outcome: Some(AuditOutcome::Done),
                    ..Filter::default()
                },
                vec![1],
            ),
            (Filter { outcome: Some(AuditOutcome::Refused), ..Filter::default() }, vec![3]),
        ];
        for (filter, expected) in cases {
            assert_eq!(numbers(&db, filter.clone()).await, expected, "{filter:?}");
        }
    }

    async fn days_are_those_of_utc_both_ends_included(db) {
        // Rows that were written about midnight may lie on either of two days.
        let first = db.ctx().await.today();
        let last = four_rows(&db).await.today();
        let within = Filter { from: Some(first), to: Some(last), ..Filter::default() };
        assert_eq!(numbers(&db, within).await.len(), 4);
        let before = Filter { to: Some(first - Days::new(1)), ..Filter::default() };
        assert!(numbers(&db, before).await.is_empty());
        let after = Filter { from: Some(last + Days::new(1)), ..Filter::default() };
        assert!(numbers(&db, after).await.is_empty());
    }

    async fn pages_follow_each_other_while_rows_are_added(db) {
        let ctx = four_rows(&db).await;
        let page = |after| Page { after, limit: 3 };
        let filter = Filter::default();
        let Listed { items, has_more } =
            audit::list(db.database.reader(), &filter, &page(None)).await.unwrap();
        assert_eq!((items.last().unwrap().seq, has_more), (2, true));
        add(&ctx, &db.database, Entry::done("pack.fresh", "pack")).await;
        let next = audit::list(db.database.reader(), &filter, &page(Some(2))).await.unwrap();
        assert_eq!((next.items[0].seq, next.items.len(), next.has_more), (1, 1, false));
    }
}
