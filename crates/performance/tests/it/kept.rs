//! What is kept of reconciliations, and for whom.

use std::fmt::Write as _;

use db::{Tx, page::Page};
use entity::{
    performance::reconciliation as reconciliation_row,
    values::{ReconciliationId, UserRole},
};
use identity::{Actor, Ctx};
use performance::{
    Error,
    reconciliation::{self, Keep::WithPortfolio},
};
use sea_orm::{EntityTrait, PaginatorTrait};
use testkit::on_both_engines;

use crate::setup::{
    BOOKS, DAY, PRICES, Source, differences, import, pack, reconciled, try_reconcile,
};

/// Another owner in the same database.
async fn another_owner(ctx: &Ctx) -> Ctx {
    let email = "another@example.org";
    let id = testkit::user(&ctx.database, ctx.clock, email, UserRole::User).await;
    let request_id = ctx.request_id.clone();
    Ctx::new(Actor::user(id), id, request_id, ctx.clock, &ctx.database)
}

on_both_engines! {
    async fn what_was_compared_is_kept_with_the_outcome(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(&format!("{BOOKS}{PRICES}"));
        let portfolio = import(&ctx, "Broker", &source).await;
        let pack = pack(&ctx, &source, DAY).await;
        let row = reconciled(&ctx, portfolio, &pack.id, &source, WithPortfolio).await;
        assert_eq!((row.user_id, row.portfolio_id), (ctx.scope, portfolio));
        assert_eq!((row.pack_id.as_str(), row.asof_date), (pack.id.as_str(), pack.asof_date));
        let content = pricing::packs::content(&ctx, ctx.database.reader(), &pack.id).await.unwrap();
        assert_eq!(row.pack_hash, content.hash());
        assert_eq!(row.ledger_commit_hash.as_deref(), Some("c0ffee"));
        assert_eq!(row.ledger_hash, "sha256:00");
        assert_eq!(row.accounts, serde_json::json!(["Assets:Broker"]));
        assert_eq!(row.books_revision, 1);
        assert_eq!(row.engine_version, performance::ENGINE_VERSION);
    }

    async fn the_newest_come_first_and_by_pages(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(&format!("{BOOKS}{PRICES}"));
        let portfolio = import(&ctx, "Broker", &source).await;
        let other = import(&ctx, "Other", &source).await;
        let pack = pack(&ctx, &source, DAY).await.id;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(reconciled(&ctx, portfolio, &pack, &source, WithPortfolio).await.id);
            reconciled(&ctx, other, &pack, &source, WithPortfolio).await;
        }
        made.reverse();
        let page = async |after: Option<ReconciliationId>| {
            let page = Page { after, limit: 2 };
            let reader = ctx.database.reader();
            let listed = reconciliation::list(&ctx, reader, portfolio, &page).await.unwrap();
            let ids: Vec<_> = listed.items.iter().map(|row| row.id).collect();
            (ids, listed.has_more)
        };
        assert_eq!(page(None).await, (made[..2].to_vec(), true));
        assert_eq!(page(Some(made[1])).await, (made[2..].to_vec(), false));
    }

    async fn nobody_reaches_anothers(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(&format!("{BOOKS}{PRICES}"));
        let portfolio = import(&ctx, "Broker", &source).await;
        let pack = pack(&ctx, &source, DAY).await.id;
        let row = reconciled(&ctx, portfolio, &pack, &source, WithPortfolio).await;
        let other = another_owner(&ctx).await;
        let own = import(&other, "Own", &source).await;

        let reader = other.database.reader();
        let not_there = |outcome: &Result<_, Error>| {
            matches!(outcome, Err(Error::Books(books::Error::PortfolioNotFound { .. })))
        };
        let found = reconciliation::find(&other, reader, portfolio, row.id).await;
        assert!(not_there(&found), "{found:?}");
        let made = try_reconcile(&other, portfolio, &pack, &source, WithPortfolio).await;
        assert!(not_there(&made), "{made:?}");
        let page = Page { after: None, limit: 9 };
        let listed = reconciliation::list(&other, reader, portfolio, &page).await;
        assert!(listed.is_err(), "{listed:?}");
        let elsewhere = reconciliation::find(&other, reader, own, row.id).await;
        assert!(matches!(elsewhere, Err(Error::ReconciliationNotFound { .. })), "{elsewhere:?}");
    }

    async fn a_hundred_differences_are_kept_and_all_are_counted(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(&format!("{BOOKS}{PRICES}"));
        let portfolio = import(&ctx, "Broker", &source).await;
        let pack = pack(&ctx, &source, DAY).await.id;
        let mut buys = String::new();
        for n in 100..220 {
            let _ = write!(
                buys,
                "2024-05-01 open Assets:Broker:S{n} S{n}\n2024-05-02 * \"Buy\"\n  \
                 Assets:Broker:S{n} 1 S{n} {{1 USD}}\n  Equity:Opening\n\
                 2024-05-03 price S{n} 1 USD\n"
            );
        }
        let theirs = Source::parse(&format!("{BOOKS}{PRICES}{buys}"));
        let row = reconciled(&ctx, portfolio, &pack, &theirs, WithPortfolio).await;
        // The whole is 120 of 100,620 apart.
        assert_eq!(row.difference_count, 121);
        assert_eq!(differences(&row).len(), reconciliation::MOST_KEPT);
    }

    async fn it_goes_with_its_portfolio(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(&format!("{BOOKS}{PRICES}"));
        let portfolio = import(&ctx, "Broker", &source).await;
        let pack = pack(&ctx, &source, DAY).await.id;
        reconciled(&ctx, portfolio, &pack, &source, WithPortfolio).await;
        let gone = async |tx: Tx| books::portfolios::delete(&ctx, &tx, portfolio, None).await;
        ctx.database.write(gone).await.unwrap();
        let left = reconciliation_row::Entity::find().count(ctx.database.reader()).await;
        assert_eq!(left.unwrap(), 0);
    }
}
