//! The example ledger, against what Beancount itself computes of it.

use books::{
    holdings::{self, AsOf, Holding, Holdings},
    portfolios,
};
use chrono::NaiveDate;
use entity::values::{Money, Quantity};
use identity::Ctx;
use serde_json::Value;

use crate::setup::{Source, import, request};

struct Expected {
    accounts: String,
    asof: NaiveDate,
    positions: Vec<Value>,
}

fn expected() -> Option<Vec<Expected>> {
    let file = testkit::shared_data("ledger/expected-positions.json")?;
    let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let text = |case: &Value, field: &str| case[field].as_str().unwrap().to_owned();
    let cases = cases.iter().map(|case| Expected {
        accounts: text(case, "accounts"),
        asof: text(case, "asof").parse().unwrap(),
        positions: case["positions"].as_array().unwrap().clone(),
    });
    Some(cases.collect())
}

fn assert_as_beancount(case: &Expected, holdings: &Holdings) {
    let mut securities = holdings.securities.iter();
    let mut cash = holdings.cash.iter();
    for position in &case.positions {
        let symbol = position["symbol"].as_str().unwrap();
        let quantity: Quantity = position["quantity"].as_str().unwrap().parse().unwrap();
        let cost: Option<Money> = position["cost_basis"]
            .as_str()
            .map(|text| text.parse().unwrap());
        let open_lots = usize::try_from(position["open_lots"].as_u64().unwrap()).unwrap();
        if symbol == "USD" {
            let balance = cash.next().unwrap();
            assert_eq!(balance.currency, "USD");
            assert_eq!(
                balance.amount.decimal(),
                quantity.decimal(),
                "{}",
                case.accounts
            );
            continue;
        }
        let Holding { security, .. } = securities.next().unwrap();
        assert_eq!(security.symbol, symbol, "{}", case.accounts);
        let found = holdings
            .securities
            .iter()
            .find(|h| h.security.symbol == symbol)
            .unwrap();
        assert_eq!(found.quantity, quantity, "{symbol} in {}", case.accounts);
        assert_eq!(found.cost_basis, cost, "{symbol} in {}", case.accounts);
        assert_eq!(found.open_lots, open_lots, "{symbol} in {}", case.accounts);
    }
    assert_eq!(
        (securities.next(), cash.next()),
        (None, None),
        "{}",
        case.accounts
    );
}

async fn holdings_of(ctx: &Ctx, name: &str, date: NaiveDate) -> Holdings {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find_by_name(ctx, reader, name).await.unwrap();
    holdings::holdings(
        ctx,
        reader,
        &portfolio,
        AsOf {
            date,
            revision: None,
        },
    )
    .await
    .unwrap()
}

#[test]
fn a_ledger_alone_has_beancounts_positions() {
    let (Some(file), Some(cases)) = (testkit::shared_data("ledger/example.beancount"), expected())
    else {
        return;
    };
    for case in cases {
        let source = Source::of(ledger::load(&file).unwrap(), &[&case.accounts]);
        let holdings =
            holdings::from_ledger(&source.ledger, &source.view, case.asof, "USD").unwrap();
        assert_as_beancount(&case, &holdings);
    }
}

testkit::on_both_engines! {
    async fn an_import_has_beancounts_positions(db) {
        let (Some(file), Some(cases)) =
            (testkit::shared_data("ledger/example.beancount"), expected())
        else {
            return;
        };
        let ctx = db.ctx().await;
        for case in cases {
            let source = Source::of(ledger::load(&file).unwrap(), &[&case.accounts]);
            let report = import(&ctx, &source, request(&case.accounts)).await.unwrap();
            assert_eq!(report.transactions, source.view.entries.len());
            let mut held = holdings_of(&ctx, &case.accounts, case.asof).await;
            assert_as_beancount(&case, &held);
            held.books_revision = 0;
            held.securities.iter_mut().for_each(|holding| holding.security.id = None);
            let alone =
                holdings::from_ledger(&source.ledger, &source.view, case.asof, "USD").unwrap();
            assert_eq!(held, alone);
        }
    }
}
