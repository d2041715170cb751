use entity::values::UserRole;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

const DIFF: &str = "/v1/packs/PP_2025-10-21/diff/PP_2025-10-21_D1";

/// NKE is held (6 units, and 745 USD), AMD is not; a restatement that is still warming.
async fn prepare(db: testkit::TestDatabase) -> (App, String) {
    let app = App::start(db).await;
    let portfolio = app.portfolio_with_books().await;
    for symbol in ["AMD", "PYPL"] {
        app.new_security(symbol).await;
    }
    let old = app.new_pack("2025-10-21").await;
    app.load_prices(&old, "NKE,74.50,USD\nAMD,200,USD").await;
    load_rates(&app, &old, "USD,CAD,1.4\nEUR,USD,1.1").await;
    app.mark_fresh(&old).await;
    let body = json!({"reason": "late"});
    let new = app
        .post("/v1/packs/PP_2025-10-21/restate", &body)
        .await
        .expect(201)
        .json();
    let new = new["id"].as_str().unwrap();
    app.load_prices(new, "NKE,75.25,USD\nAMD,201,USD\nPYPL,60,USD")
        .await;
    load_rates(&app, new, "EUR,USD,1.2").await;
    (app, portfolio)
}

async fn load_rates(app: &App, pack: &str, rates: &str) {
    let csv = format!("base,quote,rate\n{rates}\n");
    app.upload(&format!("/v1/packs/{pack}/fx-rates"), "text/csv", csv)
        .await
        .expect(201);
}

fn changed(kind: &str, row: &(Value, Value, Value), name: &str, values: (&str, &str)) -> Value {
    json!({
        "kind": kind, "symbol": row.0, "base": row.1, "quote": row.2,
        "fields": {name: {"old": values.0, "new": values.1}},
    })
}

