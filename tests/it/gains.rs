//! What open lots are worth and would gain, and what closed ones have brought: paged, and summed over all pages.

use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::{
    app::App,
    cursors::collect,
    transactions::{Books, trade},
};

/// Three securities, two years, two currencies: SAP is paid in euros, and one sale of it has no rate.
async fn history(db: testkit::TestDatabase) -> Books {
    let books = Books::open(App::start(db).await).await;
    let (sap, ibm) = (
        books.app.new_security("SAP").await,
        books.app.new_security("IBM").await,
    );
    let euros = |kind: &str, day: &str, quantity: &str, price: &str, rate: &str| {
        let mut euros = trade(kind, day, &sap, quantity, price);
        euros["currency"] = json!("EUR");
        euros["fx_rate"] = json!(rate);
        euros
    };
    books
        .record(&json!([
            books.trade("buy", "2023-01-02", "10", "10"),
            books.trade("buy", "2023-02-02", "10", "20"),
            trade("buy", "2023-03-02", &ibm, "5", "100"),
            euros("buy", "2023-04-03", "4", "50", "1.1"),
            books.trade("sell", "2023-12-01", "4", "30"),
            trade("sell", "2024-05-01", &ibm, "2", "90"),
            euros("sell", "2024-06-03", "1", "70", "1.2"),
            books.trade("sell", "2024-07-01", "10", "40"),
        ]))
        .await;
    books
}

fn at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or("null")
}

