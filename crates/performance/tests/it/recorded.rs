//! Books that are recorded here, beside a ledger that says the same in other words.

use books::{
    portfolios::{self, NewPortfolio},
    record::{self, NewTransaction, Terms, UnitRatio},
    securities::{self, NewSecurity},
};
use db::Tx;
use entity::{
    performance::reconciliation,
    values::{
        LotMethod, Money, PortfolioId, Price, Quantity, SecurityId, SecurityKind, TransactionKind,
        TransactionSource,
    },
};
use identity::Ctx;
use performance::reconciliation::{DifferenceKind as Kind, Keep::WithPortfolio};
use testkit::on_both_engines;

use crate::setup::{DAY, PRICES, Source, day, differences, first, kinds, pack, reconciled};

const DEPOSIT: &str = "2024-01-02 * \"Deposit\"\n  Assets:Broker:Cash 2000 USD\n  Equity:Opening\n";

fn new(kind: TransactionKind, date: &str, amount: &str) -> NewTransaction {
    NewTransaction {
        kind,
        security_id: None,
        trade_date: day(date),
        settle_date: None,
        pay_date: None,
        ex_date: None,
        quantity: Quantity::ZERO,
        price: None,
        amount: Some(amount.parse().unwrap()),
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

fn buy(security: SecurityId, date: &str, units: &str, price: &str, fee: &str) -> NewTransaction {
    NewTransaction {
        security_id: Some(security),
        quantity: units.parse().unwrap(),
        price: Some(price.parse::<Price>().unwrap()),
        amount: None,
        fee: fee.parse().unwrap(),
        ..new(TransactionKind::Buy, date, "0")
    }
}

async fn security(ctx: &Ctx) -> SecurityId {
    let new = NewSecurity {
        symbol: "NKE".to_owned(),
        name: "Nike".to_owned(),
        kind: SecurityKind::Equity,
        currency: "USD".to_owned(),
        exchange: None,
        isin: None,
        figi: None,
        sector: None,
        country: None,
    };
    let work = async |tx: Tx| securities::create(ctx, &tx, new.clone()).await;
    ctx.database.write(work).await.unwrap().id
}

async fn portfolio(ctx: &Ctx, rows: &[NewTransaction]) -> PortfolioId {
    let new = NewPortfolio {
        name: "Recorded".to_owned(),
        base_currency: "USD".to_owned(),
        lot_method: LotMethod::Fifo,
        allows_shorts: false,
        benchmark_security_id: None,
    };
    let work = async |tx: Tx| -> Result<PortfolioId, books::Error> {
        let made = portfolios::create(ctx, &tx, new.clone()).await?;
        record::record(ctx, &tx, made.id, TransactionSource::Manual, rows).await?;
        Ok(made.id)
    };
    ctx.database.write(work).await.unwrap()
}

/// What comes of recorded rows, after a deposit of 2,000, beside a ledger that begins with the same.
async fn beside(
    ctx: &Ctx,
    rows: impl IntoIterator<Item = NewTransaction>,
    ledger: &str,
) -> reconciliation::Model {
    let deposit = new(TransactionKind::Deposit, "2024-01-02", "2000");
    let rows: Vec<NewTransaction> = [deposit].into_iter().chain(rows).collect();
    let portfolio = portfolio(ctx, &rows).await;
    let ledger = Source::parse(&format!("{DEPOSIT}{ledger}{PRICES}"));
    let pack = pack(ctx, &ledger, DAY).await.id;
    reconciled(ctx, portfolio, &pack, &ledger, WithPortfolio).await
}

on_both_engines! {
    async fn a_split_moves_units_on_both_sides(db) {
        let ctx = db.ctx().await;
        let nke = security(&ctx).await;
        let split = NewTransaction {
            security_id: Some(nke),
            terms: Terms {
                ratio: Some(UnitRatio { new: "2".parse().unwrap(), old: "1".parse().unwrap() }),
                ..Terms::default()
            },
            amount: None,
            ..new(TransactionKind::Split, "2024-06-03", "0")
        };
        let ledger = "2024-01-03 * \"Buy\"\n  Assets:Broker:NKE 10 NKE {100 USD}\n  \
            Assets:Broker:Cash -1000 USD\n\
            2024-06-03 * \"Split\"\n  Assets:Broker:NKE -10 NKE {100 USD}\n  \
            Assets:Broker:NKE 20 NKE {50 USD}\n";
        let row = beside(&ctx, [buy(nke, "2024-01-03", "10", "100", "0"), split], ledger).await;
        assert!(row.passed, "{row:#?}");
    }

    async fn two_purchases_are_one_and_a_dividend_needs_no_security(db) {
        let ctx = db.ctx().await;
        let nke = security(&ctx).await;
        let dividend = NewTransaction {
            security_id: Some(nke),
            ..new(TransactionKind::Dividend, "2024-01-03", "7")
        };
        let rows = [
            buy(nke, "2024-01-03", "4", "100", "0"),
            buy(nke, "2024-01-03", "6", "100", "0"),
            dividend,
            new(TransactionKind::Interest, "2024-01-03", "3"),
        ];
        let ledger = "2024-01-03 * \"Buy\"\n  Assets:Broker:NKE 10 NKE {100 USD}\n  \
            Assets:Broker:Cash -1000 USD\n\
            2024-01-03 * \"Dividend\"\n  Assets:Broker:Cash 7 USD\n  Income:Dividends\n\
            2024-01-03 * \"Interest\"\n  Assets:Broker:Cash 4 USD\n  Income:Gains\n";
        let row = beside(&ctx, rows, ledger).await;
        assert_eq!(kinds(&row), [Kind::Cash], "{row:#?}");
        // The day is full of what is booked otherwise; only the interest differs.
        let first = first(&row).unwrap();
        assert_eq!(first.ours.unwrap().moved.amount, "3");
        assert_eq!(first.ledger.unwrap().moved.amount, "4");
    }

    async fn a_fee_is_a_part_of_the_cost_on_one_side_only(db) {
        let ctx = db.ctx().await;
        let nke = security(&ctx).await;
        let ledger = "2024-01-03 open Expenses:Fees\n\
            2024-01-03 * \"Buy\"\n  Assets:Broker:NKE 10 NKE {100 USD}\n  \
            Expenses:Fees 5 USD\n  Assets:Broker:Cash -1005 USD\n";
        let row = beside(&ctx, [buy(nke, "2024-01-03", "10", "100", "5")], ledger).await;
        assert_eq!(kinds(&row), [Kind::UnitCost], "{row:#?}");
        let one = &differences(&row)[0];
        assert_eq!((one.ours.as_deref(), one.ledger.as_deref()), (Some("100.5"), Some("100")));
    }
}
