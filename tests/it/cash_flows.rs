use serde_json::json;
use testkit::on_both_engines;

use crate::app::{App, books::LEDGER};

on_both_engines! {
    async fn deposits_and_income_are_told_from_trades(db) {
        let app = App::start(db).await;
        let portfolio = app.portfolio_with_books().await;
        let path = format!("/v1/portfolios/{portfolio}/cash-flows");

        let list = app.get(&path).await.expect(200).json();
        assert_eq!(list["next_cursor"], json!(null));
        let flows = list["items"].as_array().unwrap();
        let said: Vec<_> = flows
            .iter()
            .map(|flow| {
                [&flow["flow_date"], &flow["kind"], &flow["amount"], &flow["currency"], &flow["is_external"]]
                    .map(Clone::clone)
            })
            .collect();
        assert_eq!(
            said,
            [
                [json!("2024-01-02"), json!("deposit"), json!("1000"), json!("USD"), json!(true)],
                [json!("2024-06-03"), json!("dividend"), json!("5"), json!("USD"), json!(false)],
            ]
        );
    }

    async fn both_days_of_a_range_belong_to_it(db) {
        let app = App::start(db).await;
        let path = format!("/v1/portfolios/{}/cash-flows", app.portfolio_with_books().await);
        for (range, count) in [
            ("from=2024-01-02&to=2024-06-03", 2),
            ("from=2024-01-03", 1),
            ("to=2024-06-02", 1),
            ("from=2024-01-03&to=2024-06-02", 0),
            ("from=2025-01-01&to=2024-01-01", 0),
        ] {
            let list = app.get(&format!("{path}?{range}")).await.expect(200).json();
            assert_eq!(list["items"].as_array().unwrap().len(), count, "{range}");
        }
    }

    async fn pages_go_on_from_their_last_flow_even_on_one_day(db) {
        let app = App::start(db).await;
        let portfolio = app.new_portfolio("Many").await;
        let deposits: Vec<String> = (1..=9)
            .map(|n| {
                format!("2024-02-01 * \"{n}\"
  Assets:Broker:Cash 0.0{n} USD
  Equity:Opening
")
            })
            .collect();
        let ledger = format!("{LEDGER}
{}", deposits.concat());
        app.import(&portfolio, &ledger, "Assets:Broker").await;
        let path = format!("/v1/portfolios/{portfolio}/cash-flows");
        let all = app.get(&path).await.expect(200).json();

        let mut pages = Vec::new();
        let mut next = format!("{path}?limit=2");
        loop {
            let page = app.get(&next).await.expect(200).json();
            pages.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            next = format!("{path}?limit=2&cursor={cursor}");
        }
        assert_eq!(pages.len(), 11);
        assert_eq!(json!(pages), all["items"]);
    }
}