on_both_engines! {
    async fn lots_are_worth_what_the_pack_says(db) {
        let books = history(db).await;
        let without = books.get("/lots").await;
        assert_eq!(at(&without, "/warnings/0/code"), "pricing_pack_missing");
        assert_eq!(without["items"][0]["market_value"], Value::Null);
        assert_eq!(without["provenance"]["pricing_pack_id"], Value::Null);
        assert_eq!(at(&without, "/items/0/cost_basis"), "300");

        books.app.fresh_pack("2024-09-02", "IBM,120,USD\nNKE,50,USD\nSAP,99,USD").await;
        books.app.fresh_pack("2024-09-03", "IBM,110,USD\nNKE,45,USD").await;
        let named = books.get("/lots?pack_id=PP_2024-09-02").await;
        assert_eq!(named["asof_date"], "2024-09-02");
        let ibm = &named["items"][0];
        assert_eq!((at(ibm, "/symbol"), at(ibm, "/price")), ("IBM", "120"));
        assert_eq!((at(ibm, "/market_value"), at(ibm, "/unrealized_gain")), ("360", "60"));
        assert_eq!((&ibm["holding_days"], &ibm["is_long_term"]), (&json!(550), &json!(true)));
        // The pack has no rate to the currency in which SAP was paid, and needs none to the base currency.
        let sap = &named["items"][2];
        assert_eq!((at(sap, "/cost_currency"), at(sap, "/market_value")), ("EUR", "null"));
        assert_eq!((at(sap, "/market_value_base"), at(sap, "/unrealized_gain_base")), ("297", "132"));
        assert_eq!(at(&named, "/warnings/0/code"), "fx_rate_missing");
        let positions = books.get("/positions?pack_id=PP_2024-09-02").await;
        for figure in ["market_value", "cost_basis"] {
            assert_eq!(named["totals"]["base"][figure], positions["totals"][figure], "{figure}");
        }
        assert_eq!(at(&named, "/totals/base/unrealized_gain/long_term"), at(&positions, "/totals/unrealized_gain"));
        assert_eq!(at(&named, "/totals/currencies/USD/market_value"), "660");

        let latest = books.get("/lots").await;
        assert_eq!(latest["provenance"]["pricing_pack_id"], "PP_2024-09-03");
        assert_eq!(at(&latest, "/items/0/market_value"), "330");
        let then = books.get("/lots?asof=2023-06-30").await;
        assert_eq!(then["provenance"]["pricing_pack_id"], Value::Null);
        assert_eq!((&then["items"][0]["holding_days"], &then["items"][0]["is_long_term"]), (&json!(120), &json!(false)));
        let asked = format!("{}/lots?pack_id=PP_1999-01-01", books.path);
        books.app.get(&asked).await.problem(404, "pricing_pack_not_found");
        books.app.new_pack("2024-09-04").await;
        let asked = format!("{}/lots?pack_id=PP_2024-09-04", books.path);
        books.app.get(&asked).await.problem(503, "pricing_pack_warming");
    }

    async fn gains_are_summed_by_security_year_and_currency(db) {
        let books = history(db).await;
        let gains = books.get("/realized-gains").await;
        let totals = &gains["totals"];
        assert_eq!(totals["currencies"], json!({
            "EUR": {"short_term": "0", "long_term": "20"},
            "USD": {"short_term": "80", "long_term": "240"},
        }));
        // 70 x 1.2 - 50 x 1.1 = 29 dollars of the sale in euros.
        assert_eq!(totals["base"], json!({"short_term": "80", "long_term": "269"}));
        let years: Vec<(&Value, &Value)> = totals["years"].as_array().unwrap().iter()
            .map(|year| (&year["year"], &year["base"])).collect();
        assert_eq!(years, [
            (&json!(2023), &json!({"short_term": "80", "long_term": "0"})),
            (&json!(2024), &json!({"short_term": "0", "long_term": "269"})),
        ]);
        let securities: Vec<(&str, &str)> = totals["securities"].as_array().unwrap().iter()
            .map(|security| (at(security, "/symbol"), at(security, "/base/long_term"))).collect();
        assert_eq!(securities, [("IBM", "-20"), ("NKE", "260"), ("SAP", "29")]);
        let of_2023 = books.get("/realized-gains?year=2023").await;
        assert_eq!(of_2023["totals"]["securities"].as_array().unwrap().len(), 1);
        assert_eq!(at(&of_2023, "/totals/base/short_term"), "80");

        let mut unknown = books.trade("sell", "2024-08-01", "1", "30");
        unknown["currency"] = json!("EUR");
        let path = format!("{}/transactions", books.path);
        books.app.post(&path, &unknown).await.problem(422, "not_bookable");
        let chf = books.app.new_security("ROG").await;
        let franc = |kind: &str, day: &str| {
            let mut franc = trade(kind, day, &chf, "1", "30");
            franc["currency"] = json!("CHF");
            franc
        };
        books.record(&json!([franc("buy", "2024-08-01"), franc("sell", "2024-08-02")])).await;
        let totals = books.get("/realized-gains").await["totals"].clone();
        assert_eq!(totals["base"], Value::Null, "a rate is missing, and none is assumed");
        assert_eq!(at(&totals, "/years/0/base/short_term"), "80");
        assert_eq!(totals["years"][1]["base"], Value::Null);
        assert_eq!(at(&totals, "/currencies/CHF/short_term"), "0");
    }

    async fn pages_make_up_the_whole_and_totals_are_of_all(db) {
        let books = history(db).await;
        for list in ["lots", "realized-gains"] {
            let path = format!("{}/{list}", books.path);
            let whole = books.get(&format!("/{list}")).await;
            let all = whole["items"].as_array().unwrap();
            assert!(all.len() >= 3, "{list}: {all:#?}");
            assert_eq!(whole["next_cursor"], Value::Null);
            for limit in 1..=all.len() + 1 {
                assert_eq!(&collect(&books.app, &path, limit).await, all, "{list} by {limit}");
            }
            let page = books.get(&format!("/{list}?limit=1")).await;
            assert_eq!(page["items"].as_array().unwrap().len(), 1);
            assert_eq!(page["totals"], whole["totals"], "{list}");
            for cursor in ["x", "e30", "bnVsbA"] {
                let asked = format!("{path}?cursor={cursor}");
                books.app.get(&asked).await.problem(400, "cursor_invalid");
            }
        }
    }

    async fn what_is_recorded_or_voided_meanwhile_moves_no_page(db) {
        let books = history(db).await;
        let next = |page: &Value, list: &str| {
            format!("/{list}?limit=2&cursor={}", page["next_cursor"].as_str().unwrap())
        };
        let lots = books.get("/lots?limit=2").await;
        let gains = books.get("/realized-gains?limit=2").await;
        let aapl = books.app.new_security("AAPL").await;
        books.record(&json!([
            trade("buy", "2022-01-03", &aapl, "2", "100"),
            trade("sell", "2022-01-04", &aapl, "1", "90"),
        ])).await;
        // The last gain of the first page is taken out; the second page goes on behind its place.
        let last = gains["items"][1]["transaction_id"].as_str().unwrap();
        let path = format!("{}/transactions/{last}/void", books.path);
        books.app.post(&path, &json!({})).await.expect(200);
        let symbols = |page: &Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap();
            items.iter().map(|item| at(item, "/symbol").to_owned()).collect()
        };
        assert_eq!(symbols(&lots), ["IBM", "NKE"]);
        assert_eq!(symbols(&books.get(&next(&lots, "lots")).await), ["SAP"]);
        assert_eq!(symbols(&gains), ["NKE", "IBM"]);
        assert_eq!(symbols(&books.get(&next(&gains, "realized-gains")).await), ["SAP", "NKE"]);
    }

    async fn another_method_from_now_on_is_not_one_from_before(db) {
        let books = history(db).await;
        let first = books.get("/realized-gains?year=2023").await;
        let portfolio = books.app.get(&books.path).await.expect(200);
        let before = books.get("/transactions").await["items"][0]["recorded_at"].clone();
        let patch = books.app.patch(&books.path, &json!({"lot_method": "lifo"})).await;
        assert_eq!(patch.expect(200).json()["books_revision"], 2);
        assert_eq!(portfolio.json()["lot_method"], "fifo");
        let now = books.get("/realized-gains?year=2023").await;
        assert_eq!((at(&now, "/method"), at(&now, "/totals/base/short_term")), ("lifo", "40"));
        let known = before.as_str().unwrap();
        let then = books.get(&format!("/realized-gains?year=2023&known_at={known}")).await;
        assert_eq!(then, first);
        let lots = books.get(&format!("/lots?known_at={known}")).await;
        assert_eq!((at(&lots, "/method"), at(&lots, "/items/1/cost_basis")), ("fifo", "120"));
    }
}
