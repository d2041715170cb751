//! Figures that were worked out by hand.

use books::{
    holdings::{AsOf, Holding, holdings},
    lots, portfolios, realized, securities, transactions,
};
use entity::{
    books::{lot_closure, security, transaction},
    values::{PortfolioId, TransactionKind},
};
use identity::Ctx;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::setup::{Source, another_owner, date, import, latest, request, write};

pub const CURRENCIES: &str = r#"
option "operating_currency" "CAD"
2020-01-01 open Assets:Cash
2020-01-01 open Assets:Stock "FIFO"
2020-01-01 open Equity:Opening
2020-01-01 price USD 1.30 CAD
2020-02-01 price USD 1.40 CAD
2020-03-01 price CAD 0.625 EUR
2020-01-01 * "put in"
  Assets:Cash 1000 USD
  Equity:Opening
2020-01-10 * "buy"
  Assets:Stock 10 NKE {20 USD}
  Assets:Cash
2020-02-10 * "buy"
  Assets:Stock 10 NKE {30 USD}
  Assets:Cash
2020-02-11 * "exchange"
  Assets:Cash -100 USD @ 1.40 CAD
  Assets:Cash 140 CAD
2020-02-12 * "nobody knows what a euro is worth"
  Assets:Stock 1 SAP {50 EUR}
  Assets:Cash
2020-02-20 * "sell"
  Assets:Stock -15 NKE {} @ 40 USD
  Assets:Cash 600 USD
  Equity:Opening
2020-03-02 * "now they do"
  Assets:Stock 1 EVO {8 EUR}
  Assets:Cash
"#;

fn asof(text: &str) -> AsOf {
    AsOf {
        date: date(text),
        revision: None,
    }
}

pub async fn imported(ctx: &Ctx, text: &str) -> PortfolioId {
    import(ctx, &Source::parse(text), request("P"))
        .await
        .unwrap()
        .portfolio_id
        .unwrap()
}

pub async fn security(ctx: &Ctx, symbol: &str) -> security::Model {
    securities::find_by_symbol(ctx, ctx.database.reader(), symbol)
        .await
        .unwrap()
}

fn holding<'a>(all: &'a [Holding], symbol: &str) -> &'a Holding {
    all.iter()
        .find(|holding| holding.security.symbol == symbol)
        .unwrap()
}

fn cost(holding: &Holding) -> Option<String> {
    holding.cost_basis.map(|money| money.to_string())
}

