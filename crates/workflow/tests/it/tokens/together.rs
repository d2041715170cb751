//! A thousand at once: no limit is passed, and nothing is refused that fits.

use std::time::Duration;

use db::{Database, Settings, Tx};
use entity::values::{BudgetScope, TokenReservationId};
use futures_util::future::join_all;
use identity::Ctx;
use rust_decimal::Decimal;
use testkit::{TestDatabase, on_both_engines};
use workflow::{
    Error,
    tokens::{
        reservations::{self, reserve},
        standing,
    },
};

use super::{budget, cost, estimate, prices, usage};

const MANY: i64 = 1_000;

/// The test's user, with connections enough that many transactions are open at once.
async fn with_many_connections(db: &TestDatabase) -> Ctx {
    let owner = db.ctx().await;
    let settings = Settings {
        pool_max_size: 16,
        max_waiting: 2_000,
        acquire_timeout: Duration::from_mins(2),
        ..db.settings()
    };
    let database = Database::connect(&settings).await.unwrap();
    Ctx::new(
        owner.actor,
        owner.scope,
        "test".into(),
        owner.clock,
        &database,
    )
}

/// What came of all that were asked for at once, by their tokens.
async fn race(
    ctx: &Ctx,
    tokens: impl Iterator<Item = i64>,
    price: Option<&'static str>,
) -> Vec<(i64, Result<TokenReservationId, Error>)> {
    let ask = |tokens: i64| async move {
        let mut new = estimate(tokens);
        new.estimated_cost = price.map(|price| cost(price, "USD"));
        let work = async |tx: Tx| reserve(ctx, &tx, &new).await;
        let reserved = ctx.database.write(work).await;
        (tokens, reserved.map(|reserved| reserved.reservation.id))
    };
    join_all(tokens.map(ask)).await
}

fn is_exceeded(error: &Error) -> bool {
    matches!(error, Error::BudgetExceeded { .. })
}

on_both_engines! {
    async fn a_thousand_at_once_get_exactly_what_there_is(db) {
        let ctx = with_many_connections(&db).await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "6370").await;
        let found = race(&ctx, (0..MANY).map(|_| 10), None).await;
        let granted = found.iter().filter(|(_, result)| result.is_ok()).count();
        assert_eq!(granted, 637);
        assert!(found.iter().all(|(_, result)| result.as_ref().err().is_none_or(is_exceeded)));
        let stands = standing(&ctx, &ctx.database, &limit, ctx.now()).await.unwrap();
        assert_eq!(stands.reserved.to_string(), "6370");
    }

    async fn money_runs_out_as_exactly_beside_a_limit_in_tokens(db) {
        let ctx = with_many_connections(&db).await;
        let dollars = budget(&ctx, BudgetScope::Reactive, "USD", "0.1").await;
        budget(&ctx, BudgetScope::All, "tokens", "100000000").await;
        let found = race(&ctx, 0..300, Some("0.001")).await;
        assert_eq!(found.iter().filter(|(_, result)| result.is_ok()).count(), 100);
        let stands = standing(&ctx, &ctx.database, &dollars, ctx.now()).await.unwrap();
        assert_eq!(stands.reserved.to_string(), "0.1");
    }

    async fn of_different_sizes_only_those_are_refused_that_did_not_fit(db) {
        let ctx = with_many_connections(&db).await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "20000").await;
        let sizes = (0..MANY).map(|n| n * 7_919 % 97 + 1);
        let found = race(&ctx, sizes, None).await;
        let granted: i64 = found.iter().filter(|(_, result)| result.is_ok()).map(|(size, _)| size).sum();
        assert!(granted <= 20_000, "{granted}");
        for (size, result) in &found {
            match result {
                Ok(_) => {}
                Err(Error::BudgetExceeded { reached, .. }) => {
                    let left = Decimal::from(20_000) - reached.standing.taken().unwrap().decimal();
                    assert!(Decimal::from(*size) > left, "{size} was refused of {left}");
                    assert!(*size > 20_000 - granted, "nothing was given back");
                }
                Err(other) => panic!("{other}"),
            }
        }
        let stands = standing(&ctx, &ctx.database, &limit, ctx.now()).await.unwrap();
        assert_eq!(stands.reserved.decimal(), Decimal::from(granted));
    }

    async fn while_others_settle_and_release_no_limit_is_passed(db) {
        let ctx = with_many_connections(&db).await;
        let limit = budget(&ctx, BudgetScope::All, "tokens", "500").await;
        let (ctx, limit) = (&ctx, &limit);
        let use_some = |n: i64| async move {
                let work = async |tx: Tx| reserve(ctx, &tx, &estimate(10)).await;
                let reserved = match ctx.database.write(work).await {
                    Ok(reserved) => reserved.reservation.id,
                    Err(error) if is_exceeded(&error) => return 0,
                    Err(error) => panic!("{error}"),
                };
                // Whatever is used is at most what was reserved, so that the limit holds throughout.
                let used = if n % 2 == 0 { 4 } else { 0 };
                let close = async |tx: Tx| -> Result<(), Error> {
                    if used == 0 {
                        reservations::release(ctx, &tx, reserved).await?;
                    } else {
                        let new = usage(None, used, 0);
                        reservations::settle(ctx, &tx, &prices(), reserved, &new).await?;
                    }
                    Ok(())
                };
                ctx.database.write(close).await.unwrap();
                let stands = standing(ctx, &ctx.database, limit, ctx.now()).await.unwrap();
                let taken = stands.taken().unwrap();
                assert!(taken <= limit.hard_limit, "{taken}");
                used
        };
        let used: i64 = join_all((0..MANY / 2).map(use_some)).await.into_iter().sum();
        let stands = standing(ctx, &ctx.database, limit, ctx.now()).await.unwrap();
        assert_eq!((stands.used.decimal(), stands.reserved.decimal()), (used.into(), Decimal::ZERO));
    }
}
