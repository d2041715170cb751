use books::{
    Error,
    page::Page,
    portfolios::{self, NewPortfolio, PortfolioPatch},
};
use chrono::TimeDelta;
use entity::values::{LotMethod, SecurityId};
use identity::Ctx;

use crate::setup::{another_owner, new_portfolio, portfolio, security, write};

async fn update(
    ctx: &Ctx,
    id: entity::values::PortfolioId,
    patch: PortfolioPatch,
    expected: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<entity::books::portfolio::Model, Error> {
    write(ctx, move |ctx, tx| async move {
        portfolios::update(&ctx, &tx, id, patch, expected).await
    })
    .await
    .map(|updated| updated.portfolio)
}

async fn create(ctx: &Ctx, new: NewPortfolio) -> Result<entity::books::portfolio::Model, Error> {
    write(ctx, |ctx, tx| async move {
        portfolios::create(&ctx, &tx, new).await
    })
    .await
}

testkit::on_both_engines! {
    async fn a_portfolio_is_read_back_as_it_was_made(db) {
        let ctx = db.ctx().await;
        let benchmark = security(&ctx, "SPY").await.id;
        let made = create(&ctx, NewPortfolio {
            lot_method: LotMethod::Hifo,
            benchmark_security_id: Some(benchmark),
            ..new_portfolio("Größe 日本")
        }).await.unwrap();
        let reader = ctx.database.reader();
        assert_eq!(portfolios::find(&ctx, reader, made.id).await.unwrap(), made);
        assert_eq!(portfolios::find_by_name(&ctx, reader, "Größe 日本").await.unwrap(), made);
        assert_eq!(made.books_revision, 0);
    }

    async fn a_name_is_taken_once_per_owner(db) {
        let ctx = db.ctx().await;
        portfolio(&ctx, "Retirement").await;
        let again = create(&ctx, new_portfolio("Retirement")).await.unwrap_err();
        assert!(matches!(&again, Error::NameTaken { name } if name == "Retirement"), "{again}");
        let other = another_owner(&ctx).await;
        portfolio(&other, "Retirement").await;
        let second = portfolio(&ctx, "Savings").await;
        let patch = PortfolioPatch { name: Some("Retirement".to_owned()), ..Default::default() };
        let renamed = update(&ctx, second.id, patch, None).await.unwrap_err();
        assert!(matches!(renamed, Error::NameTaken { .. }), "{renamed}");
    }

    async fn what_breaks_a_rule_is_refused_with_its_field(db) {
        let ctx = db.ctx().await;
        let named = |name: &str| new_portfolio(name);
        let in_currency =
            |code: &str| NewPortfolio { base_currency: code.to_owned(), ..new_portfolio("P") };
        let long = "x".repeat(201);
        for (new, pointer) in [
            (named(""), "/name"),
            (named(" P"), "/name"),
            (named("two\nlines"), "/name"),
            (named("nul\0"), "/name"),
            (named(&long), "/name"),
            (in_currency("usd"), "/base_currency"),
            (in_currency("IRAUSD"), "/base_currency"),
            (in_currency("ZZZ"), "/base_currency"),
            (in_currency(""), "/base_currency"),
        ] {
            let refused = create(&ctx, new.clone()).await.unwrap_err();
            assert!(
                matches!(&refused, Error::Invalid { field, .. } if *field == pointer),
                "{new:?}: {refused}"
            );
        }
        let unknown = SecurityId::new();
        let new = NewPortfolio { benchmark_security_id: Some(unknown), ..new_portfolio("P") };
        let refused = create(&ctx, new).await.unwrap_err();
        assert!(matches!(refused, Error::SecurityNotFound { .. }), "{refused}");
    }

    async fn a_patch_changes_what_it_names_and_nothing_else(db) {
        let ctx = db.ctx().await;
        let made = portfolio(&ctx, "P").await;
        let benchmark = security(&ctx, "SPY").await.id;
        let patch = PortfolioPatch {
            base_currency: Some("CAD".to_owned()),
            benchmark_security_id: Some(Some(benchmark)),
            is_active: Some(false),
            ..Default::default()
        };
        let changed = update(&ctx, made.id, patch, Some(made.updated_at)).await.unwrap();
        let reader = ctx.database.reader();
        assert_eq!(portfolios::find(&ctx, reader, made.id).await.unwrap(), changed);
        assert_eq!((changed.name.as_str(), changed.base_currency.as_str()), ("P", "CAD"));
        assert_eq!(changed.benchmark_security_id, Some(benchmark));
        assert!(!changed.is_active && changed.updated_at > made.updated_at);
        let cleared = PortfolioPatch { benchmark_security_id: Some(None), ..Default::default() };
        let cleared = update(&ctx, made.id, cleared, None).await.unwrap();
        assert_eq!(cleared.benchmark_security_id, None);
        let nothing = update(&ctx, made.id, PortfolioPatch::default(), None).await.unwrap();
        assert_eq!(nothing, cleared, "an empty patch is no change");
    }

    async fn a_lost_optimistic_lock_changes_nothing(db) {
        let ctx = db.ctx().await;
        let made = portfolio(&ctx, "P").await;
        let stale = Some(made.updated_at - TimeDelta::microseconds(1));
        let patch = PortfolioPatch { is_active: Some(false), ..Default::default() };
        let lost = update(&ctx, made.id, patch, stale).await.unwrap_err();
        assert!(matches!(lost, Error::Changed), "{lost}");
        let id = made.id;
        let lost = write(&ctx, move |ctx, tx| async move {
            portfolios::delete(&ctx, &tx, id, stale).await
        }).await.unwrap_err();
        assert!(matches!(lost, Error::Changed), "{lost}");
        assert_eq!(portfolios::find(&ctx, ctx.database.reader(), id).await.unwrap(), made);
    }

    async fn another_owners_portfolio_is_not_found(db) {
        let ctx = db.ctx().await;
        let made = portfolio(&ctx, "Mine").await;
        let other = another_owner(&ctx).await;
        let reader = ctx.database.reader();
        let id = made.id;
        let by_id = portfolios::find(&other, reader, id).await.unwrap_err();
        let by_name = portfolios::find_by_name(&other, reader, "Mine").await.unwrap_err();
        let patch = PortfolioPatch { is_active: Some(false), ..Default::default() };
        let patched = update(&other, id, patch, None).await.unwrap_err();
        let deleted = write(&other, move |ctx, tx| async move {
            portfolios::delete(&ctx, &tx, id, None).await
        }).await.unwrap_err();
        for error in [by_id, by_name, patched, deleted] {
            assert!(matches!(error, Error::PortfolioNotFound { .. }), "{error}");
        }
        let everything = Page { after: None, limit: 50 };
        assert_eq!(portfolios::list(&other, reader, &everything).await.unwrap().items, []);
        assert_eq!(portfolios::find(&ctx, reader, id).await.unwrap(), made);
        let with_nul = portfolios::find_by_name(&ctx, reader, "Mi\0ne").await.unwrap_err();
        assert!(matches!(with_nul, Error::PortfolioNotFound { .. }), "{with_nul}");
    }

    async fn pages_neither_repeat_nor_miss_a_row(db) {
        let ctx = db.ctx().await;
        let mut made = Vec::new();
        for number in 0..5 {
            made.push(portfolio(&ctx, &format!("P{number}")).await);
        }
        let mut seen = Vec::new();
        let mut page = Page { after: None, limit: 2 };
        loop {
            let listed = portfolios::list(&ctx, ctx.database.reader(), &page).await.unwrap();
            page.after = listed.items.last().map(|row| row.id);
            seen.extend(listed.items);
            if !listed.has_more {
                break;
            }
            portfolio(&another_owner(&ctx).await, "between two pages").await;
        }
        assert_eq!(seen, made);
    }
}