testkit::on_both_engines! {
    async fn costs_are_in_base_currency_at_the_day_of_acquisition(db) {
        let ctx = db.ctx().await;
        let source = Source::parse(CURRENCIES);
        let report = import(&ctx, &source, request("P")).await.unwrap();
        assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
        assert!(report.warnings[0].contains("no rate from EUR to CAD for 2 amounts"));
        assert!(report.warnings[0].contains("2020-02-12"));

        let now = latest(&ctx, "P").await;
        // 5 of the second lot are left: 5 × 30 USD × 1.40.
        let nike = holding(&now.securities, "NKE");
        assert_eq!((cost(nike).as_deref(), nike.open_lots), (Some("210"), 1));
        let sap = holding(&now.securities, "SAP");
        assert_eq!((sap.cost_basis, sap.missing_cost_rate.as_deref()), (None, Some("EUR")));
        // 8 EUR ÷ 0.625.
        assert_eq!(cost(holding(&now.securities, "EVO")).as_deref(), Some("12.8"));
        let cash: Vec<_> =
            now.cash.iter().map(|c| (c.currency.as_str(), c.amount.to_string())).collect();
        let expected = [("CAD", "140"), ("EUR", "-58"), ("USD", "1000")];
        assert_eq!(cash, expected.map(|(currency, amount)| (currency, amount.to_owned())));

        let reader = ctx.database.reader();
        let portfolio = portfolios::find_by_name(&ctx, reader, "P").await.unwrap();
        let before = holdings(&ctx, reader, &portfolio, asof("2020-02-19")).await.unwrap();
        // 10 × 20 × 1.30 + 10 × 30 × 1.40.
        assert_eq!(cost(holding(&before.securities, "NKE")).as_deref(), Some("680"));
        let early = holdings(&ctx, reader, &portfolio, asof("2019-12-31")).await.unwrap();
        let late = holdings(&ctx, reader, &portfolio, asof("+12345-01-01")).await.unwrap();
        assert_eq!((late.securities, late.cash), (now.securities.clone(), now.cash));
        assert!(early.securities.is_empty() && early.cash.is_empty());
    }

    async fn a_gain_is_told_from_the_exchange_rate(db) {
        let ctx = db.ctx().await;
        let id = imported(&ctx, CURRENCIES).await;
        let reader = ctx.database.reader();
        let mut closures = lot_closure::Entity::find().all(reader).await.unwrap();
        closures.sort_by_key(|closure| closure.holding_days);
        let figures: Vec<_> = closures
            .iter()
            .map(|c| {
                let money = [c.proceeds, c.cost_basis, c.realized_gain, c.fx_gain.unwrap()];
                (c.quantity.to_string(), money.map(|m| m.to_string()), c.holding_days)
            })
            .collect();
        // The euro rate of the second lot did not move; 200 USD × (1.40 - 1.30) did.
        let expected = [
            ("5", ["200", "150", "50", "0"], 10),
            ("10", ["400", "200", "200", "20"], 41),
        ];
        let expected = expected.map(|(q, m, days)| (q.to_owned(), m.map(str::to_owned), days));
        assert_eq!(figures, expected);
        let nike = security(&ctx, "NKE").await.id;
        let gains = realized::gains_of_security(&ctx, reader, id, nike, asof("2020-12-31")).await;
        let gains = gains.unwrap();
        assert_eq!((gains.len(), gains[0].currency.as_str()), (1, "USD"));
        assert_eq!(gains[0].amount.to_string(), "250");
        let before = realized::gains_of_security(&ctx, reader, id, nike, asof("2020-02-19")).await;
        assert!(before.unwrap().is_empty());
    }

    async fn lots_and_transactions_of_a_security(db) {
        let ctx = db.ctx().await;
        let id = imported(&ctx, CURRENCIES).await;
        let nike = security(&ctx, "NKE").await.id;
        let reader = ctx.database.reader();
        let open = lots::of_security(&ctx, reader, id, nike, asof("2020-02-19")).await.unwrap();
        let figures = |open: &[lots::OpenLot]| -> Vec<_> {
            open.iter()
                .map(|lot| (lot.quantity_open.to_string(), lot.cost_basis.to_string()))
                .collect()
        };
        let text = |q: &str, cost: &str| (q.to_owned(), cost.to_owned());
        assert_eq!(figures(&open), [text("10", "200"), text("10", "300")]);
        let open = lots::of_security(&ctx, reader, id, nike, asof("2020-02-20")).await.unwrap();
        assert_eq!(figures(&open), [text("5", "150")]);
        let known = AsOf { date: date("2020-12-31"), revision: Some(0) };
        assert!(lots::of_security(&ctx, reader, id, nike, known).await.unwrap().is_empty());

        let own = transactions::of_security(&ctx, reader, id, nike, asof("2020-12-31")).await;
        let kinds: Vec<_> = own.unwrap().iter().map(|row| row.kind).collect();
        let (buy, sell) = (TransactionKind::Buy, TransactionKind::Sell);
        assert_eq!(kinds, [buy, buy, sell]);
        let other = another_owner(&ctx).await;
        let foreign = lots::of_security(&other, reader, id, nike, asof("2020-12-31")).await;
        assert!(matches!(foreign, Err(books::Error::PortfolioNotFound { .. })));
        let foreign = transactions::of_security(&other, reader, id, nike, asof("2020-12-31")).await;
        assert!(foreign.unwrap().is_empty());
        let foreign = realized::gains_of_security(&other, reader, id, nike, asof("2020-12-31"));
        assert!(foreign.await.unwrap().is_empty());
        let portfolio = portfolios::find(&ctx, reader, id).await.unwrap();
        let foreign = holdings(&other, reader, &portfolio, asof("2020-12-31")).await.unwrap();
        assert!(foreign.securities.is_empty() && foreign.cash.is_empty());
    }

    async fn units_of_one_cost_are_one_lot_however_often_they_were_bought(db) {
        let ctx = db.ctx().await;
        let bought = |day: &str| format!(
            "{day} * \"buy\"\n  Assets:Stock 2 NKE {{10 USD, 2020-01-02}}\n  Assets:Cash\n"
        );
        let sold = "2020-01-08 * \"sell\"\n  Assets:Stock -3 NKE {} @ 11.1 USD\n  \
                    Assets:Cash 33.3 USD\n  Equity:Gains\n";
        let opens = "option \"operating_currency\" \"USD\"\n2020-01-01 open Assets:Cash\n\
                     2020-01-01 open Assets:Stock\n2020-01-01 open Equity:Gains\n";
        let two = format!("{opens}{}{}", bought("2020-01-02"), bought("2020-01-05"));
        let id = imported(&ctx, &two).await;
        let grown = format!("{two}{sold}{}", bought("2020-01-09"));
        let report = import(&ctx, &Source::parse(&grown), request("P")).await.unwrap();
        assert_eq!((report.lots, report.closures), (1, 2));

        let reader = ctx.database.reader();
        let portfolio = portfolios::find(&ctx, reader, id).await.unwrap();
        for (day, quantity, lots) in [
            ("2020-01-04", "2", 1),
            ("2020-01-05", "4", 1),
            ("2020-01-08", "1", 1),
            ("2020-01-09", "3", 1),
        ] {
            let held = holdings(&ctx, reader, &portfolio, asof(day)).await.unwrap();
            let nike = holding(&held.securities, "NKE");
            assert_eq!((nike.quantity.to_string().as_str(), nike.open_lots), (quantity, lots));
            let tenfold = format!("{quantity}0");
            assert_eq!(cost(nike), Some(tenfold), "{day}");
        }
        let closures = lot_closure::Entity::find().all(reader).await.unwrap();
        let mut proceeds: Vec<_> = closures.iter().map(|c| c.proceeds.to_string()).collect();
        proceeds.sort();
        assert_eq!(proceeds, ["11.1", "22.2"]);
    }

    async fn a_short_position_has_negative_units_and_cost(db) {
        let ctx = db.ctx().await;
        let text = r#"
option "operating_currency" "USD"
2020-01-01 open Assets:Cash
2020-01-01 open Assets:Stock "FIFO"
2020-01-01 open Equity:Gains
2020-01-02 * "sell short"
  Assets:Stock -10 NKE {20 USD}
  Assets:Cash 200 USD
2020-01-12 * "cover four"
  Assets:Stock 4 NKE {} @ 15 USD
  Assets:Cash -60 USD
  Equity:Gains
"#;
        imported(&ctx, text).await;
        let held = latest(&ctx, "P").await;
        let nike = holding(&held.securities, "NKE");
        assert_eq!((nike.quantity.to_string().as_str(), nike.open_lots), ("-6", 1));
        assert_eq!(cost(nike).as_deref(), Some("-120"));
        let closure =
            lot_closure::Entity::find().one(ctx.database.reader()).await.unwrap().unwrap();
        let money = [closure.proceeds, closure.cost_basis, closure.realized_gain];
        assert_eq!(money.map(|m| m.to_string()), ["-60", "-80", "20"]);
    }

    async fn what_is_voided_counts_no_more(db) {
        let ctx = db.ctx().await;
        let id = imported(&ctx, CURRENCIES).await;
        let nike = security(&ctx, "NKE").await.id;
        let all = AsOf { date: date("2020-12-31"), revision: None };
        let reader = ctx.database.reader();
        let own = transactions::of_security(&ctx, reader, id, nike, all).await.unwrap();
        let (bought_second, sold) = (own[1].id, own[2].id);
        write(&ctx, move |ctx, tx| async move {
            let void = transaction::ActiveModel {
                voided_at: Set(Some(ctx.now())),
                ..Default::default()
            };
            transaction::Entity::update_many()
                .set(void)
                .filter(transaction::Column::Id.is_in([bought_second, sold]))
                .exec(&tx)
                .await?;
            Ok(())
        })
        .await
        .unwrap();
        let held = latest(&ctx, "P").await;
        let holding = holding(&held.securities, "NKE");
        assert_eq!((holding.quantity.to_string().as_str(), holding.open_lots), ("10", 1));
        assert_eq!(cost(holding).as_deref(), Some("260"));
        let open = lots::of_security(&ctx, reader, id, nike, all).await.unwrap();
        assert_eq!((open.len(), open[0].quantity_open.to_string()), (1, "10".to_owned()));
        let gains = realized::gains_of_security(&ctx, reader, id, nike, all).await.unwrap();
        assert!(gains.is_empty());
    }
}
