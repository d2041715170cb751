use serde_json::{Value, json};
use testkit::on_both_engines;

use crate::app::App;

const PRICES: &str = "/v1/packs/PP_2025-10-21/prices";
const FX_RATES: &str = "/v1/packs/PP_2025-10-21/fx-rates";
const NDJSON: &str = "application/x-ndjson";

async fn with_pack(db: testkit::TestDatabase, symbols: &[&str]) -> App {
    let app = App::start(db).await;
    for symbol in symbols {
        app.new_security(symbol).await;
    }
    app.new_pack("2025-10-21").await;
    app
}

on_both_engines! {
    async fn prices_come_in_by_csv_and_ndjson_and_out_by_symbol(db) {
        let app = with_pack(db, &["NKE", "BRK.B", "PYPL"]).await;
        let csv = "symbol,close,currency,open,high,low,volume,source,adjustment\n\
                   PYPL,60.10,USD,59,61.5,58.25,1000,polygon,split\n\
                   NKE,74.5,USD,,,,,,\n";
        let loaded = app.upload(PRICES, "text/csv", csv).await.expect(201).json();
        assert_eq!(loaded, json!({"pack_id": "PP_2025-10-21", "rows": 2}));
        let ndjson = "{\"symbol\":\"BRK.B\",\"close\":\"480.123456789\",\"currency\":\"USD\"}\n";
        app.upload(PRICES, NDJSON, ndjson).await.expect(201);

        let list = app.get(PRICES).await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        assert_eq!(closes(items), [("BRK.B", "480.123456789"), ("NKE", "74.5"), ("PYPL", "60.1")]);
        let paypal = &items[2];
        assert_eq!(paypal["open"], "59");
        assert_eq!(paypal["high"], "61.5");
        assert_eq!(paypal["low"], "58.25");
        assert_eq!(paypal["volume"], "1000");
        assert_eq!(paypal["source"], "polygon");
        assert_eq!(paypal["adjustment"], "split");
        assert_eq!(items[1]["open"], json!(null));
    }

    async fn rates_come_in_by_csv_and_ndjson_and_out_by_pair(db) {
        let app = with_pack(db, &[]).await;
        app.upload(FX_RATES, "text/csv", "base,quote,rate,source\nUSD,CAD,1.3712,boc\n").await.expect(201);
        let line = "{\"base\":\"EUR\",\"quote\":\"USD\",\"rate\":\"1.16\"}";
        app.upload(FX_RATES, NDJSON, line).await.expect(201);
        let list = app.get(FX_RATES).await.expect(200).json();
        assert_eq!(list["items"][0]["base"], "EUR");
        let expected = json!({"base": "USD", "quote": "CAD", "rate": "1.3712", "source": "boc"});
        assert_eq!(list["items"][1], expected);
    }

    async fn a_bad_row_is_named_and_nothing_is_loaded(db) {
        let app = with_pack(db, &["NKE", "PYPL"]).await;
        for row in [
            "NKE,0,USD", "NKE,-1,USD", "NKE,abc,USD", "NKE,,USD", "NKE,1e3,USD", "NKE,NaN,USD",
            "NOBODY,1,USD", "PYPL,1,USD", "NKE,1,usd", "NKE,1,EURO", "NKE,1", "NKE,1,USD,extra",
            "NKE,99999999999999999999999999999999,USD", ",1,USD",
        ] {
            let csv = format!("symbol,close,currency\nPYPL,60,USD\n{row}\n");
            let problem = app.upload(PRICES, "text/csv", csv).await.problem(422, "rows_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/line/3", "{row}: {problem:#}");
            assert!(!problem["errors"][0]["detail"].as_str().unwrap().is_empty());
        }
        for line in [
            "{\"symbol\":\"NKE\",\"close\":74.5,\"currency\":\"USD\"}",
            "{\"symbol\":\"NKE\",\"close\":\"74.5\",\"currency\":\"USD\",\"colour\":\"red\"}",
            "{\"symbol\":\"NKE\"}", "[]", "nonsense", "{", "{\"symbol\":null}",
        ] {
            let body = format!("{{\"symbol\":\"PYPL\",\"close\":\"60\",\"currency\":\"USD\"}}\n{line}\n");
            let problem = app.upload(PRICES, NDJSON, body).await.problem(422, "rows_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/line/2", "{line}: {problem:#}");
        }
        for row in ["USD,USD,1", "USD,CAD,0", "USD,CAD,-1", "usd,CAD,1", "USD,CAD,x", "USD,XYZ9,1"] {
            let csv = format!("base,quote,rate\n{row}\n");
            let problem = app.upload(FX_RATES, "text/csv", csv).await.problem(422, "rows_invalid");
            assert_eq!(problem["errors"][0]["pointer"], "/line/2", "{row}: {problem:#}");
        }
        assert_eq!(app.get(PRICES).await.json()["items"], json!([]));
        assert_eq!(app.get(FX_RATES).await.json()["items"], json!([]));
    }

    async fn a_header_that_is_not_one_is_refused(db) {
        let app = with_pack(db, &["NKE"]).await;
        for csv in ["", "\n", "NKE,74.5,USD\n", "symbol,close\nNKE,1\n", "symbol,close,currency,colour\n",
            "symbol,symbol,close,currency\n"] {
            app.upload(PRICES, "text/csv", csv).await.problem(422, "rows_invalid");
        }
    }

    async fn a_price_that_is_there_is_not_replaced(db) {
        let app = with_pack(db, &["NKE"]).await;
        app.load_prices("PP_2025-10-21", "NKE,74.5,USD").await;
        let csv = "symbol,close,currency\nNKE,75,USD\n";
        let problem = app.upload(PRICES, "text/csv", csv).await.problem(422, "rows_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/line/2", "{problem:#}");
        assert_eq!(app.get(PRICES).await.json()["items"][0]["close"], "74.5");
    }

    async fn at_most_fifty_faults_are_named(db) {
        let app = with_pack(db, &[]).await;
        let rows: Vec<String> = (0..200).map(|n| format!("N{n},1,USD\n")).collect();
        let csv = format!("symbol,close,currency\n{}", rows.concat());
        let problem = app.upload(PRICES, "text/csv", csv).await.problem(422, "rows_invalid");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 50);
    }

    async fn only_rows_in_a_known_form_are_taken(db) {
        let app = with_pack(db, &["NKE"]).await;
        for content_type in ["application/json", "text/plain", "application/octet-stream"] {
            app.upload(PRICES, content_type, "{}").await.problem(415, "media_type_unsupported");
        }
        app.upload(PRICES, "text/csv", b"symbol,close,currency\nNKE,\xff\xfe,USD\n".to_vec()).await
            .problem(422, "rows_invalid");
    }

    async fn a_body_far_longer_than_any_json_is_streamed(db) {
        let app = App::start_with(db, |config| config.max_body_bytes = 1_000).await;
        app.new_pack("2025-10-21").await;
        for number in 0..100 {
            app.new_security(&format!("S{number}")).await;
        }
        let rows = (0..100).map(|number| format!("S{number},1,USD,{}\n", "x".repeat(60_000)));
        let lines = std::iter::once("symbol,close,currency,source\n".to_owned()).chain(rows);
        let chunks = futures_util::stream::iter(lines.map(Ok::<_, std::io::Error>));
        let body = reqwest::Body::wrap_stream(chunks);
        let loaded = app.upload(PRICES, "text/csv", body).await.expect(201).json();
        assert_eq!(loaded["rows"], 100);
    }

    async fn the_rows_of_a_frozen_pack_have_a_tag(db) {
        let app = with_pack(db, &["NKE", "PYPL"]).await;
        app.load_prices("PP_2025-10-21", "NKE,74.5,USD\nPYPL,60,USD").await;
        app.upload(FX_RATES, "text/csv", "base,quote,rate\nUSD,CAD,1.3712\n").await.expect(201);
        assert_eq!(app.get(PRICES).await.header("etag"), None, "a warming pack may change");
        app.mark_fresh("PP_2025-10-21").await;
        for path in [PRICES, FX_RATES] {
            let etag = app.get(path).await.etag();
            app.get_if_none_match(path, &etag).await.expect(304);
            app.get_if_none_match(path, "\"other\"").await.expect(200);
        }
        assert_ne!(app.get(PRICES).await.etag(), app.get(FX_RATES).await.etag());
    }
}

fn closes(items: &[Value]) -> Vec<(&str, &str)> {
    items
        .iter()
        .map(|item| {
            (
                item["symbol"].as_str().unwrap(),
                item["close"].as_str().unwrap(),
            )
        })
        .collect()
}
