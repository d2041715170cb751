use chrono::{Days, TimeDelta};
use db::page::Page;
use entity::values::{TokenScope, TokenUsageId};
use futures_util::future::join_all;
use identity::Ctx;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::json;
use testkit::on_both_engines;
use workflow::{
    Error,
    tokens::{
        Tokens,
        usage::{self as ledger, Filter, NewUsage},
    },
};

use super::{cost, count, count_one, job_of, usage};
use crate::{stranger, thread_of};

async fn all(ctx: &Ctx) -> Vec<entity::workflow::token_usage::Model> {
    let page = Page {
        after: None,
        limit: 500,
    };
    let found = ledger::list(ctx, ctx.database.reader(), &Filter::default(), &page).await;
    found.unwrap().items
}

on_both_engines! {
    async fn usage_is_kept_as_it_came_with_both_costs_apart(db) {
        let ctx = db.ctx().await;
        let thread = thread_of(&ctx).await;
        let new = NewUsage {
            thread_id: Some(thread),
            job_id: Some(job_of(&ctx, thread).await),
            tokens: Tokens { input: 1_000, cached_input: 400, output: 700, reasoning: 500 },
            cost: Some(cost("0.0123456789", "EUR")),
            meta: json!({"temperature": 0.5}),
            used_at: Some(ctx.now() - TimeDelta::hours(1)),
            ..usage(Some("req-1"), 0, 0)
        };
        let logged = count_one(&ctx, new.clone()).await;
        assert!(!logged.was_there);
        let row = ledger::find(&ctx, ctx.database.reader(), logged.usage.id).await.unwrap();
        assert_eq!(row, logged.usage);
        assert_eq!(row.total_tokens, 1_700);
        assert_eq!((row.cached_input_tokens, row.reasoning_tokens), (400, 500));
        assert_eq!(row.cost_amount.unwrap().to_string(), "0.0123456789");
        assert_eq!(row.cost_currency.as_deref(), Some("EUR"));
        // (600 · 3 + 400 · 0.3 + 700 · 15) / 1,000,000
        assert_eq!(row.computed_cost_amount.unwrap().to_string(), "0.01242");
        assert_eq!(row.computed_cost_currency.as_deref(), Some("USD"));
        assert_eq!(row.price_valid_from.unwrap().to_string(), "2026-01-01");
        assert_eq!((row.thread_id, row.job_id), (Some(thread), new.job_id));
        assert_eq!(row.used_at, new.used_at.unwrap());
    }

    async fn what_has_no_price_then_has_no_computed_cost(db) {
        let ctx = db.ctx().await;
        let early = "2025-12-31T23:59:59.999999Z".parse().unwrap();
        let before = NewUsage { used_at: Some(early), ..usage(None, 10, 10) };
        let unknown = NewUsage { model: Some("large".to_owned()), ..usage(None, 10, 10) };
        let nameless = NewUsage { model: None, ..usage(None, 10, 10) };
        for new in [before, unknown, nameless] {
            let row = count_one(&ctx, new).await.usage;
            assert_eq!((row.computed_cost_amount, row.price_valid_from), (None, None));
        }
    }

    async fn a_request_id_counts_once_and_never_as_something_else(db) {
        let ctx = db.ctx().await;
        let first = count_one(&ctx, usage(Some("req-1"), 10, 5)).await;
        let again = count_one(&ctx, usage(Some("req-1"), 10, 5)).await;
        assert!(again.was_there);
        assert_eq!(again.usage, first.usage);

        let then = NewUsage { used_at: Some(first.usage.used_at), ..usage(Some("req-1"), 10, 5) };
        assert!(count_one(&ctx, then.clone()).await.was_there);
        for other in [
            usage(Some("req-1"), 11, 5),
            NewUsage { scope: TokenScope::Proactive, ..then.clone() },
            NewUsage { cost: Some(cost("1", "USD")), ..then.clone() },
            NewUsage { used_at: Some(first.usage.used_at - TimeDelta::seconds(1)), ..then },
        ] {
            let refused = count(&ctx, &[usage(Some("req-2"), 1, 1), other]).await.unwrap_err();
            assert!(matches!(refused, Error::UsageDiffers { .. }), "{refused}");
        }
        assert_eq!(all(&ctx).await, [first.usage], "all of a list or nothing");

        let elsewhere = NewUsage { provider: "openai".to_owned(), ..usage(Some("req-1"), 1, 1) };
        assert!(!count_one(&ctx, elsewhere).await.was_there, "unique per provider");
        let other = stranger(&ctx, &db.database).await;
        assert!(!count_one(&other, usage(Some("req-1"), 1, 1)).await.was_there, "and per user");
    }

    async fn a_request_id_counts_once_however_many_send_it_at_once(db) {
        let ctx = db.ctx().await;
        let lists = (0..12).map(|n| {
            let mut list: Vec<_> =
                (0..10).map(|id| usage(Some(&format!("req-{id}")), id, 1)).collect();
            if n % 2 == 0 {
                list.reverse();
            }
            list.push(list[0].clone());
            list
        });
        let sent: Vec<_> = lists.collect();
        let logged = join_all(sent.iter().map(|list| count(&ctx, list))).await;
        let logged: Vec<_> = logged.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(logged.iter().filter(|one| !one.was_there).count(), 10);
        assert_eq!(all(&ctx).await.len(), 10);
    }

    async fn what_breaks_a_rule_is_named_with_its_place(db) {
        let ctx = db.ctx().await;
        let tokens = |input, cached_input, output, reasoning| NewUsage {
            tokens: Tokens { input, cached_input, output, reasoning },
            ..usage(None, 0, 0)
        };
        let priced = |amount: &str, currency: &str| NewUsage {
            cost: Some(cost(amount, currency)),
            ..usage(None, 0, 0)
        };
        let at = |at| NewUsage { used_at: Some(at), ..usage(None, 0, 0) };
        for (new, expected) in [
            (tokens(-1, 0, 0, 0), "/input_tokens"),
            (tokens(1_000_000_001, 0, 0, 0), "/input_tokens"),
            (tokens(0, 0, -1, 0), "/output_tokens"),
            (tokens(5, 6, 0, 0), "/cached_input_tokens"),
            (tokens(5, -1, 0, 0), "/cached_input_tokens"),
            (tokens(0, 0, 5, 6), "/reasoning_tokens"),
            (priced("-0.01", "USD"), "/cost_amount"),
            (priced("100000000000000", "USD"), "/cost_amount"),
            (priced("0.000000000000001", "USD"), "/cost_amount"),
            (priced("1", "usd"), "/cost_currency"),
            (at(ctx.now() + TimeDelta::hours(1)), "/used_at"),
            (at("1999-12-31T23:59:59Z".parse().unwrap()), "/used_at"),
            (NewUsage { provider: String::new(), ..usage(None, 0, 0) }, "/provider"),
            (NewUsage { model: Some("a\nb".to_owned()), ..usage(None, 0, 0) }, "/model"),
            (usage(Some(&"x".repeat(256)), 0, 0), "/request_id"),
            (NewUsage { meta: json!([]), ..usage(None, 0, 0) }, "/meta"),
            (NewUsage { meta: json!({"a": "x".repeat(17_000)}), ..usage(None, 0, 0) }, "/meta"),
        ] {
            let refused = count(&ctx, &[usage(None, 1, 1), new]).await.unwrap_err();
            let is_named = matches!(refused, Error::InvalidUsage { at: 1, field, .. } if field == expected);
            assert!(is_named, "{expected}: {refused}");
        }
        assert!(all(&ctx).await.is_empty());
    }

    async fn the_database_itself_refuses_counts_that_do_not_add_up(db) {
        let ctx = db.ctx().await;
        let row = count_one(&ctx, usage(None, 10, 5)).await.usage;
        let broken = |change: fn(&mut entity::workflow::token_usage::ActiveModel)| {
            let mut row = row.clone().into_active_model();
            change(&mut row);
            row.update(&ctx.database)
        };
        assert!(broken(|row| row.total_tokens = Set(16)).await.is_err());
        assert!(broken(|row| row.cached_input_tokens = Set(11)).await.is_err());
        assert!(broken(|row| row.reasoning_tokens = Set(6)).await.is_err());
        assert!(broken(|row| row.cost_currency = Set(Some("USD".to_owned()))).await.is_err());
        let same = entity::workflow::token_usage::Entity::find().one(&ctx.database).await.unwrap();
        assert_eq!(same, Some(row));
    }

    async fn anothers_thread_is_none_and_neither_is_anothers_job(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let new = NewUsage { thread_id: Some(thread_of(&ctx).await), ..usage(None, 1, 1) };
        let refused = count(&other, &[new]).await.unwrap_err();
        assert!(matches!(refused, Error::ThreadNotFound { .. }), "{refused}");
        let job = job_of(&ctx, thread_of(&ctx).await).await;
        let new = NewUsage { job_id: Some(job), ..usage(None, 1, 1) };
        let refused = count(&other, std::slice::from_ref(&new)).await.unwrap_err();
        assert!(matches!(refused, Error::JobNotFound { id } if id == job), "{refused}");
        count_one(&ctx, new).await;
        assert!(all(&other).await.is_empty());
        let id = all(&ctx).await[0].id;
        let refused = ledger::find(&other, other.database.reader(), id).await.unwrap_err();
        assert!(matches!(refused, Error::UsageNotFound { .. }), "{refused}");
    }

    async fn pages_show_each_row_once_the_last_counted_first(db) {
        let ctx = db.ctx().await;
        let (now, thread) = (ctx.now(), thread_of(&ctx).await);
        let mut new: Vec<_> = (0..7).map(|n| usage(None, n, 0)).collect();
        new[2].scope = TokenScope::Proactive;
        new[3].thread_id = Some(thread);
        new[4].used_at = Some(now - TimeDelta::days(2));
        new[5].model = None;
        for one in new {
            count_one(&ctx, one).await;
        }
        let list = async |filter: Filter, after: Option<TokenUsageId>| {
            let page = Page { after, limit: 3 };
            ledger::list(&ctx, ctx.database.reader(), &filter, &page).await.unwrap()
        };
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = list(Filter::default(), after).await;
            seen.extend(page.items.iter().map(|row| row.input_tokens));
            after = page.items.last().map(|row| row.id);
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
        let none = Filter::default();
        for (filter, expected) in [
            (Filter { scope: Some(TokenScope::Proactive), ..none.clone() }, vec![2]),
            (Filter { thread_id: Some(thread), ..none.clone() }, vec![3]),
            (Filter { last: Some(ctx.today() - Days::new(1)), ..none.clone() }, vec![4]),
            (Filter { first: Some(ctx.today() - Days::new(1)), ..none.clone() }, vec![6, 5, 3]),
            (Filter { provider: Some("openai".to_owned()), ..none.clone() }, vec![]),
            (Filter { model: Some("small".to_owned()), ..none }, vec![6, 4, 3]),
        ] {
            let found = list(filter, None).await.items;
            assert_eq!(found.iter().map(|row| row.input_tokens).collect::<Vec<_>>(), expected);
        }
    }
}
