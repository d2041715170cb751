//! What was booked by another method once is answered by that method at its revision.

use books::{
    booked::{BookedLots, booked_lots, revision_at},
    holdings::AsOf,
    lots, portfolios,
    portfolios::PortfolioPatch,
    realized,
};
use chrono::TimeDelta;
use entity::{
    books::portfolio,
    values::{
        LotMethod, PortfolioId,
        TransactionKind::{Buy, Sell},
    },
};
use identity::Ctx;

use crate::{
    recording::{portfolio_by, recorded, trade},
    setup::{date, security, write},
};

fn asof(revision: Option<i64>) -> AsOf {
    AsOf {
        date: date("2024-12-31"),
        revision,
    }
}

async fn patched(ctx: &Ctx, id: PortfolioId, patch: PortfolioPatch) -> portfolio::Model {
    write(ctx, move |ctx, tx| async move {
        portfolios::update(&ctx, &tx, id, patch, None).await
    })
    .await
    .unwrap()
    .portfolio
}

fn by_method(method: LotMethod) -> PortfolioPatch {
    PortfolioPatch {
        lot_method: Some(method),
        ..PortfolioPatch::default()
    }
}

async fn lots_at(
    ctx: &Ctx,
    id: PortfolioId,
    revision: Option<i64>,
    method: Option<LotMethod>,
) -> BookedLots {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find(ctx, reader, id).await.unwrap();
    booked_lots(ctx, reader, &portfolio, asof(revision), method)
        .await
        .unwrap()
}

/// The method, the costs of the open lots and the gains.
fn told(lots: &BookedLots) -> (LotMethod, Vec<String>, Vec<String>) {
    let costs = lots
        .open
        .iter()
        .map(|(_, lot)| lot.cost.normalize().to_string());
    let gains = lots
        .closings
        .iter()
        .map(|closing| closing.realized_gain.normalize().to_string());
    (lots.method, costs.collect(), gains.collect())
}

testkit::on_both_engines! {
    async fn lots_and_gains_of_a_revision_are_those_of_its_method(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let id = portfolio_by(&ctx, LotMethod::Average, false).await.id;
        recorded(&ctx, id, vec![
            trade(Buy, "2024-01-02", nike, "10", "10"),
            trade(Buy, "2024-01-03", nike, "10", "20"),
            trade(Sell, "2024-01-04", nike, "15", "30"),
        ]).await.unwrap();
        patched(&ctx, id, by_method(LotMethod::Lifo)).await;
        patched(&ctx, id, by_method(LotMethod::Fifo)).await;
        let expected = [
            (1, LotMethod::Average, "75", "225"),
            (2, LotMethod::Lifo, "50", "200"),
            (3, LotMethod::Fifo, "100", "250"),
        ];
        let reader = ctx.database.reader();
        for (revision, method, cost, gain) in expected {
            let (by, costs, gains) = told(&lots_at(&ctx, id, Some(revision), None).await);
            let sum: i64 = gains.iter().map(|gain| gain.parse::<i64>().unwrap()).sum();
            assert_eq!((by, costs, sum.to_string()), (method, vec![cost.to_owned()], gain.to_owned()));
            let at = asof(Some(revision));
            let stored = lots::of_security(&ctx, reader, id, nike, at).await.unwrap();
            let costs: Vec<String> = stored.iter().map(|lot| lot.cost_basis.to_string()).collect();
            assert_eq!(costs, [cost], "stored, at {revision}");
            let gains = realized::gains_of_security(&ctx, reader, id, nike, at).await.unwrap();
            assert_eq!(gains[0].amount.to_string(), gain, "stored, at {revision}");
        }
        let now = told(&lots_at(&ctx, id, None, None).await);
        assert_eq!(now.0, LotMethod::Fifo);
        // What another method would make of it is asked at each revision alike.
        for revision in 1..=3 {
            let by_average = told(&lots_at(&ctx, id, Some(revision), Some(LotMethod::Average)).await);
            assert_eq!(by_average.1, ["75"]);
        }
    }

    async fn a_change_of_the_method_is_a_moment_that_can_be_asked_for(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let id = portfolio_by(&ctx, LotMethod::Average, false).await.id;
        let bought = recorded(&ctx, id, vec![trade(Buy, "2024-01-02", nike, "10", "10")]).await.unwrap();
        let before = bought.transactions[0].recorded_at;
        let changed = patched(&ctx, id, by_method(LotMethod::Fifo)).await;
        assert_eq!(changed.books_revision, 2);
        let reader = ctx.database.reader();
        let at = async |instant| revision_at(&ctx, reader, &changed, instant).await.unwrap();
        assert_eq!(at(before - TimeDelta::seconds(1)).await, 0);
        assert_eq!(at(before).await, 1);
        assert_eq!(at(ctx.now() + TimeDelta::seconds(1)).await, 2);
        // A name changes no rules, and so no revision.
        let named = PortfolioPatch { name: Some("Q".to_owned()), ..PortfolioPatch::default() };
        let named = patched(&ctx, id, named).await;
        assert_eq!((named.books_revision, named.former_rules), (2, changed.former_rules.clone()));
    }

    async fn a_short_of_a_revision_that_allowed_it_can_be_asked_for_after_it_is_forbidden(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let id = portfolio_by(&ctx, LotMethod::Fifo, true).await.id;
        recorded(&ctx, id, vec![trade(Sell, "2024-02-01", nike, "4", "10")]).await.unwrap();
        recorded(&ctx, id, vec![trade(Buy, "2024-01-02", nike, "5", "8")]).await.unwrap();
        let forbids = PortfolioPatch { allows_shorts: Some(false), ..PortfolioPatch::default() };
        patched(&ctx, id, forbids).await;
        for method in [None, Some(LotMethod::Lifo)] {
            let short = told(&lots_at(&ctx, id, Some(1), method).await);
            assert_eq!((short.1, short.2), (vec!["-40".to_owned()], vec![]));
            let now = told(&lots_at(&ctx, id, None, method).await);
            assert_eq!((now.1, now.2), (vec!["8".to_owned()], vec!["8".to_owned()]));
        }
    }
}
