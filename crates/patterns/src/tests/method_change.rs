//! A replay of a run that was made before the portfolio's lots were booked by another method.

use books::{
    portfolios::{self, NewPortfolio, PortfolioPatch},
    record::{self, NewTransaction, Terms},
    securities,
};
use entity::values::{LotMethod, Money, SecurityId, TransactionKind, TransactionSource};

use super::*;

fn trade(security: SecurityId, kind: TransactionKind, date: &str, price: &str) -> NewTransaction {
    NewTransaction {
        kind,
        security_id: Some(security),
        trade_date: day(date),
        settle_date: None,
        pay_date: None,
        ex_date: None,
        quantity: "10".parse().unwrap(),
        price: Some(price.parse().unwrap()),
        amount: None,
        currency: "USD".to_owned(),
        fee: Money::ZERO,
        tax: Money::ZERO,
        fx_rate: None,
        narration: None,
        external_id: None,
        terms: Terms::default(),
        corrects: None,
    }
}

async fn recorded(ctx: &Ctx, security: SecurityId) -> PortfolioId {
    let inner = ctx.clone();
    ctx.database
        .write(async |tx: Tx| -> Result<_, books::Error> {
            let new = NewPortfolio {
                name: "recorded".to_owned(),
                base_currency: "USD".to_owned(),
                lot_method: LotMethod::Average,
                allows_shorts: false,
                benchmark_security_id: None,
            };
            let id = portfolios::create(&inner, &tx, new).await?.id;
            let trades = [
                trade(security, TransactionKind::Buy, "2024-01-02", "10"),
                trade(security, TransactionKind::Buy, "2024-01-03", "20"),
                trade(security, TransactionKind::Sell, "2024-01-04", "30"),
            ];
            record::record(&inner, &tx, id, TransactionSource::Manual, &trades).await?;
            Ok(id)
        })
        .await
        .unwrap()
}

async fn book_by(ctx: &Ctx, portfolio: PortfolioId, method: LotMethod) {
    let inner = ctx.clone();
    ctx.database
        .write(async |tx: Tx| -> Result<_, books::Error> {
            let patch = PortfolioPatch {
                lot_method: Some(method),
                ..PortfolioPatch::default()
            };
            portfolios::update(&inner, &tx, portfolio, patch, None).await
        })
        .await
        .unwrap();
}

testkit::on_both_engines! {
    async fn a_deep_dive_is_replayed_by_the_method_of_its_revision(db) {
        let (ctx, _) = import(&db, LEDGER.to_owned()).await;
        build_pack(&ctx, "2024-03-10", Life::Fresh).await;
        let reader = ctx.database.reader();
        let nike = securities::find_by_symbol(&ctx, reader, "NKE").await.unwrap().id;
        let portfolio = recorded(&ctx, nike).await;
        let request = ExecuteRequest {
            pattern_id: "holding_deep_dive".to_owned(),
            security_id: Some(nike),
            ..overview(portfolio)
        };
        let first = run(&ctx, request.clone()).await.unwrap();
        assert_eq!(decimals(&first.result, "/lots/0/cost_basis"), "150");
        assert_eq!(decimals(&first.result, "/realized_gains/0/amount"), "150");
        book_by(&ctx, portfolio, LotMethod::Fifo).await;

        let again = replay(&ctx, first.id).await.unwrap();

        assert!(again.identical, "{again:?}");
        let now = run(&ctx, request).await.unwrap();
        assert_eq!(decimals(&now.result, "/lots/0/cost_basis"), "200");
        assert_eq!(decimals(&now.result, "/realized_gains/0/amount"), "200");
    }
}
