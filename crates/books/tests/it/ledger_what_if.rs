//! What a portfolio that follows a ledger would have gained by another method than the ledger's.

use std::fmt::Write as _;

use books::{
    Error,
    booked::{BookedLots, booked_lots},
    gains,
    holdings::AsOf,
    portfolios,
};
use chrono::Days;
use entity::values::LotMethod;
use identity::Ctx;
use proptest::prelude::*;
use rust_decimal::Decimal;
use testkit::TestDatabase;

use crate::{
    random::check_cases,
    setup::{Source, date, import, request},
};

const OPENS: &str = r#"
option "operating_currency" "USD"
2020-01-01 open Assets:Cash
2020-01-01 open Assets:Stock "FIFO"
2020-01-01 open Assets:Elsewhere "FIFO"
2020-01-01 open Equity:Opening
2020-01-01 open Income:Gains
2020-01-01 open Expenses:Fees
2020-01-01 price EUR 1.1 USD
2020-03-01 price EUR 1.25 USD
"#;

/// Of the purchases a unit price in cents, no two alike; of the sales a share of what is held.
#[derive(Clone, Debug)]
enum Step {
    Buy {
        security: usize,
        units: u32,
    },
    Sell {
        security: usize,
        percent: u32,
        fee: u32,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..2_usize, 1..40_u32).prop_map(|(security, units)| Step::Buy { security, units }),
        2 => (0..2_usize, 1..=100_u32, 0..3_u32)
            .prop_map(|(security, percent, fee)| Step::Sell { security, percent, fee }),
    ];
    prop::collection::vec(step, 1..25)
}

/// Two securities, one paid in euros. On no day is more than one thing done.
fn ledger(steps: &[Step]) -> String {
    let mut text = OPENS.to_owned();
    let mut held = [0_u32; 2];
    for (at, step) in steps.iter().enumerate() {
        let day = date("2020-01-02") + Days::new(5 * at as u64);
        let price = Decimal::new(i64::try_from(1_000 + at * 7_919 % 2_000).unwrap(), 2);
        match *step {
            Step::Buy { security, units } => {
                let (symbol, currency) = [("AAA", "USD"), ("BBB", "EUR")][security];
                held[security] += units;
                writeln!(
                    text,
                    "{day} * \"Buy\"\n  Assets:Stock {units} {symbol} {{{price} {currency}}}\n  Assets:Cash"
                ).unwrap();
            }
            Step::Sell {
                security,
                percent,
                fee,
            } => {
                let (symbol, currency) = [("AAA", "USD"), ("BBB", "EUR")][security];
                let units = (held[security] * percent).div_ceil(100);
                if units == 0 {
                    continue;
                }
                held[security] -= units;
                let cash = Decimal::from(units) * price - Decimal::from(fee);
                writeln!(
                    text,
                    "{day} * \"Sell\"\n  Assets:Stock -{units} {symbol} {{}} @ {price} {currency}\n  \
                     Assets:Cash {cash} {currency}\n  Expenses:Fees {fee} {currency}\n  Income:Gains"
                ).unwrap();
            }
        }
    }
    text
}

async fn lots(ctx: &Ctx, name: &str, method: Option<LotMethod>) -> Result<BookedLots, Error> {
    let reader = ctx.database.reader();
    let portfolio = portfolios::find_by_name(ctx, reader, name).await.unwrap();
    let asof = AsOf {
        date: date("9999-12-31"),
        revision: None,
    };
    booked_lots(ctx, reader, &portfolio, asof, method).await
}

/// What is open, and what each closing has brought, without the ids of the portfolio's own rows.
fn figures(lots: &BookedLots) -> (Vec<String>, Vec<String>) {
    let mut open: Vec<String> = lots
        .open
        .iter()
        .map(|(security, lot)| {
            let symbol = lots.symbol(*security);
            let base = lot.cost_base.map(|base| base.normalize());
            format!(
                "{symbol} {} {} {} {base:?}",
                lot.acquired_on,
                lot.quantity.normalize(),
                lot.cost.normalize()
            )
        })
        .collect();
    let mut closed: Vec<String> = lots
        .closings
        .iter()
        .map(|closing| {
            let symbol = lots.symbol(closing.security);
            let cost = (
                closing.cost_basis.normalize(),
                closing.cost_basis_base.map(|base| base.normalize()),
            );
            format!(
                "{symbol} {} {} {} {cost:?}",
                closing.closed_on,
                closing.acquired_on,
                closing.quantity.normalize()
            )
        })
        .collect();
    open.sort();
    closed.sort();
    (open, closed)
}

/// By sale, since a fee of it is shared by other places of decimals here and in the ledger.
fn gain_of_each_sale(lots: &BookedLots) -> Vec<(String, Decimal)> {
    let mut sales: std::collections::BTreeMap<String, Decimal> = std::collections::BTreeMap::new();
    for closing in &lots.closings {
        let day = closing.closed_on.to_string();
        *sales.entry(day).or_default() += closing.realized_gain;
    }
    sales
        .into_iter()
        .map(|(day, gain)| (day, gain.normalize()))
        .collect()
}

