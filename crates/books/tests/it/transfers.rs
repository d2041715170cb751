//! Transfers between two portfolios of one owner: what leaves the one arrives in the other.

mod conserved;
mod histories;

use books::{
    Error,
    booked::{BookedLots, booked_lots},
    cash_flows,
    holdings::AsOf,
    page::Page,
    portfolios::{self, NewPortfolio, PortfolioPatch},
    record::{self, LotChoice, NewTransaction, Recorded, Terms},
};
use entity::{
    books::{cash_flow, portfolio, transaction},
    values::{
        CashFlowKind, LotMethod, Money, PortfolioId, SecurityId,
        TransactionKind::{Buy, Deposit, Sell, TransferOut},
        TransactionSource,
    },
};
use identity::{Actor, Ctx};
use rust_decimal::Decimal;

use crate::{
    recording::{cash, new, recorded, trade, voided},
    setup::{another_owner, at, date, latest, new_portfolio, security, write},
};

async fn portfolio(ctx: &Ctx, name: &str, method: LotMethod) -> PortfolioId {
    let new = NewPortfolio {
        lot_method: method,
        ..new_portfolio(name)
    };
    let made = write(ctx, |ctx, tx| async move {
        portfolios::create(&ctx, &tx, new).await
    });
    made.await.unwrap().id
}

async fn found(ctx: &Ctx, id: PortfolioId) -> portfolio::Model {
    portfolios::find(ctx, ctx.database.reader(), id)
        .await
        .unwrap()
}

fn to(portfolio: PortfolioId) -> Terms {
    Terms {
        to: Some(portfolio),
        ..Terms::default()
    }
}

/// Units that go to another portfolio.
fn units(
    day: &str,
    security: SecurityId,
    quantity: &str,
    portfolio: PortfolioId,
) -> NewTransaction {
    NewTransaction {
        security_id: Some(security),
        quantity: quantity.parse().unwrap(),
        terms: to(portfolio),
        ..new(TransferOut, day, "USD")
    }
}

async fn lots(ctx: &Ctx, id: PortfolioId) -> BookedLots {
    let portfolio = found(ctx, id).await;
    let asof = AsOf {
        date: date("9999-12-31"),
        revision: None,
    };
    let reader = ctx.database.reader();
    booked_lots(ctx, reader, &portfolio, asof, None)
        .await
        .unwrap()
}

/// `day of acquisition, units, cost, cost in base currency` of each open lot.
fn open(lots: &BookedLots) -> Vec<String> {
    let lots = lots.open.iter().map(|(_, lot)| {
        let base = lot
            .cost_base
            .map_or("unknown".to_owned(), |base| base.normalize().to_string());
        format!(
            "{} {} {} {base}",
            lot.acquired_on,
            lot.quantity.normalize(),
            lot.cost.normalize()
        )
    });
    lots.collect()
}

async fn flows(ctx: &Ctx, id: PortfolioId) -> Vec<cash_flow::Model> {
    let page = Page {
        after: None,
        limit: 500,
    };
    let reader = ctx.database.reader();
    let listed = cash_flows::list(ctx, reader, id, None, None, &page).await;
    listed.unwrap().items
}

async fn row(ctx: &Ctx, id: entity::values::TransactionId) -> transaction::Model {
    use sea_orm::EntityTrait;
    let row = transaction::Entity::find_by_id((ctx.scope, id));
    row.one(ctx.database.reader()).await.unwrap().unwrap()
}

/// Two purchases at 10 and 20, and a transfer of 15 of the 20 units from A to B.
async fn moved(ctx: &Ctx, method: LotMethod) -> (PortfolioId, PortfolioId, SecurityId, Recorded) {
    let nike = security(ctx, "NKE").await.id;
    let (a, b) = (
        portfolio(ctx, "A", method).await,
        portfolio(ctx, "B", method).await,
    );
    recorded(
        ctx,
        a,
        vec![
            trade(Buy, "2024-01-02", nike, "10", "10"),
            trade(Buy, "2024-01-03", nike, "10", "20"),
        ],
    )
    .await
    .unwrap();
    let done = recorded(ctx, a, vec![units("2024-02-01", nike, "15", b)])
        .await
        .unwrap();
    (a, b, nike, done)
}