on_both_engines! {
    async fn what_two_packs_have_otherwise_is_told_row_by_row_and_field_by_field(db) {
        let (app, _) = prepare(db).await;
        let reply = app.get(DIFF).await.expect(200);
        assert_eq!(reply.header("etag"), None, "a warming pack may change");
        let diff = reply.json();
        assert_eq!(diff["old"]["id"], "PP_2025-10-21");
        assert_eq!((&diff["new"]["status"], &diff["new"]["hash"]), (&json!("warming"), &json!(null)));
        assert_eq!(diff["counts"], json!({"added": 1, "removed": 0, "changed": 3}));
        let added = json!([{
            "kind": "price", "symbol": "PYPL", "base": null, "quote": null,
            "fields": {"close": "60", "currency": "USD", "source": "import"},
        }]);
        assert_eq!(diff["added"], added);
        let price = |symbol: &str| (json!(symbol), json!(null), json!(null));
        assert_eq!(diff["changed"], json!([
            changed("price", &price("AMD"), "close", ("200", "201")),
            changed("price", &price("NKE"), "close", ("74.5", "75.25")),
            changed("fx", &(json!(null), json!("EUR"), json!("USD")), "rate", ("1.1", "1.2")),
        ]));
        assert_eq!((&diff["removed"], &diff["portfolio"]), (&json!([]), &json!(null)));

        app.mark_fresh("PP_2025-10-21_D1").await;
        let frozen = app.get(DIFF).await.expect(200);
        assert_eq!(frozen.json()["changed"], diff["changed"]);
        app.get_if_none_match(DIFF, &frozen.etag()).await.expect(304);
        let back = "/v1/packs/PP_2025-10-21_D1/diff/PP_2025-10-21";
        let back = app.get_if_none_match(back, &frozen.etag()).await.expect(200).json();
        assert_eq!(back["removed"], added);
        let same = app.get("/v1/packs/PP_2025-10-21/diff/PP_2025-10-21").await.expect(200).json();
        assert_eq!(same["counts"], json!({"added": 0, "removed": 0, "changed": 0}));
    }

    async fn a_difference_is_read_page_by_page(db) {
        let (app, portfolio) = prepare(db).await;
        let whole = app.get(DIFF).await.expect(200).json();
        let (mut pages, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let path = format!("{DIFF}?limit=1&portfolio_id={portfolio}{after}");
            let page = app.get(&path).await.expect(200).json();
            assert_eq!(page["counts"], whole["counts"]);
            assert_eq!(page["portfolio"]["change"], "4.5");
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            pages.push(page);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(pages.len(), 4);
        for list in ["added", "removed", "changed"] {
            let rows: Vec<&Value> =
                pages.iter().flat_map(|page| page[list].as_array().unwrap()).collect();
            assert_eq!(json!(rows), whole[list], "{list}");
        }
        app.get(&format!("{DIFF}?cursor=bm8")).await.problem(400, "cursor_invalid");
    }

    async fn the_effect_on_a_portfolio_sums_to_the_change_of_its_value(db) {
        let (app, portfolio) = prepare(db).await;
        app.mark_fresh("PP_2025-10-21_D1").await;
        let reply = app.get(&format!("{DIFF}?portfolio_id={portfolio}")).await.expect(200);
        let effects = &reply.json()["portfolio"];
        let effect = json!([{
            "kind": "price", "symbol": "NKE", "base": null, "quote": null, "effect": "4.5",
        }]);
        assert_eq!(effects["effects"], effect, "{effects:#}");
        assert_eq!(effects["change"], "4.5");
        assert_eq!(effects["base_currency"], "USD");
        assert_eq!(effects["asof_date"], "2025-10-21");
        for (pack, value) in [("PP_2025-10-21", "old_value"), ("PP_2025-10-21_D1", "new_value")] {
            let path = format!("/v1/portfolios/{portfolio}/positions?pack_id={pack}");
            let totals = app.get(&path).await.expect(200).json()["totals"].clone();
            assert_eq!(totals["cash"], "745");
            let market: rust_decimal::Decimal = totals["market_value"].as_str().unwrap().parse().unwrap();
            let whole = market + rust_decimal::Decimal::from(745);
            assert_eq!(effects[value], whole.normalize().to_string(), "{value}");
        }
        // Before anything was bought.
        let path = format!("{DIFF}?portfolio_id={portfolio}&asof=2024-01-02");
        let before = app.get(&path).await.expect(200).json()["portfolio"].clone();
        assert_eq!((&before["change"], &before["old_value"]), (&json!("0"), &json!("1000")));
        assert_eq!(before["effects"], json!([]));
    }

    async fn anothers_portfolio_is_not_there_unless_it_is_shared(db) {
        let (app, portfolio) = prepare(db).await;
        let path = format!("{DIFF}?portfolio_id={portfolio}");
        let other = app.someone("other@example.org", UserRole::Viewer).await;
        let ask = || app.send(app.request_as(&other, Method::GET, &path));
        ask().await.problem(404, "portfolio_not_found");
        let share = json!({"email": "other@example.org", "permission": "read"});
        app.post(&format!("/v1/portfolios/{portfolio}/shares"), &share).await;
        assert_eq!(ask().await.expect(200).json()["portfolio"]["change"], "4.5");
        for (old, new) in [("PP_1999-01-01", "PP_2025-10-21"), ("PP_2025-10-21", "PP_1999-01-01")] {
            app.get(&format!("/v1/packs/{old}/diff/{new}")).await
                .problem(404, "pricing_pack_not_found");
        }
    }

    async fn a_rate_through_the_pivot_is_named_in_the_positions(db) {
        let app = App::start(db).await;
        let made = app.post("/v1/portfolios", &json!({"name": "C", "base_currency": "CAD"})).await;
        let portfolio = crate::app::books::id_of(&made.expect(201).json());
        let ledger = "option \"operating_currency\" \"CAD\"\n\
            2024-01-01 open Assets:Broker:Cash\n2024-01-01 open Equity:Opening\n\
            2024-01-02 * \"Deposit\"\n  Assets:Broker:Cash 100 EUR\n  Equity:Opening\n\
            2024-01-03 * \"Deposit\"\n  Assets:Broker:Cash 7 CHF\n  Equity:Opening\n";
        app.import(&portfolio, ledger, "Assets:Broker").await;
        let pack = app.new_pack("2025-10-21").await;
        load_rates(&app, &pack, "EUR,USD,1.0937\nUSD,CAD,1.3712").await;
        app.mark_fresh(&pack).await;
        let positions = app.get(&format!("/v1/portfolios/{portfolio}/positions")).await.expect(200).json();
        assert_eq!(positions["cash"], json!([
            {"currency": "CHF", "amount": "7", "value": null},
            {
                "currency": "EUR", "amount": "100", "value": "149.968144",
                "fx_path": ["EUR", "USD", "CAD"],
            },
        ]));
        let detail = positions["warnings"][0]["detail"].as_str().unwrap();
        for part in ["CHF to CAD", "through USD", "PP_2025-10-21"] {
            assert!(detail.contains(part), "{detail}");
        }
        let body = json!({"pattern_id": "portfolio_overview", "portfolio_id": portfolio});
        let run = app.post("/v1/execute", &body).await.expect(200).json();
        assert_eq!(run["result"]["cash"][1]["fx_path"], json!(["EUR", "USD", "CAD"]));
        let path = format!("/v1/executions/{}/replay", run["execution_id"].as_str().unwrap());
        let replay = app.send(app.request(Method::POST, &path)).await.expect(200).json();
        assert_eq!(replay["identical"], true, "{replay:#}");
    }
}
