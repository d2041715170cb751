use entity::values::{PackStatus, Price, Rate};
use identity::Ctx;
use ledger::Ledger;
use pricing::{
    DEFAULT_POLICY, Error, build,
    content::Content,
    packs,
    quotes::{self, Quotes},
};

use crate::{add_securities, date, mark_fresh};

/// BAM is a security here, since it is held at cost, and elsewhere Bosnia's currency.
const LEDGER: &str = "
2020-01-01 open Assets:Broker
2020-01-01 open Equity:Opening
2020-01-02 * \"Buy\"
  Assets:Broker  10 BAM {40.00 CAD}
  Equity:Opening
2020-01-03 price BAM 41.50 CAD
2020-01-03 price NKE 100 USD
2020-01-03 price USD 1.30 CAD
2020-01-04 price BAM 31.00 USD
2020-01-05 price CAD 0.80 USD
2020-01-05 price NKE 101 USD
2020-01-05 price NKE 101.25 USD
2020-01-06 price EUR 1.10 USD
2020-01-06 price LAND 5 NKE
2020-01-06 price LAND 700 EUR
2020-01-06 price XAU 1600 USD
2020-01-07 price NKE 0 USD
";

fn parse() -> Ledger {
    ledger::parse("test.beancount", LEDGER).unwrap()
}

