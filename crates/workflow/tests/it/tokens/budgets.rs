use db::{Tx, page::Page};
use entity::values::{BudgetPeriod, BudgetScope, TokenScope};
use identity::Ctx;
use testkit::on_both_engines;
use workflow::{
    Error,
    tokens::{
        budgets::{self, BudgetSet, NewBudget},
        standing,
        usage::NewUsage,
    },
};

use super::{budget, cost, count_one, estimate, set_aside, usage};
use crate::stranger;

fn a_day_of(unit: &str, limit: &str, soft_limit: Option<&str>) -> NewBudget {
    NewBudget {
        scope: BudgetScope::All,
        period: BudgetPeriod::Day,
        unit: unit.to_owned(),
        limit: limit.parse().unwrap(),
        soft_limit: soft_limit.map(|limit| limit.parse().unwrap()),
    }
}

async fn set(ctx: &Ctx, new: &NewBudget) -> Result<BudgetSet, Error> {
    let work = async |tx: Tx| budgets::set(ctx, &tx, new, None).await;
    ctx.database.write(work).await
}

on_both_engines! {
    async fn there_is_one_budget_for_a_scope_a_period_and_a_unit(db) {
        let ctx = db.ctx().await;
        let first = set(&ctx, &a_day_of("tokens", "1000", Some("800"))).await.unwrap();
        assert!(first.is_new);
        let again = set(&ctx, &a_day_of("tokens", "2000", None)).await.unwrap();
        assert!(!again.is_new);
        assert_eq!(again.budget.id, first.budget.id);
        assert_eq!((again.budget.hard_limit.to_string(), again.budget.soft_limit), ("2000".to_owned(), None));
        assert!(again.budget.updated_at > first.budget.updated_at);
        assert!(set(&ctx, &a_day_of("USD", "2.5", None)).await.unwrap().is_new);
        assert!(set(&ctx, &a_day_of("EUR", "2.5", None)).await.unwrap().is_new);

        let page = Page { after: None, limit: 10 };
        let other = stranger(&ctx, &db.database).await;
        let of = async |ctx: &Ctx| budgets::list(ctx, ctx.database.reader(), &page).await.unwrap();
        assert_eq!(of(&ctx).await.items.len(), 3);
        assert!(of(&other).await.items.is_empty());
        let refused = budgets::find(&other, other.database.reader(), first.budget.id).await.unwrap_err();
        assert!(matches!(refused, Error::BudgetNotFound { .. }), "{refused}");
    }

    async fn what_breaks_a_rule_is_named(db) {
        let ctx = db.ctx().await;
        for (new, expected) in [
            (a_day_of("shells", "1", None), "/unit"),
            (a_day_of("tokens", "1.5", None), "/limit"),
            (a_day_of("tokens", "-1", None), "/limit"),
            (a_day_of("USD", "0.000000000000001", None), "/limit"),
            (a_day_of("USD", "1", Some("-1")), "/soft_limit"),
            (a_day_of("USD", "1", Some("1.01")), "/soft_limit"),
        ] {
            let refused = set(&ctx, &new).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == expected), "{refused}");
        }
    }

    async fn a_change_that_was_overtaken_is_refused(db) {
        let ctx = db.ctx().await;
        let first = set(&ctx, &a_day_of("tokens", "1000", None)).await.unwrap().budget;
        let second = set(&ctx, &a_day_of("tokens", "2000", None)).await.unwrap().budget;
        let new = a_day_of("tokens", "3000", None);
        let late = async |tx: Tx| budgets::set(&ctx, &tx, &new, Some(first.updated_at)).await;
        assert!(matches!(ctx.database.write(late).await.unwrap_err(), Error::Changed));
        let late = async |tx: Tx| budgets::delete(&ctx, &tx, first.id, Some(first.updated_at)).await;
        assert!(matches!(ctx.database.write(late).await.unwrap_err(), Error::Changed));
        let now = async |tx: Tx| budgets::delete(&ctx, &tx, first.id, Some(second.updated_at)).await;
        ctx.database.write(now).await.unwrap();
        let gone = budgets::find(&ctx, ctx.database.reader(), first.id).await.unwrap_err();
        assert!(matches!(gone, Error::BudgetNotFound { .. }), "{gone}");
    }

    async fn a_budget_stands_as_its_rows_say(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let reactive = budget(&ctx, BudgetScope::Reactive, "tokens", "100000").await;
        let all = budget(&ctx, BudgetScope::All, "tokens", "100000").await;
        let dollars = budget(&ctx, BudgetScope::All, "USD", "10").await;
        let euros = budget(&ctx, BudgetScope::All, "EUR", "10").await;
        let last_month = usage(None, 50_000, 0);
        let long_ago = Some("2026-01-31T23:59:59Z".parse().unwrap());
        count_one(&ctx, NewUsage { used_at: long_ago, ..last_month }).await;
        count_one(&other, usage(None, 50_000, 0)).await;
        // 0.003 + 0.03 USD by the price list.
        count_one(&ctx, usage(None, 1_000, 2_000)).await;
        let mut own = usage(None, 10, 20);
        own.scope = TokenScope::Proactive;
        own.cost = Some(cost("0.5", "EUR"));
        own.model = None;
        count_one(&ctx, own).await;
        // Reported in dollars: what was computed does not count as well.
        count_one(&ctx, NewUsage { cost: Some(cost("0.07", "USD")), ..usage(None, 100, 0) }).await;
        let mut new = estimate(500);
        new.estimated_cost = Some(cost("0.25", "USD"));
        let refused = set_aside(&ctx, &new).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "/estimated_cost", .. }), "{refused}");
        let work = async |tx: Tx| budgets::delete(&ctx, &tx, euros.id, None).await;
        ctx.database.write(work).await.unwrap();
        set_aside(&ctx, &new).await.unwrap();

        for (budget, used, reserved) in [
            (&reactive, "3100", "500"), (&all, "3130", "500"), (&dollars, "0.103", "0.25"),
            (&euros, "0.5", "0"),
        ] {
            let found = standing(&ctx, &ctx.database, budget, ctx.now()).await.unwrap();
            let found = (found.used.to_string(), found.reserved.to_string());
            assert_eq!(found, (used.to_owned(), reserved.to_owned()), "{budget:?}");
        }
    }
}
