//! Answers in the shapes that the services document, made up by hand.

use testservers::{Asked, Reply, WebServer};

use super::{KEY, gathered, missing, rows, wanted};

fn targets(server: &WebServer) -> Vec<String> {
    let mut targets: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    targets.sort();
    targets
}

fn settings(server: &WebServer, source: &str, policy: &str) -> String {
    format!(
        "[sources.s]\nurl = \"{}\"\n{source}\n[policies.P]\n{policy}\nlook_back_days = 5\n\
         stale_after_days = 4\non_missing = \"warn\"\n",
        server.url()
    )
}

fn has_header(asked: &Asked, header: &str) -> bool {
    asked.headers.iter().any(|line| line == header)
}

#[tokio::test]
async fn financial_modeling_prep_by_each_of_its_series() {
    for (adjustment, series, bar) in [
        (
            "split",
            "full",
            r#""open":101.0,"high":102,"low":100.5,"close":101.25"#,
        ),
        (
            "raw",
            "non-split-adjusted",
            r#""adjOpen":404,"adjHigh":408,"adjLow":402,"adjClose":405.00"#,
        ),
        (
            "total_return",
            "dividend-adjusted",
            r#""adjOpen":99,"adjHigh":100,"adjLow":98,"adjClose":99.123456789"#,
        ),
    ] {
        let body = format!(
            r#"[{{"symbol":"BRK-B","date":"2025-10-21",{bar},"volume":3.52e+06}},
               {{"symbol":"BRK-B","date":"2025-10-20",{bar},"volume":1}}]"#
        );
        let server = WebServer::start(move |_, _| Reply::ok(body.clone()));
        let source = format!(
            "kind = \"fmp\"\nkey_env = \"K\"\ncurrency = \"USD\"\nadjustment = \"{adjustment}\"\n\
             symbols = {{ \"BRK.B\" = \"BRK-B\" }}"
        );
        let policy = format!("prices = [\"s\"]\nadjustment = \"{adjustment}\"");
        let made = gathered(
            &settings(&server, &source, &policy),
            &wanted(&["BRK.B USD"]),
            "2025-10-21",
        )
        .await;
        let close = match adjustment {
            "split" => "101.25",
            "raw" => "405",
            _ => "99.123456789",
        };
        assert_eq!(
            rows(&made),
            [format!("BRK.B {close} USD s")],
            "{adjustment}"
        );
        let row = &made.content.prices[0];
        assert_eq!(row.volume.unwrap().to_string(), "3520000");
        assert!(row.open.is_some() && row.high.is_some() && row.low.is_some());
        assert_eq!(
            targets(&server),
            [format!(
                "/stable/historical-price-eod/{series}?symbol=BRK-B&from=2025-10-16&to=2025-10-21&apikey={KEY}"
            )]
        );
    }
}