testkit::on_both_engines! {
    async fn units_arrive_with_the_dates_and_costs_that_they_had(db) {
        let ctx = db.ctx().await;
        let (a, b, _, done) = moved(&ctx, LotMethod::Fifo).await;
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-03 5 100 100"]);
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-02 10 100 100", "2024-01-03 5 100 100"]);
        let closings = lots(&ctx, a).await.closings;
        assert!(closings.iter().all(|closing| closing.realized_gain.is_zero()), "{closings:?}");
        assert_eq!((found(&ctx, a).await.books_revision, found(&ctx, b).await.books_revision), (2, 1));
        assert_eq!(done.others, [b]);
        let out = &done.transactions[0];
        let arrival = row(&ctx, out.counter_transaction_id.unwrap()).await;
        assert_eq!((out.counter_portfolio_id, arrival.counter_portfolio_id), (Some(b), Some(a)));
        assert_eq!(arrival.counter_transaction_id, Some(out.id));
        assert_eq!(arrival.quantity.to_string(), "15");
        // No cash has moved.
        assert_eq!((flows(&ctx, a).await, flows(&ctx, b).await), (vec![], vec![]));
    }

    async fn cash_leaves_the_one_and_comes_to_the_other(db) {
        let ctx = db.ctx().await;
        let (a, b) = (portfolio(&ctx, "A", LotMethod::Fifo).await, portfolio(&ctx, "B", LotMethod::Fifo).await);
        let moved = NewTransaction {
            fee: "5".parse().unwrap(),
            terms: to(b),
            ..cash(TransferOut, "2024-01-03", "-105")
        };
        recorded(&ctx, a, vec![cash(Deposit, "2024-01-02", "1000"), moved]).await.unwrap();
        let told = |flows: &[cash_flow::Model]| -> Vec<(CashFlowKind, String, bool, Option<PortfolioId>)> {
            let flows = flows.iter();
            flows.map(|flow| (flow.kind, flow.amount.to_string(), flow.is_external, flow.counter_portfolio_id)).collect()
        };
        assert_eq!(told(&flows(&ctx, a).await), [
            (CashFlowKind::Deposit, "1000".to_owned(), true, None),
            (CashFlowKind::Transfer, "-100".to_owned(), true, Some(b)),
            (CashFlowKind::Fee, "-5".to_owned(), false, None),
        ]);
        assert_eq!(told(&flows(&ctx, b).await), [
            (CashFlowKind::Transfer, "100".to_owned(), true, Some(a)),
        ]);
        assert_eq!(latest(&ctx, "A").await.cash[0].amount.to_string(), "895");
        assert_eq!(latest(&ctx, "B").await.cash[0].amount.to_string(), "100");
        assert_eq!((found(&ctx, a).await.books_revision, found(&ctx, b).await.books_revision), (1, 1));
    }

    async fn voiding_either_side_voids_both(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Fifo).await;
        let arrival = done.transactions[0].counter_transaction_id.unwrap();
        voided(&ctx, b, arrival).await.unwrap();
        assert!(row(&ctx, done.transactions[0].id).await.voided_at.is_some());
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-02 10 100 100", "2024-01-03 10 200 200"]);
        assert!(open(&lots(&ctx, b).await).is_empty());
        let again = recorded(&ctx, a, vec![units("2024-02-01", nike, "15", b)]).await.unwrap();
        let out = &again.transactions[0];
        voided(&ctx, a, out.id).await.unwrap();
        assert!(row(&ctx, out.counter_transaction_id.unwrap()).await.voided_at.is_some());
        assert_eq!((found(&ctx, a).await.books_revision, found(&ctx, b).await.books_revision), (5, 4));
        // Each earlier revision answers as it did.
        assert_eq!(at(&ctx, "B", "2024-12-31", Some(1)).await.securities[0].quantity.to_string(), "15");
        assert!(at(&ctx, "B", "2024-12-31", Some(2)).await.securities.is_empty());
        assert_eq!(at(&ctx, "A", "2024-12-31", Some(2)).await.securities[0].quantity.to_string(), "5");
    }

    async fn what_is_corrected_where_it_left_is_corrected_where_it_arrived(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Fifo).await;
        recorded(&ctx, b, vec![trade(Sell, "2024-03-01", nike, "12", "30")]).await.unwrap();
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-03 3 60 60"]);
        // An older purchase comes to light: it is what left first, and what was sold first.
        let older = recorded(&ctx, a, vec![trade(Buy, "2023-12-01", nike, "5", "2")]).await.unwrap();
        assert_eq!(older.others, [b]);
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-03 10 200 200"]);
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-02 3 30 30"]);
        let arrival = row(&ctx, row(&ctx, done.transactions[0].id).await.counter_transaction_id.unwrap()).await;
        assert_eq!(arrival.voids_id, done.transactions[0].counter_transaction_id);
        assert!(arrival.voided_at.is_none());
        assert_eq!(at(&ctx, "B", "2024-12-31", Some(2)).await.securities[0].cost_basis, Some("60".parse().unwrap()));
        // By another method other lots leave.
        let patch = PortfolioPatch { lot_method: Some(LotMethod::Lifo), ..PortfolioPatch::default() };
        write(&ctx, move |ctx, tx| async move {
            portfolios::update(&ctx, &tx, a, patch, None).await
        }).await.unwrap();
        assert_eq!(open(&lots(&ctx, a).await), ["2023-12-01 5 10 10", "2024-01-02 5 50 50"]);
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-03 3 60 60"]);
        assert_eq!(found(&ctx, b).await.books_revision, 4);
        // What changes nothing of it leaves the other portfolio alone.
        recorded(&ctx, a, vec![trade(Buy, "2024-05-01", nike, "1", "2")]).await.unwrap();
        assert_eq!(found(&ctx, b).await.books_revision, 4);
    }

    async fn a_correction_takes_the_place_of_both_sides(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Fifo).await;
        let c = portfolio(&ctx, "C", LotMethod::Fifo).await;
        let out = &done.transactions[0];
        let corrected = NewTransaction { corrects: Some(out.id), ..units("2024-02-01", nike, "4", b) };
        let fewer = recorded(&ctx, a, vec![corrected]).await.unwrap();
        let before = row(&ctx, out.counter_transaction_id.unwrap()).await;
        let after = row(&ctx, fewer.transactions[0].counter_transaction_id.unwrap()).await;
        assert!(before.voided_at.is_some());
        assert_eq!((after.voids_id, after.sequence), (Some(before.id), before.sequence));
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-02 4 40 40"]);
        let elsewhere = NewTransaction {
            corrects: Some(fewer.transactions[0].id),
            ..units("2024-02-02", nike, "6", c)
        };
        recorded(&ctx, a, vec![elsewhere]).await.unwrap();
        assert!(open(&lots(&ctx, b).await).is_empty());
        assert_eq!(open(&lots(&ctx, c).await), ["2024-01-02 6 60 60"]);
        let arrival = lots(&ctx, c).await.openings[0].lot.opened_by;
        let refused = recorded(&ctx, c, vec![NewTransaction {
            corrects: Some(arrival),
            ..trade(Buy, "2024-02-02", nike, "6", "1")
        }]).await;
        assert!(matches!(refused, Err(Error::InvalidTransaction { field: "corrects", .. })), "{refused:?}");
    }

    async fn what_either_cannot_take_is_refused_whole(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Fifo).await;
        let out = done.transactions[0].id;
        let too_many = recorded(&ctx, a, vec![units("2024-02-02", nike, "6", b)]).await;
        assert!(matches!(too_many, Err(Error::Unbookable(_))), "{too_many:?}");
        recorded(&ctx, b, vec![trade(Sell, "2024-03-01", nike, "12", "30")]).await.unwrap();
        let refused = voided(&ctx, a, out).await;
        let Err(Error::UnbookableIn { portfolio: in_b, unbookable }) = &refused else { panic!("{refused:?}") };
        assert_eq!((in_b.as_str(), unbookable.event.unwrap().1), ("B", date("2024-03-01")));
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-03 5 100 100"]);
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-03 3 60 60"]);
        assert_eq!((found(&ctx, a).await.books_revision, found(&ctx, b).await.books_revision), (2, 2));

        for (wrong, field) in [
            (NewTransaction { terms: to(a), ..cash(TransferOut, "2024-03-01", "-1") }, "terms/to"),
            (NewTransaction { terms: to(b), ..cash(Deposit, "2024-03-01", "1") }, "terms/to"),
            (NewTransaction {
                fee: "1".parse().unwrap(), terms: to(b), ..cash(TransferOut, "2024-03-01", "-1")
            }, "amount"),
        ] {
            let refused = recorded(&ctx, a, vec![wrong]).await;
            assert!(matches!(&refused, Err(Error::InvalidTransaction { field: at, .. }) if *at == field), "{refused:?}");
        }
        let nobodys = NewTransaction { terms: to(PortfolioId::new()), ..cash(TransferOut, "2024-03-01", "-1") };
        assert!(matches!(recorded(&ctx, a, vec![nobodys]).await, Err(Error::PortfolioNotFound { .. })));
        let other = another_owner(&ctx).await;
        let theirs = portfolio(&other, "Theirs", LotMethod::Fifo).await;
        let foreign = NewTransaction { terms: to(theirs), ..cash(TransferOut, "2024-03-01", "-1") };
        assert!(matches!(recorded(&ctx, a, vec![foreign]).await, Err(Error::PortfolioNotFound { .. })));
    }

    async fn only_the_owner_of_both_changes_both(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Fifo).await;
        let grantee = another_owner(&ctx).await;
        // As somebody acts to whom A is shared.
        let actor = Actor::user(grantee.scope);
        let trader = Ctx::new(actor, ctx.scope, ctx.request_id.clone(), ctx.clock, &ctx.database);
        let linked = recorded(&trader, a, vec![units("2024-03-01", nike, "1", b)]).await;
        assert!(matches!(linked, Err(Error::PortfolioNotFound { .. })), "{linked:?}");
        for refused in [
            voided(&trader, a, done.transactions[0].id).await.map(|_| ()),
            recorded(&trader, a, vec![trade(Buy, "2023-12-01", nike, "5", "2")]).await.map(|_| ()),
        ] {
            assert!(matches!(&refused, Err(Error::ReachesOther { portfolio }) if portfolio == "A"), "{refused:?}");
        }
        recorded(&trader, a, vec![trade(Sell, "2024-03-01", nike, "1", "30")]).await.unwrap();
        assert_eq!(found(&ctx, b).await.books_revision, 1);
    }

    async fn what_a_unit_cost_in_base_currency_is_told_where_it_is_known(db) {
        let ctx = db.ctx().await;
        let sap = security(&ctx, "SAP").await.id;
        let a = portfolio(&ctx, "A", LotMethod::Fifo).await;
        let b = portfolio(&ctx, "B", LotMethod::Fifo).await;
        let in_euros = NewPortfolio { base_currency: "EUR".to_owned(), ..new_portfolio("E") };
        let e = write(&ctx, |ctx, tx| async move {
            portfolios::create(&ctx, &tx, in_euros).await
        }).await.unwrap().id;
        let euros = NewTransaction {
            currency: "EUR".to_owned(),
            fx_rate: Some("1.1".parse().unwrap()),
            ..trade(Buy, "2024-01-02", sap, "10", "10")
        };
        let dollars = trade(Buy, "2024-01-03", sap, "10", "20");
        recorded(&ctx, a, vec![
            euros, dollars, units("2024-02-01", sap, "8", b), units("2024-02-01", sap, "12", e),
        ]).await.unwrap();
        assert_eq!(open(&lots(&ctx, b).await), ["2024-01-02 8 80 88"]);
        assert_eq!(open(&lots(&ctx, e).await), ["2024-01-02 2 20 20", "2024-01-03 10 200 unknown"]);
    }

    async fn what_has_arrived_stays_when_the_portfolio_it_came_from_is_deleted(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, done) = moved(&ctx, LotMethod::Average).await;
        write(&ctx, move |ctx, tx| async move {
            portfolios::delete(&ctx, &tx, a, None).await
        }).await.unwrap();
        recorded(&ctx, b, vec![trade(Buy, "2023-01-02", nike, "5", "3")]).await.unwrap();
        let cost: Decimal = lots(&ctx, b).await.open.iter().map(|(_, lot)| lot.cost).sum();
        assert_eq!(cost.normalize(), Decimal::from(225 + 15));
        voided(&ctx, b, done.transactions[0].counter_transaction_id.unwrap()).await.unwrap();
        assert_eq!(open(&lots(&ctx, b).await), ["2023-01-02 5 15 15"]);
    }

    async fn there_and_back_again_is_followed_through(db) {
        let ctx = db.ctx().await;
        let (a, b, nike, _) = moved(&ctx, LotMethod::Fifo).await;
        // On one day 10 go back, and 12 leave once more.
        recorded(&ctx, b, vec![units("2024-02-01", nike, "10", a)]).await.unwrap();
        recorded(&ctx, a, vec![units("2024-02-01", nike, "12", b)]).await.unwrap();
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-03 3 60 60"]);
        let held = open(&lots(&ctx, b).await);
        assert_eq!(held, ["2024-01-02 10 100 100", "2024-01-03 5 100 100", "2024-01-03 2 40 40"]);
        let late = recorded(&ctx, a, vec![trade(Buy, "2023-12-01", nike, "1", "5")]).await.unwrap();
        assert_eq!(late.others, [b]);
        assert_eq!(open(&lots(&ctx, a).await), ["2024-01-03 4 80 80"]);
        let held = open(&lots(&ctx, b).await);
        assert_eq!(held, [
            "2023-12-01 1 5 5", "2024-01-02 1 10 10", "2024-01-02 9 90 90", "2024-01-03 4 80 80",
            "2024-01-03 2 40 40",
        ]);
    }
}

async fn recorded_by(
    ctx: &Ctx,
    portfolio: PortfolioId,
    new: NewTransaction,
) -> Result<transaction::Model, Error> {
    let done = write(ctx, move |ctx, tx| async move {
        record::record(&ctx, &tx, portfolio, TransactionSource::Manual, &[new]).await
    });
    Ok(done.await?.transactions.remove(0))
}

fn of_lot(opened_by: entity::values::TransactionId, quantity: u32) -> Vec<LotChoice> {
    vec![LotChoice {
        transaction_id: opened_by,
        quantity: quantity.to_string().parse().unwrap(),
    }]
}

fn sum(amounts: impl Iterator<Item = Money>) -> Decimal {
    amounts.map(Money::decimal).sum::<Decimal>().normalize()
}
