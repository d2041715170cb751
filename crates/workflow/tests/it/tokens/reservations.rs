use chrono::TimeDelta;
use db::{Tx, page::Page};
use entity::{
    values::{BudgetPeriod, BudgetScope, ReservationStatus, TokenReservationId, TokenScope},
    workflow::token_reservation::Model,
};
use identity::Ctx;
use sea_orm::{ActiveModelTrait, IntoActiveModel, Set};
use testkit::on_both_engines;
use workflow::{
    Error,
    tokens::{
        budgets::{self, NewBudget},
        reservations::{self, NewReservation, Settled},
        standing,
        usage::NewUsage,
    },
};

use super::{budget, cost, count_one, estimate, prices, set_aside, usage};
use crate::stranger;

async fn settle(ctx: &Ctx, id: TokenReservationId, new: NewUsage) -> Result<Settled, Error> {
    let work = async |tx: Tx| reservations::settle(ctx, &tx, &prices(), id, &new).await;
    ctx.database.write(work).await
}

async fn release(ctx: &Ctx, id: TokenReservationId) -> Result<Model, Error> {
    let work = async |tx: Tx| reservations::release(ctx, &tx, id).await;
    ctx.database.write(work).await
}

async fn expire(ctx: &Ctx, reservation: &Model, ago: TimeDelta) {
    let mut row = reservation.clone().into_active_model();
    row.expires_at = Set(ctx.now() - ago);
    row.update(&ctx.database).await.unwrap();
}