fn summary(content: &Content) -> Vec<String> {
    let prices = content
        .prices
        .iter()
        .map(|row| format!("{} {} {}", row.symbol, row.close, row.currency));
    let rates = content
        .fx_rates
        .iter()
        .map(|row| format!("{}/{} {}", row.base, row.quote, row.rate));
    prices.chain(rates).collect()
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

async fn from_ledger(ctx: &Ctx, asof: &str) -> Result<entity::pricing::pack::Model, Error> {
    let (caller, asof, ledger) = (ctx.clone(), date(asof), parse());
    let work = async |tx| build::from_ledger(&caller, &tx, &ledger, asof, DEFAULT_POLICY).await;
    ctx.database.write(work).await
}

async fn many(ctx: &Ctx, dates: &[&str], mark_fresh: bool) -> Result<usize, Error> {
    let (caller, ledger) = (ctx.clone(), parse());
    let dates: Vec<_> = dates.iter().map(|text| date(text)).collect();
    let work = async |tx| {
        build::many_from_ledger(
            &caller,
            &tx,
            &ledger,
            &dates,
            DEFAULT_POLICY,
            mark_fresh,
            |_| {},
        )
        .await
    };
    ctx.database.write(work).await
}

#[test]
fn the_newest_price_and_rate_of_a_ledger_make_the_content() {
    let ledger = parse();
    for (asof, expected) in [
        ("2020-01-02", vec![]),
        (
            "2020-01-03",
            vec!["BAM 41.5 CAD", "NKE 100 USD", "USD/CAD 1.3"],
        ),
        (
            "2020-01-04",
            vec!["BAM 41.5 CAD", "NKE 100 USD", "USD/CAD 1.3"],
        ),
        (
            "2020-01-05",
            vec!["BAM 41.5 CAD", "NKE 101.25 USD", "CAD/USD 0.8"],
        ),
        (
            "2020-01-06",
            vec![
                "BAM 41.5 CAD",
                "LAND 700 EUR",
                "NKE 101.25 USD",
                "XAU 1600 USD",
                "CAD/USD 0.8",
                "EUR/USD 1.1",
            ],
        ),
        (
            "2030-01-01",
            vec![
                "BAM 41.5 CAD",
                "LAND 700 EUR",
                "XAU 1600 USD",
                "CAD/USD 0.8",
                "EUR/USD 1.1",
            ],
        ),
    ] {
        let content = build::content_of_ledger(&ledger, date(asof), "EOD");
        assert_eq!(summary(&content), expected, "{asof}");
        assert!(content.prices.iter().all(|row| row.source == "ledger"));
        assert_eq!(
            (content.asof_date, content.policy.as_str()),
            (date(asof), "EOD")
        );
    }
}

#[test]
fn rates_are_those_that_the_ledger_answers_with() {
    let ledger = parse();
    for asof in ["2020-01-03", "2020-01-05", "2020-01-06"] {
        let quotes = Quotes::from_content(&build::content_of_ledger(
            &ledger,
            date(asof),
            DEFAULT_POLICY,
        ));
        for (from, to) in [
            ("USD", "CAD"),
            ("CAD", "USD"),
            ("EUR", "USD"),
            ("USD", "EUR"),
        ] {
            let expected = ledger
                .price_on(from, to, date(asof))
                .map(|(_, rate)| Rate::new(rate));
            assert_eq!(quotes.rate(from, to), expected, "{from}/{to} on {asof}");
        }
        assert_eq!(quotes.rate("CHF", "CHF"), "1".parse().ok());
    }
}

/// Python: `decimal.Decimal(1) / decimal.Decimal("1.3712")`.
#[test]
fn an_inverse_has_28_digits() {
    let mut content = build::content_of_ledger(&parse(), date("2020-01-03"), DEFAULT_POLICY);
    content.fx_rates[0].rate = "1.3712".parse().unwrap();
    let quotes = Quotes::from_content(&content);
    assert_eq!(quotes.rate("USD", "CAD"), "1.3712".parse().ok());
    assert_eq!(
        quotes.rate("CAD", "USD"),
        "0.7292882147024504084014002334".parse().ok()
    );
    assert_eq!(quotes.rate("CAD", "EUR"), None);
    content.fx_rates[0].rate = "0.0007".parse().unwrap();
    let quotes = Quotes::from_content(&content);
    assert_eq!(
        quotes.rate("CAD", "USD"),
        "1428.571428571428571428571429".parse().ok()
    );
}

/// What Beancount itself says of the example's prices.
#[test]
fn the_example_ledger_has_beancounts_prices() {
    let Some(file) = testkit::shared_data("ledger/expected-positions.json") else {
        return;
    };
    let expected: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let ledger = ledger::load(&file.with_file_name("example.beancount")).unwrap();
    let mut compared = 0;
    for portfolio in expected.as_array().unwrap() {
        let asof = date(portfolio["asof"].as_str().unwrap());
        let quotes = Quotes::from_content(&build::content_of_ledger(&ledger, asof, DEFAULT_POLICY));
        for position in portfolio["positions"].as_array().unwrap() {
            if position["price_date"].is_string() {
                let quote = quotes.price(position["symbol"].as_str().unwrap()).unwrap();
                let price: Price = position["price"].as_str().unwrap().parse().unwrap();
                assert_eq!((quote.price, quote.currency), (price, "USD"));
                compared += 1;
            }
        }
    }
    assert!(compared > 0);
}

testkit::on_both_engines! {
    async fn a_pack_holds_the_prices_of_registered_securities(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        add_securities(&ctx, &[("BAM", "CAD"), ("NKE", "USD")]).await;
        let early = from_ledger(&ctx, "2019-12-31").await.unwrap_err();
        assert!(matches!(early, Error::Empty { .. }), "{early}");
        let pack = from_ledger(&ctx, "2020-01-06").await.unwrap();
        assert_eq!(
            (pack.status, pack.sources_json["from"].as_str()),
            (PackStatus::Warming, Some("ledger"))
        );
        let content = packs::content(&ctx, reader, &pack.id).await.unwrap();
        assert_eq!(
            sorted(summary(&content)),
            [
                "BAM 41.5 CAD",
                "CAD/USD 0.8",
                "EUR/USD 1.1",
                "NKE 101.25 USD"
            ]
        );
        let fresh = mark_fresh(&ctx, &pack.id).await.unwrap();
        assert_eq!(fresh.hash, Some(content.hash()));
        let quotes = quotes::load(&ctx, reader, &fresh).await.unwrap();
        assert_eq!(
            (quotes.pack_id.as_ref(), &quotes.pack_hash),
            (Some(&fresh.id), &fresh.hash)
        );
        let quote = quotes.price("BAM").unwrap();
        assert_eq!(
            (quote.price.to_string(), quote.currency),
            ("41.5".to_owned(), "CAD")
        );
        assert_eq!(quotes.price("LAND"), None);
        assert_eq!(
            quotes.rate("USD", "EUR"),
            "0.9090909090909090909090909091".parse().ok()
        );
        let again = from_ledger(&ctx, "2020-01-06").await.unwrap_err();
        assert!(matches!(again, Error::PackExists { .. }), "{again}");
    }

    /// A price in the security's own currency counts even where one in another is newer.
    async fn the_securitys_currency_decides_between_prices(db) {
        let ctx = db.ctx().await;
        add_securities(&ctx, &[("BAM", "USD")]).await;
        for (asof, expected) in [("2020-01-03", "BAM 41.5 CAD"), ("2020-01-06", "BAM 31 USD")] {
            let pack = from_ledger(&ctx, asof).await.unwrap();
            let content = packs::content(&ctx, ctx.database.reader(), &pack.id)
                .await
                .unwrap();
            assert!(summary(&content).contains(&expected.to_owned()), "{asof}");
        }
    }

    async fn many_packs_hold_what_the_ledger_says_on_each_date(db) {
        let ctx = db.ctx().await;
        let reader = ctx.database.reader();
        add_securities(&ctx, &[("BAM", "CAD"), ("NKE", "USD")]).await;
        let dates = [
            "2020-01-05",
            "2019-06-01",
            "2020-01-03",
            "2020-01-06",
            "2020-01-05",
            "2021-01-01",
        ];
        assert_eq!(many(&ctx, &dates, true).await.unwrap(), 4);
        for day in ["2020-01-03", "2020-01-05", "2020-01-06", "2021-01-01"] {
            let pack = packs::find(&ctx, reader, &format!("PP_{day}"))
                .await
                .unwrap();
            assert_eq!(
                (pack.status, pack.is_fresh, pack.prewarm_done),
                (PackStatus::Fresh, true, true)
            );
            assert!(packs::verify(&ctx, reader, &pack.id).await.unwrap().matches);
            let found = summary(&packs::content(&ctx, reader, &pack.id).await.unwrap());
            let mut expected = summary(&build::content_of_ledger(
                &parse(),
                date(day),
                DEFAULT_POLICY,
            ));
            expected.retain(|row| !row.starts_with("LAND") && !row.starts_with("XAU"));
            assert_eq!(sorted(found), sorted(expected));
        }
        let again = many(&ctx, &["2020-01-04", "2020-01-06"], true)
            .await
            .unwrap_err();
        assert!(
            matches!(&again, Error::PackExists { id, .. } if id == "PP_2020-01-06"),
            "{again}"
        );
        assert_eq!(many(&ctx, &["2020-01-04"], false).await.unwrap(), 1);
        let warming = packs::find(&ctx, reader, "PP_2020-01-04").await.unwrap();
        assert_eq!((warming.status, warming.hash), (PackStatus::Warming, None));
        assert_eq!(many(&ctx, &[], true).await.unwrap(), 0);
    }
}