#[tokio::test]
async fn financial_modeling_prep_has_rates_as_symbols() {
    let server = WebServer::start(|_, _| {
        Reply::ok(
            r#"[{"symbol":"USDCAD","date":"2025-10-21","open":1.4,"close":1.40195,"volume":0}]"#,
        )
    });
    let source = "kind = \"fmp\"\nkey_env = \"K\"\ncurrency = \"USD\"";
    let settings = settings(&server, source, "fx = [\"s\"]");
    let made = gathered(&settings, &wanted(&["USD/CAD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["USD/CAD 1.40195 s"]);
    assert!(targets(&server)[0].starts_with("/stable/historical-price-eod/full?symbol=USDCAD&"));
}

#[tokio::test]
async fn polygon_by_ticker_with_its_key_in_a_header() {
    // 2025-10-21T04:00:00Z, midnight in New York; a missing ticker has no `results`.
    let server = WebServer::start(|asked, _| {
        if asked.target.contains("/NONE/") {
            return Reply::ok(
                r#"{"ticker":"NONE","queryCount":0,"resultsCount":0,"adjusted":false,"status":"OK"}"#,
            );
        }
        if asked.target.contains("/C:USDCAD/") {
            return Reply::ok(
                r#"{"adjusted":false,"status":"OK","results":[{"v":1,"o":1.4,"c":1.4019,"h":1.41,"l":1.39,"t":1761004800000,"n":9}]}"#,
            );
        }
        Reply::ok(
            r#"{"ticker":"AAPL","adjusted":false,"status":"DELAYED","results":[
            {"v":4.66959e+07,"vw":263.1,"o":261.88,"c":262.77,"h":265.29,"l":261.83,"t":1761019200000,"n":571983},
            {"v":1,"vw":1,"o":1,"c":1,"h":1,"l":1,"t":1760932800000,"n":1}]}"#,
        )
    });
    let source = "kind = \"polygon\"\nkey_env = \"K\"\ncurrency = \"USD\"";
    let settings = settings(&server, source, "prices = [\"s\"]\nfx = [\"s\"]");
    let all = wanted(&["AAPL USD", "NONE USD", "USD/CAD"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    assert_eq!(rows(&made), ["AAPL 262.77 USD s", "USD/CAD 1.4019 s"]);
    assert_eq!(missing(&made), ["NONE (s: it has none)"]);
    assert_eq!(
        made.content.prices[0].volume.unwrap().to_string(),
        "46695900"
    );
    assert_eq!(
        targets(&server),
        [
            "/v2/aggs/ticker/AAPL/range/1/day/2025-10-16/2025-10-21?adjusted=false",
            "/v2/aggs/ticker/C:USDCAD/range/1/day/2025-10-16/2025-10-21?adjusted=false",
            "/v2/aggs/ticker/NONE/range/1/day/2025-10-16/2025-10-21?adjusted=false",
        ]
    );
    let bearer = format!("authorization: Bearer {KEY}");
    assert!(
        server
            .asked()
            .iter()
            .all(|asked| has_header(asked, &bearer))
    );
}

#[tokio::test]
async fn polygon_that_answers_adjusted_prices_in_place_of_raw_ones_is_refused() {
    let server = WebServer::start(|_, _| {
        Reply::ok(r#"{"adjusted":true,"status":"OK","results":[{"c":65.69,"t":1761019200000}]}"#)
    });
    let source = "kind = \"polygon\"\nkey_env = \"K\"\ncurrency = \"USD\"";
    let settings = settings(&server, source, "prices = [\"s\"]");
    let made = gathered(&settings, &wanted(&["AAPL USD"]), "2025-10-21").await;
    assert!(rows(&made).is_empty());
    assert!(
        missing(&made)[0].contains("`/adjusted` is not `false`"),
        "{:?}",
        missing(&made)
    );
}

#[tokio::test]
async fn polygon_grouped_goes_back_day_by_day_until_all_is_there() {
    let server = WebServer::start(|asked, _| {
        if asked.target.contains("/2025-10-21?") {
            Reply::ok(r#"{"adjusted":true,"resultsCount":0,"status":"OK"}"#)
        } else {
            Reply::ok(
                r#"{"adjusted":true,"status":"OK","results":[
                {"T":"BRK.B","v":1,"o":1,"c":493.77,"h":1,"l":1,"t":1760990400000},
                {"T":"ZZZ","v":1,"o":1,"c":1,"h":1,"l":1,"t":1760990400000}]}"#,
            )
        }
    });
    let source = "kind = \"polygon\"\nkey_env = \"K\"\ncurrency = \"USD\"\ngrouped = true\nadjustment = \"split\"";
    let settings = settings(&server, source, "prices = [\"s\"]\nadjustment = \"split\"");
    let made = gathered(&settings, &wanted(&["BRK.B USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["BRK.B 493.77 USD s"]);
    assert_eq!(made.report.carried[0].date.to_string(), "2025-10-20");
    let grouped = "/v2/aggs/grouped/locale/us/market/stocks";
    assert_eq!(
        targets(&server),
        [
            format!("{grouped}/2025-10-20?adjusted=true"),
            format!("{grouped}/2025-10-21?adjusted=true")
        ]
    );
}

#[tokio::test]
async fn fred_passes_over_days_without_a_value() {
    let server = WebServer::start(|_, _| {
        Reply::ok(
            r#"{"realtime_start":"2025-10-22","units":"lin","count":3,"observations":[
            {"realtime_start":"2025-10-22","realtime_end":"2025-10-22","date":"2025-10-17","value":"1.4033"},
            {"realtime_start":"2025-10-22","realtime_end":"2025-10-22","date":"2025-10-20","value":"1.4042"},
            {"realtime_start":"2025-10-22","realtime_end":"2025-10-22","date":"2025-10-21","value":"."}]}"#,
        )
    });
    let source = "kind = \"fred\"\nkey_env = \"K\"\npairs = { \"USD/CAD\" = \"DEXCAUS\" }";
    let settings = settings(&server, source, "fx = [\"s\"]");
    let made = gathered(&settings, &wanted(&["CAD/USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["USD/CAD 1.4042 s"]);
    assert_eq!(
        targets(&server),
        [format!(
            "/fred/series/observations?series_id=DEXCAUS&file_type=json&observation_start=2025-10-16\
             &observation_end=2025-10-21&api_key={KEY}"
        )]
    );
}

const SDMX: &str = "KEY,FREQ,CURRENCY,CURRENCY_DENOM,EXR_TYPE,EXR_SUFFIX,TIME_PERIOD,OBS_VALUE,OBS_STATUS,TITLE\n\
    EXR.D.CAD.EUR.SP00.A,D,CAD,EUR,SP00,A,2025-10-20,1.6347,A,\"Canadian dollar/Euro, ECB\"\n\
    EXR.D.CAD.EUR.SP00.A,D,CAD,EUR,SP00,A,2025-10-21,1.6286,A,\"Canadian dollar/Euro, ECB\"\n\
    EXR.D.USD.EUR.SP00.A,D,USD,EUR,SP00,A,2025-10-21,1.1607,A,US dollar/Euro\n";

#[tokio::test]
async fn the_ecb_is_asked_once_for_all_currencies_and_only_for_euros() {
    let server = WebServer::start(|_, _| Reply::ok(SDMX));
    let settings = settings(&server, "kind = \"ecb\"", "fx = [\"s\"]");
    let all = wanted(&["USD/EUR", "CAD/EUR", "USD/JPY"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    assert_eq!(rows(&made), ["EUR/CAD 1.6286 s", "EUR/USD 1.1607 s"]);
    assert_eq!(
        missing(&made),
        ["USD/JPY (no source of the policy serves it)"]
    );
    assert_eq!(
        targets(&server),
        [
            "/service/data/EXR/D.CAD+USD.EUR.SP00.A?format=csvdata&startPeriod=2025-10-16&endPeriod=2025-10-21"
        ]
    );
}

#[tokio::test]
async fn the_ecbs_file_of_all_rates_has_a_column_for_each_currency() {
    let server = WebServer::start(|_, _| {
        Reply::ok(
            "Date,USD,JPY,CAD,RUB,\n2025-10-21,1.1607,176.11,1.6286,N/A,\n2025-10-20,1.1655,175.6,1.6347,N/A,\n",
        )
    });
    let settings = settings(&server, "kind = \"ecb_file\"", "fx = [\"s\"]");
    let all = wanted(&["EUR/USD", "CAD/EUR", "RUB/EUR"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    assert_eq!(rows(&made), ["EUR/CAD 1.6286 s", "EUR/USD 1.1607 s"]);
    assert_eq!(missing(&made), ["RUB/EUR (s: it has none)"]);
}

#[tokio::test]
async fn any_service_by_a_mapping() {
    let server = WebServer::start(|_, _| {
        Reply::ok(
            r#"{"data":{"list":[{"id":"A","q":{"px":1.50,"at":"2025-10-21T20:00:00Z"},"ccy":"USD"},
                                      {"id":"B/C","q":{"px":"2","at":"2025-10-20"},"ccy":"USD"}]}}"#,
        )
    });
    let url = server.url();
    let source = format!(
        "[sources.s]\nkind = \"http_json\"\nurl = \"{url}/quotes/{{asof}}?from={{from}}\"\nrows = \"/data/list\"\n\
         key_env = \"K\"\nkey_header = \"X-Api-Key\"\nsymbols = {{ BC = \"B/C\" }}\n\
         fields = {{ symbol = \"/id\", close = \"/q/px\", date = \"/q/at\", currency = \"/ccy\" }}\n\
         [policies.P]\nprices = [\"s\"]\nstale_after_days = 1\nlook_back_days = 1\n"
    );
    let made = gathered(&source, &wanted(&["A USD", "BC USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["A 1.5 USD s", "BC 2 USD s"]);
    assert_eq!(targets(&server), ["/quotes/2025-10-21?from=2025-10-20"]);
    assert!(has_header(&server.asked()[0], &format!("x-api-key: {KEY}")));
}

#[tokio::test]
async fn a_mapped_service_can_be_asked_for_each_security_and_each_pair() {
    let server = WebServer::start(|asked, _| {
        if asked.target.starts_with("/fx") {
            Reply::ok("date,rate\n2025-10-21,1.4019\n")
        } else {
            Reply::ok("date,close\n2025-10-21,7\n")
        }
    });
    let url = server.url();
    let source = format!(
        "[sources.s]\nkind = \"http_csv\"\nurl = \"{url}/px/{{symbol}}\"\ncurrency = \"USD\"\n\
         key_env = \"K\"\nkey_query = \"token\"\n\
         [sources.r]\nkind = \"http_csv\"\nholds = \"rates\"\nurl = \"{url}/fx/{{base}}-{{quote}}\"\n\
         [policies.P]\nprices = [\"s\"]\nfx = [\"r\"]\n"
    );
    let mut odd = wanted(&["USD/CAD"]);
    odd.prices.insert(("A/B".to_owned(), "USD".to_owned()));
    let made = gathered(&source, &odd, "2025-10-21").await;
    assert_eq!(rows(&made), ["A/B 7 USD s", "USD/CAD 1.4019 r"]);
    let targets = targets(&server);
    assert!(
        targets.contains(&format!("/px/A%2FB?token={KEY}")),
        "{targets:?}"
    );
    assert!(targets.contains(&"/fx/USD-CAD".to_owned()), "{targets:?}");
}