on_both_engines! {
    async fn what_would_pass_a_limit_is_refused_with_what_is_left(db) {
        let ctx = db.ctx().await;
        let reactive = budget(&ctx, BudgetScope::Reactive, "tokens", "1000").await;
        count_one(&ctx, usage(None, 300, 0)).await;
        set_aside(&ctx, &estimate(400)).await.unwrap();
        let refused = set_aside(&ctx, &estimate(301)).await.unwrap_err();
        let text = refused.to_string();
        let Error::BudgetExceeded { reached, asked } = refused else { panic!("{text}") };
        assert_eq!(reached.budget, reactive);
        let standing = reached.standing;
        let numbers = [reached.budget.hard_limit, standing.used, standing.reserved, asked];
        assert_eq!(numbers.map(|n| n.to_string()), ["1000", "300", "400", "301"]);
        for part in ["1000", "300", "400", "301", "month", "reactive"] {
            assert!(text.contains(part), "{text}");
        }
        set_aside(&ctx, &estimate(300)).await.unwrap();
        set_aside(&ctx, &estimate(0)).await.unwrap();
        let proactive = NewReservation { scope: TokenScope::Proactive, ..estimate(5_000) };
        set_aside(&ctx, &proactive).await.unwrap();
        budget(&ctx, BudgetScope::All, "tokens", "6001").await;
        let refused = set_aside(&ctx, &NewReservation { estimated_tokens: 2, ..proactive }).await;
        assert!(matches!(refused, Err(Error::BudgetExceeded { .. })), "{refused:?}");
    }

    async fn without_a_budget_anything_fits_and_anothers_is_none(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        budget(&other, BudgetScope::All, "tokens", "0").await;
        let reserved = set_aside(&ctx, &estimate(2_000_000_000)).await.unwrap();
        assert!(reserved.warnings.is_empty());
        let id = reserved.reservation.id;
        let refused = release(&other, id).await.unwrap_err();
        assert!(matches!(refused, Error::ReservationNotFound { .. }), "{refused}");
        let refused = settle(&other, id, usage(None, 1, 1)).await.unwrap_err();
        assert!(matches!(refused, Error::ReservationNotFound { .. }), "{refused}");
    }

    async fn a_soft_limit_warns_and_lets_through(db) {
        let ctx = db.ctx().await;
        let new = NewBudget {
            scope: BudgetScope::All,
            period: BudgetPeriod::Week,
            unit: "USD".to_owned(),
            limit: "1".parse().unwrap(),
            soft_limit: Some("0.5".parse().unwrap()),
        };
        let work = async |tx: Tx| budgets::set(&ctx, &tx, &new, None).await;
        let set = ctx.database.write(work).await.unwrap().budget;
        let of = |amount: &str| NewReservation {
            estimated_cost: Some(cost(amount, "USD")),
            ..estimate(10)
        };
        assert!(set_aside(&ctx, &of("0.5")).await.unwrap().warnings.is_empty());
        let warned = set_aside(&ctx, &of("0.00000000000001")).await.unwrap().warnings;
        assert_eq!(warned.len(), 1);
        assert_eq!(warned[0].budget, set);
        assert_eq!(warned[0].standing.reserved.to_string(), "0.50000000000001");
        let refused = set_aside(&ctx, &of("0.5")).await.unwrap_err();
        assert!(matches!(refused, Error::BudgetExceeded { .. }), "{refused}");
        set_aside(&ctx, &of("0.49999999999999")).await.unwrap();
        for new in [estimate(1), NewReservation { estimated_cost: Some(cost("0", "EUR")), ..estimate(1) }] {
            let refused = set_aside(&ctx, &new).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field: "/estimated_cost", .. }), "{refused}");
        }
    }

    async fn settling_counts_what_was_used_in_place_of_what_was_reserved(db) {
        let ctx = db.ctx().await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "1000").await;
        let stands = async || {
            let found = standing(&ctx, &ctx.database, &limit, ctx.now()).await.unwrap();
            (found.used.to_string(), found.reserved.to_string())
        };
        let id = set_aside(&ctx, &estimate(900)).await.unwrap().reservation.id;
        assert_eq!(stands().await, ("0".to_owned(), "900".to_owned()));
        let settled = settle(&ctx, id, usage(Some("req-1"), 90, 10)).await.unwrap();
        assert_eq!(settled.reservation.status, ReservationStatus::Settled);
        assert_eq!(settled.reservation.usage_id, Some(settled.usage.usage.id));
        assert_eq!(stands().await, ("100".to_owned(), "0".to_owned()));

        let again = settle(&ctx, id, usage(Some("req-1"), 90, 10)).await.unwrap();
        assert!(again.usage.was_there);
        assert_eq!(again.reservation, settled.reservation);
        for other in [usage(Some("req-1"), 91, 10), usage(Some("req-2"), 90, 10), usage(None, 90, 10)] {
            let refused = settle(&ctx, id, other).await.unwrap_err();
            assert!(matches!(refused, Error::ReservationClosed { .. }), "{refused}");
        }
        let refused = release(&ctx, id).await.unwrap_err();
        assert!(matches!(refused, Error::ReservationClosed { .. }), "{refused}");
        assert_eq!(stands().await, ("100".to_owned(), "0".to_owned()));

        // A call that was counted by itself meanwhile counts once.
        let id = set_aside(&ctx, &estimate(100)).await.unwrap().reservation.id;
        count_one(&ctx, usage(Some("req-3"), 50, 0)).await;
        let settled = settle(&ctx, id, usage(Some("req-3"), 50, 0)).await.unwrap();
        assert!(settled.usage.was_there);
        assert_eq!(stands().await, ("150".to_owned(), "0".to_owned()));
    }

    async fn what_has_happened_is_counted_past_the_limit_and_then_nothing_fits(db) {
        let ctx = db.ctx().await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "1000").await;
        let id = set_aside(&ctx, &estimate(10)).await.unwrap().reservation.id;
        settle(&ctx, id, usage(None, 5_000, 0)).await.unwrap();
        count_one(&ctx, usage(None, 1, 0)).await;
        let found = standing(&ctx, &ctx.database, &limit, ctx.now()).await.unwrap();
        assert_eq!(found.used.to_string(), "5001");
        let refused = set_aside(&ctx, &estimate(1)).await.unwrap_err();
        assert!(matches!(refused, Error::BudgetExceeded { .. }), "{refused}");
    }

    async fn a_released_reservation_holds_nothing(db) {
        let ctx = db.ctx().await;
        budget(&ctx, BudgetScope::All, "tokens", "1000").await;
        let id = set_aside(&ctx, &estimate(1_000)).await.unwrap().reservation.id;
        assert!(set_aside(&ctx, &estimate(1)).await.is_err());
        let released = release(&ctx, id).await.unwrap();
        assert_eq!(released.status, ReservationStatus::Released);
        assert_eq!(release(&ctx, id).await.unwrap(), released, "once is as good as twice");
        set_aside(&ctx, &estimate(1_000)).await.unwrap();
        let refused = settle(&ctx, id, usage(None, 1, 0)).await.unwrap_err();
        assert!(matches!(refused, Error::ReservationClosed { .. }), "{refused}");
    }

    async fn an_expired_reservation_holds_nothing_and_can_be_settled_late(db) {
        let ctx = db.ctx().await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "1000").await;
        let late = set_aside(&ctx, &estimate(1_000)).await.unwrap().reservation;
        assert!(set_aside(&ctx, &estimate(1)).await.is_err());
        expire(&ctx, &late, TimeDelta::zero()).await;
        set_aside(&ctx, &estimate(1_000)).await.unwrap();
        settle(&ctx, late.id, usage(None, 600, 0)).await.unwrap();
        let found = standing(&ctx, &ctx.database, &limit, ctx.now()).await.unwrap();
        assert_eq!((found.used.to_string(), found.reserved.to_string()), ("600".to_owned(), "1000".to_owned()));
    }

    async fn only_what_expired_a_week_ago_is_forgotten(db) {
        let ctx = db.ctx().await;
        let other = stranger(&ctx, &db.database).await;
        let mut all = Vec::new();
        for ctx in [&ctx, &ctx, &ctx, &other] {
            all.push(set_aside(ctx, &estimate(1)).await.unwrap().reservation);
        }
        settle(&ctx, all[1].id, usage(None, 1, 0)).await.unwrap();
        let settled = reservations::find(&ctx, ctx.database.reader(), all[1].id).await.unwrap();
        expire(&ctx, &all[0], TimeDelta::days(7)).await;
        expire(&ctx, &settled, TimeDelta::days(8)).await;
        expire(&ctx, &all[2], TimeDelta::days(6)).await;
        expire(&other, &all[3], TimeDelta::days(8)).await;
        let forget = async |tx: Tx| reservations::forget_old(&ctx, &tx).await;
        assert_eq!(ctx.database.write(forget).await.unwrap(), 2);
        assert_eq!(ctx.database.write(forget).await.unwrap(), 0);
        let page = Page { after: None, limit: 10 };
        let left = reservations::list(&ctx, ctx.database.reader(), None, &page).await.unwrap();
        assert_eq!(left.items.iter().map(|row| row.id).collect::<Vec<_>>(), [all[2].id]);
        let open = reservations::list(&ctx, ctx.database.reader(), Some(true), &page).await.unwrap();
        assert!(open.items.is_empty());
        let others = reservations::list(&other, other.database.reader(), None, &page).await.unwrap();
        assert_eq!(others.items.len(), 1);
    }

    async fn what_breaks_a_rule_is_named(db) {
        let ctx = db.ctx().await;
        let lasting = |expires_in| NewReservation { expires_in, ..estimate(1) };
        let costing = |amount: &str, currency: &str| NewReservation {
            estimated_cost: Some(cost(amount, currency)),
            ..estimate(1)
        };
        for (new, expected) in [
            (estimate(-1), "/estimated_tokens"),
            (estimate(2_000_000_001), "/estimated_tokens"),
            (lasting(TimeDelta::zero()), "/expires_in_s"),
            (lasting(TimeDelta::days(2)), "/expires_in_s"),
            (costing("-1", "USD"), "/estimated_cost"),
            (costing("1", "dollars"), "/cost_currency"),
        ] {
            let refused = set_aside(&ctx, &new).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == expected), "{refused}");
        }
        let id = set_aside(&ctx, &estimate(1)).await.unwrap().reservation.id;
        let other_scope = NewUsage { scope: TokenScope::Proactive, ..usage(None, 1, 0) };
        let refused = settle(&ctx, id, other_scope).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "/scope", .. }), "{refused}");
    }
}
