//! Transactions recorded one by one, in any order, corrected and voided.

mod histories;

use books::{
    Error,
    booking::Fault,
    holdings::Holdings,
    record::{self, LotChoice, NewTransaction, Recorded, Terms, UnitRatio},
};
use entity::{
    books::{cash_flow, lot_closure, portfolio, transaction},
    values::{
        CashFlowKind, LotMethod, Money, PortfolioId, SecurityId, TransactionId, TransactionKind,
        TransactionSource,
    },
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::setup::{date, latest, new_portfolio, security, write};

pub fn new(kind: TransactionKind, day: &str, currency: &str) -> NewTransaction {
    NewTransaction {
        kind,
        security_id: None,
        trade_date: date(day),
        settle_date: None,
        pay_date: None,
        ex_date: None,
        quantity: "0".parse().unwrap(),
        price: None,
        amount: None,
        currency: currency.to_owned(),
        fee: Money::ZERO,
        tax: Money::ZERO,
        fx_rate: None,
        narration: None,
        external_id: None,
        terms: Terms::default(),
        corrects: None,
    }
}

pub fn trade(
    kind: TransactionKind,
    day: &str,
    security: SecurityId,
    quantity: &str,
    price: &str,
) -> NewTransaction {
    NewTransaction {
        security_id: Some(security),
        quantity: quantity.parse().unwrap(),
        price: Some(price.parse().unwrap()),
        ..new(kind, day, "USD")
    }
}

fn buy(day: &str, security: SecurityId, quantity: &str, price: &str) -> NewTransaction {
    trade(TransactionKind::Buy, day, security, quantity, price)
}

fn sell(day: &str, security: SecurityId, quantity: &str, price: &str) -> NewTransaction {
    trade(TransactionKind::Sell, day, security, quantity, price)
}

pub fn cash(kind: TransactionKind, day: &str, amount: &str) -> NewTransaction {
    NewTransaction {
        amount: Some(amount.parse().unwrap()),
        ..new(kind, day, "USD")
    }
}

pub async fn recorded(
    ctx: &Ctx,
    portfolio: PortfolioId,
    new: Vec<NewTransaction>,
) -> Result<Recorded, Error> {
    write(ctx, move |ctx, tx| async move {
        record::record(&ctx, &tx, portfolio, TransactionSource::Manual, &new).await
    })
    .await
}

pub async fn voided(
    ctx: &Ctx,
    portfolio: PortfolioId,
    id: TransactionId,
) -> Result<transaction::Model, Error> {
    write(ctx, move |ctx, tx| async move {
        let voided = record::void(&ctx, &tx, portfolio, id).await?;
        Ok(voided.transaction)
    })
    .await
}

pub async fn portfolio_by(ctx: &Ctx, method: LotMethod, allows_shorts: bool) -> portfolio::Model {
    let new = books::portfolios::NewPortfolio {
        lot_method: method,
        allows_shorts,
        ..new_portfolio("P")
    };
    write(ctx, |ctx, tx| async move {
        books::portfolios::create(&ctx, &tx, new).await
    })
    .await
    .unwrap()
}

fn held(holdings: &Holdings) -> Vec<(String, String, String)> {
    let figures = holdings.securities.iter().map(|held| {
        let cost = held.cost_basis.map(|cost| cost.to_string());
        (
            held.security.symbol.clone(),
            held.quantity.to_string(),
            cost.unwrap_or_default(),
        )
    });
    figures.collect()
}

fn balance(holdings: &Holdings) -> String {
    let balances: Vec<String> = holdings
        .cash
        .iter()
        .map(|cash| format!("{} {}", cash.amount, cash.currency))
        .collect();
    balances.join(", ")
}

fn position(symbol: &str, quantity: &str, cost: &str) -> (String, String, String) {
    (symbol.to_owned(), quantity.to_owned(), cost.to_owned())
}

async fn gains(ctx: &Ctx) -> Vec<String> {
    let rows = lot_closure::Entity::find()
        .filter(lot_closure::Column::SupersededRevision.is_null())
        .order_by_asc(lot_closure::Column::ClosedOn)
        .order_by_asc(lot_closure::Column::Id)
        .all(ctx.database.reader())
        .await
        .unwrap();
    rows.iter()
        .map(|row| format!("{} {}", row.quantity, row.realized_gain))
        .collect()
}

testkit::on_both_engines! {
    async fn a_purchase_a_sale_and_what_they_cost(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let fee = |new: NewTransaction, fee: &str| NewTransaction { fee: fee.parse().unwrap(), ..new };
        recorded(&ctx, portfolio, vec![
            cash(TransactionKind::Deposit, "2024-01-02", "1000"),
            fee(buy("2024-01-03", nike, "3", "33"), "1"),
            fee(sell("2024-02-03", nike, "1", "50"), "2"),
        ]).await.unwrap();
        let now = latest(&ctx, "P").await;
        // 100 for three: a third has gone, to the last digit that is kept.
        assert_eq!(held(&now), [position("NKE", "2", "66.666666666667")]);
        assert_eq!(balance(&now), "948 USD");
        assert_eq!(gains(&ctx).await, ["1 14.666666666667"]);
    }

    async fn a_dividend_counts_on_its_pay_date_at_that_days_rate(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let new_one = books::portfolios::NewPortfolio {
            base_currency: "CAD".to_owned(),
            ..new_portfolio("P")
        };
        let portfolio = write(&ctx, |ctx, tx| async move {
            books::portfolios::create(&ctx, &tx, new_one).await
        }).await.unwrap().id;
        let paid = NewTransaction {
            security_id: Some(nike),
            pay_date: Some(date("2025-03-28")),
            ex_date: Some(date("2025-03-10")),
            tax: "3.6".parse().unwrap(),
            fx_rate: Some("1.36".parse().unwrap()),
            ..cash(TransactionKind::Dividend, "2025-03-28", "20.4")
        };
        let on_ex_date = NewTransaction { trade_date: date("2025-03-10"), ..paid.clone() };
        let refused = recorded(&ctx, portfolio, vec![on_ex_date]).await.unwrap_err();
        assert!(matches!(&refused, Error::InvalidTransaction { field: "trade_date", .. }), "{refused}");
        let row = recorded(&ctx, portfolio, vec![paid]).await.unwrap().transactions.remove(0);
        let flows = cash_flow::Entity::find()
            .order_by_asc(cash_flow::Column::Kind)
            .all(ctx.database.reader()).await.unwrap();
        let told: Vec<_> = flows.iter().map(|flow| (flow.kind, flow.amount.to_string())).collect();
        assert_eq!(told, [
            (CashFlowKind::Dividend, "24".to_owned()),
            (CashFlowKind::Tax, "-3.6".to_owned()),
        ]);
        // 24 USD at the rate of the pay date.
        let base = flows[0].amount.decimal() * row.fx_rate.unwrap().decimal();
        assert_eq!(base.normalize().to_string(), "32.64");
        assert!(flows.iter().all(|flow| !flow.is_external && flow.flow_date == date("2025-03-28")));
    }

    async fn corporate_actions_carry_the_cost_on(db) {
        let ctx = db.ctx().await;
        let (old, spun, merged) = (
            security(&ctx, "OLD").await.id,
            security(&ctx, "SPUN").await.id,
            security(&ctx, "NEW").await.id,
        );
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let ratio = |new: &str, old: &str| Some(UnitRatio {
            new: new.parse().unwrap(),
            old: old.parse().unwrap(),
        });
        let of = |kind, day: &str, security| NewTransaction {
            security_id: Some(security),
            ..new(kind, day, "USD")
        };
        recorded(&ctx, portfolio, vec![
            buy("2024-01-02", old, "10", "100"),
            buy("2024-01-03", old, "5", "120"),
            NewTransaction {
                terms: Terms { ratio: ratio("2", "1"), ..Terms::default() },
                ..of(TransactionKind::Split, "2024-02-01", old)
            },
            NewTransaction {
                terms: Terms {
                    ratio: ratio("1", "4"),
                    into: Some(spun),
                    basis_share: Some("0.2".parse().unwrap()),
                    ..Terms::default()
                },
                amount: Some("20".parse().unwrap()),
                ..of(TransactionKind::SpinOff, "2024-03-01", old)
            },
            NewTransaction {
                amount: Some("30".parse().unwrap()),
                ..of(TransactionKind::ReturnOfCapital, "2024-04-01", old)
            },
            NewTransaction {
                terms: Terms {
                    ratio: ratio("1", "2"),
                    into: Some(merged),
                    basis_share: Some("0.5".parse().unwrap()),
                    ..Terms::default()
                },
                amount: Some("900".parse().unwrap()),
                ..of(TransactionKind::Merger, "2024-05-01", old)
            },
        ]).await.unwrap();
        let now = latest(&ctx, "P").await;
        // 1600 in: 320 to 7.5 units spun off, of which half a unit of the older lot is sold for 20; 1250 stay
        // after 30 back; half of these go with 900.
        assert_eq!(held(&now), [
            position("NEW", "15", "625"),
            position("SPUN", "7", "300"),
        ]);
        assert_eq!(balance(&now), "-650 USD");
        let gained: rust_decimal::Decimal = lot_closure::Entity::find()
            .all(ctx.database.reader()).await.unwrap()
            .iter().map(|row| row.realized_gain.decimal()).sum();
        let cost: rust_decimal::Decimal = now.securities.iter()
            .map(|held| held.cost_basis.unwrap().decimal()).sum();
        assert_eq!(gained, cost - rust_decimal::Decimal::from(650));
        let back = crate::setup::at(&ctx, "P", "2024-02-29", None).await;
        assert_eq!(held(&back), [position("OLD", "30", "1600")]);
    }

    async fn named_lots_leave_and_no_others(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Specific, false).await.id;
        let bought = recorded(&ctx, portfolio, vec![
            buy("2024-01-02", nike, "10", "10"),
            buy("2024-01-03", nike, "10", "20"),
        ]).await.unwrap().transactions;
        let unnamed = recorded(&ctx, portfolio, vec![sell("2024-02-01", nike, "4", "30")]).await;
        assert!(
            matches!(&unnamed, Err(Error::Unbookable(one)) if matches!(one.fault, Fault::LotsNotNamed { .. })),
            "{unnamed:?}"
        );
        let lots = vec![LotChoice { transaction_id: bought[1].id, quantity: "4".parse().unwrap() }];
        let named = NewTransaction {
            terms: Terms { lots, ..Terms::default() },
            ..sell("2024-02-01", nike, "4", "30")
        };
        recorded(&ctx, portfolio, vec![named]).await.unwrap();
        assert_eq!(gains(&ctx).await, ["4 40"]);
        assert_eq!(held(&latest(&ctx, "P").await), [position("NKE", "16", "220")]);
    }

    async fn a_correction_takes_the_place_of_what_was_wrong(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        let first = recorded(&ctx, portfolio, vec![
            buy("2024-01-02", nike, "10", "10"),
            sell("2024-01-02", nike, "10", "12"),
        ]).await.unwrap();
        let bought = first.transactions[0].id;
        let refused = voided(&ctx, portfolio, bought).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Unbookable(one)
                if one.event.unwrap().0 == first.transactions[1].id),
            "{refused}"
        );
        let corrected = NewTransaction { corrects: Some(bought), ..buy("2024-01-02", nike, "10", "11") };
        let second = recorded(&ctx, portfolio, vec![corrected.clone()]).await.unwrap();
        assert_eq!(gains(&ctx).await, ["10 10"]);
        assert_eq!((first.books_revision, second.books_revision), (1, 2));
        let again = recorded(&ctx, portfolio, vec![corrected]).await.unwrap_err();
        assert!(matches!(again, Error::AlreadyVoided { id } if id == bought), "{again}");
        // What was known before is known still.
        let then = crate::setup::at(&ctx, "P", "2024-12-31", Some(1)).await;
        assert_eq!(balance(&then), "20 USD");
        assert_eq!(balance(&latest(&ctx, "P").await), "10 USD");
    }

    async fn what_is_not_there_is_not_sold(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        recorded(&ctx, portfolio, vec![buy("2024-01-05", nike, "10", "10")]).await.unwrap();
        for (day, units) in [("2024-01-04", "1"), ("2024-01-06", "11")] {
            let refused = recorded(&ctx, portfolio, vec![sell(day, nike, units, "10")]).await.unwrap_err();
            assert!(
                matches!(&refused, Error::Unbookable(one) if matches!(one.fault, Fault::NotHeld { .. })),
                "{refused}"
            );
        }
        let rows = transaction::Entity::find().all(ctx.database.reader()).await.unwrap();
        assert_eq!(rows.len(), 1, "what was refused is not kept");
        let allowed = books::portfolios::PortfolioPatch {
            allows_shorts: Some(true),
            ..Default::default()
        };
        write(&ctx, move |ctx, tx| async move {
            books::portfolios::update(&ctx, &tx, portfolio, allowed, None).await
        }).await.unwrap();
        recorded(&ctx, portfolio, vec![sell("2024-01-04", nike, "4", "10")]).await.unwrap();
        assert_eq!(held(&latest(&ctx, "P").await), [position("NKE", "6", "60")]);
        assert_eq!(gains(&ctx).await, ["-4 0"]);
        let short = crate::setup::at(&ctx, "P", "2024-01-04", None).await;
        assert_eq!(held(&short), [position("NKE", "-4", "-40")]);
    }

    async fn what_was_held_by_another_method_is_held_still_at_its_revision(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Average, false).await.id;
        recorded(&ctx, portfolio, vec![
            buy("2024-01-02", nike, "10", "10"),
            buy("2024-01-03", nike, "10", "20"),
            sell("2024-01-04", nike, "10", "30"),
        ]).await.unwrap();
        let by_average = [position("NKE", "10", "150")];
        assert_eq!(held(&latest(&ctx, "P").await), by_average);
        let patch = books::portfolios::PortfolioPatch {
            lot_method: Some(LotMethod::Fifo),
            ..Default::default()
        };
        write(&ctx, move |ctx, tx| async move {
            books::portfolios::update(&ctx, &tx, portfolio, patch, None).await
        }).await.unwrap();
        assert_eq!(held(&latest(&ctx, "P").await), [position("NKE", "10", "200")]);
        let then = crate::setup::at(&ctx, "P", "2024-12-31", Some(1)).await;
        assert_eq!(held(&then), by_average);
    }

    async fn another_method_books_all_sales_anew(db) {
        let ctx = db.ctx().await;
        let nike = security(&ctx, "NKE").await.id;
        let portfolio = portfolio_by(&ctx, LotMethod::Fifo, false).await.id;
        recorded(&ctx, portfolio, vec![
            buy("2024-01-02", nike, "1", "10"),
            buy("2024-01-03", nike, "1", "20"),
            sell("2024-01-04", nike, "1", "30"),
        ]).await.unwrap();
        for (method, gain) in [
            (LotMethod::Lifo, "1 10"),
            (LotMethod::Average, "1 15"),
            (LotMethod::Hifo, "1 10"),
            (LotMethod::Fifo, "1 20"),
        ] {
            let patch = books::portfolios::PortfolioPatch {
                lot_method: Some(method),
                ..Default::default()
            };
            write(&ctx, move |ctx, tx| async move {
                books::portfolios::update(&ctx, &tx, portfolio, patch, None).await
            }).await.unwrap();
            assert_eq!(gains(&ctx).await, [gain], "{method}");
        }
    }
}