/// The oracle: the same ledger with another booking method, which Beancount's rules apply to.
async fn check(ctx: &Ctx, name: String, steps: Vec<Step>) {
    let text = ledger(&steps);
    import(ctx, &Source::parse(&text), request(&name))
        .await
        .unwrap();
    for (method, beancounts) in [
        (LotMethod::Fifo, "FIFO"),
        (LotMethod::Lifo, "LIFO"),
        (LotMethod::Hifo, "HIFO"),
    ] {
        let other = format!("{name} {beancounts}");
        let booked = text.replace("\"FIFO\"", &format!("\"{beancounts}\""));
        import(ctx, &Source::parse(&booked), request(&other))
            .await
            .unwrap();
        let what_if = lots(ctx, &name, Some(method)).await.unwrap();
        let named = lots(ctx, &other, None).await.unwrap();
        assert_eq!(figures(&what_if), figures(&named), "{method}\n{text}");
        assert_eq!(
            gain_of_each_sale(&what_if),
            gain_of_each_sale(&named),
            "{method}\n{text}"
        );
        assert_eq!(what_if.method, method);
    }
}

#[test]
fn a_what_if_is_what_the_ledger_would_have_booked_by_that_method_on_sqlite() {
    check_cases(
        24,
        steps(),
        async || Some(TestDatabase::sqlite().await),
        &check,
    );
}

#[test]
fn a_what_if_is_what_the_ledger_would_have_booked_by_that_method_on_postgres() {
    check_cases(6, steps(), TestDatabase::postgres, &check);
}

testkit::on_both_engines! {
    async fn units_that_leave_without_a_price_are_the_ledgers_to_name(db) {
        let ctx = db.ctx().await;
        let text = format!("{OPENS}
2020-01-02 * \"Buy\"
  Assets:Stock 10 AAA {{10 USD}}
  Assets:Cash
2020-01-03 * \"Buy\"
  Assets:Stock 10 AAA {{20 USD}}
  Assets:Cash
");
        let moved = format!("{text}
2020-02-01 * \"Move\"
  Assets:Stock -5 AAA {{10 USD}}
  Assets:Elsewhere 5 AAA {{10 USD}}
");
        let ledger = ledger::parse("moved.beancount", &moved).unwrap();
        let source = Source::of(ledger, &["Assets:Stock", "Assets:Cash"]);
        import(&ctx, &source, request("moved")).await.unwrap();
        for method in [LotMethod::Fifo, LotMethod::Average] {
            let refused = lots(&ctx, "moved", Some(method)).await;
            let Err(Error::LedgerNamesLots { date: day, narration, .. }) = &refused else {
                panic!("{refused:?}")
            };
            assert_eq!((*day, narration.as_deref()), (date("2020-02-01"), Some("Move")));
        }
        let named = lots(&ctx, "moved", Some(LotMethod::Specific)).await.unwrap();
        assert_eq!(figures(&named), figures(&lots(&ctx, "moved", None).await.unwrap()));

        // Before the day on which they leave, nothing is in the way.
        let reader = ctx.database.reader();
        let portfolio = portfolios::find_by_name(&ctx, reader, "moved").await.unwrap();
        let asof = AsOf { date: date("2020-01-31"), revision: None };
        let before = booked_lots(&ctx, reader, &portfolio, asof, Some(LotMethod::Average)).await.unwrap();
        let costs: Vec<Decimal> = before.open.iter().map(|(_, lot)| lot.cost.normalize()).collect();
        assert_eq!(costs, [Decimal::from(150), Decimal::from(150)]);
    }

    async fn a_short_of_a_ledger_is_booked_by_another_method_too(db) {
        let ctx = db.ctx().await;
        let text = format!("{OPENS}
2020-01-02 * \"Sell short\"
  Assets:Stock -10 AAA {{10 USD}}
  Assets:Cash
2020-01-03 * \"Sell short\"
  Assets:Stock -10 AAA {{20 USD}}
  Assets:Cash
2020-02-01 * \"Buy back\"
  Assets:Stock 10 AAA {{10 USD}} @ 15 USD
  Assets:Cash -150 USD
  Income:Gains
");
        import(&ctx, &Source::parse(&text), request("short")).await.unwrap();
        let gains = async |method| {
            let lots = lots(&ctx, "short", method).await.unwrap();
            gains::realized_gains(&lots, None)[0].closing.realized_gain.normalize().to_string()
        };
        assert_eq!(gains(None).await, "-50");
        assert_eq!(gains(Some(LotMethod::Fifo)).await, "-50");
        assert_eq!(gains(Some(LotMethod::Lifo)).await, "50");
        assert_eq!(gains(Some(LotMethod::Average)).await, "0");
    }
}
