use pricing::sources::settings::Sourcing;
use testservers::{Reply, WebServer};

use super::{gathered, gathered_of, missing, rows, wanted};

/// A source that has `NAME` of the day that its name says.
fn server(csv: &'static str) -> WebServer {
    WebServer::start(move |_, _| Reply::ok(csv))
}

fn settings(server: &WebServer, policy: &str) -> String {
    format!(
        "[sources.a]\nkind = \"http_csv\"\nurl = \"{}/prices\"\n\
         [policies.P]\nprices = [\"a\"]\n{policy}",
        server.url()
    )
}

const PRICES: &str = "symbol,date,close,currency\n\
                      DAY,2025-10-21,1,USD\nFOUR,2025-10-17,2,USD\nFIVE,2025-10-16,3,USD\n\
                      OLD,2025-09-01,4,USD\n";

const ALL: [&str; 5] = ["DAY USD", "FOUR USD", "FIVE USD", "OLD USD", "NONE USD"];

#[tokio::test]
async fn what_is_missing_old_or_carried_is_told_by_day() {
    let server = server(PRICES);
    let settings = settings(&server, "stale_after_days = 4\non_stale = \"warn\"\n");
    let made = gathered(&settings, &wanted(&ALL), "2025-10-21").await;
    assert_eq!(rows(&made), ["DAY 1 USD a", "FIVE 3 USD a", "FOUR 2 USD a"]);
    assert_eq!(
        missing(&made),
        ["NONE (a: it has none)", "OLD (a: it has none)"]
    );
    let stale: Vec<_> = made.report.stale.iter().map(ToString::to_string).collect();
    assert_eq!(stale, ["FIVE (of 2025-10-16, a)"]);
    assert!(made.report.stale[0].is_used);
    let carried = &made.report.carried;
    assert_eq!(carried.len(), 1);
    assert_eq!(
        (
            carried[0].name.as_str(),
            carried[0].date.to_string().as_str()
        ),
        ("FOUR", "2025-10-17")
    );
}

#[tokio::test]
async fn the_policy_decides_what_lets_a_build_fail() {
    let server = server(PRICES);
    for (policy, symbols, expected) in [
        ("", ["DAY USD", "DAY USD"], None),
        ("", ["DAY USD", "NONE USD"], Some("missing: NONE")),
        ("on_missing = \"warn\"\n", ["DAY USD", "NONE USD"], None),
        (
            "",
            ["DAY USD", "FOUR USD"],
            Some("older than 0 days: FOUR (of 2025-10-17, a)"),
        ),
        ("on_stale = \"warn\"\n", ["DAY USD", "FOUR USD"], None),
        ("stale_after_days = 4\n", ["DAY USD", "FOUR USD"], None),
        (
            "on_stale = \"leave_out\"\n",
            ["DAY USD", "FOUR USD"],
            Some("missing: FOUR (the newest is of 2025-10-17)"),
        ),
    ] {
        let settings = settings(&server, policy);
        let made = gathered(&settings, &wanted(&symbols), "2025-10-21").await;
        let sourcing = Sourcing::parse(&settings).unwrap();
        let objection = made.report.objection(&sourcing.policies["P"]);
        match expected {
            None => assert_eq!(objection, None, "{policy}"),
            Some(words) => {
                let objection = objection.unwrap();
                assert!(objection.starts_with(words), "{policy}: {objection}");
            }
        }
    }
}

#[tokio::test]
async fn a_row_that_is_left_out_for_its_age_is_not_in_the_content() {
    let server = server(PRICES);
    let settings = settings(&server, "on_stale = \"leave_out\"\non_missing = \"warn\"\n");
    let made = gathered(&settings, &wanted(&["DAY USD", "FOUR USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["DAY 1 USD a"]);
    assert!(!made.report.stale[0].is_used);
}

#[tokio::test]
async fn rows_of_another_adjustment_are_refused() {
    let server = server(
        "symbol,date,close,currency,adjustment\n\
         RAW,2025-10-21,1,USD,raw\nNONE,2025-10-21,2,USD,\nSPLIT,2025-10-21,3,USD,split\n",
    );
    let all = wanted(&["RAW USD", "NONE USD", "SPLIT USD"]);
    let raw = gathered(&settings(&server, ""), &all, "2025-10-21").await;
    assert_eq!(rows(&raw), ["NONE 2 USD a", "RAW 1 USD a"]);
    assert_eq!(
        missing(&raw),
        ["SPLIT (a: it is a split price, and the policy wants raw ones)"]
    );
    let split = settings(&server, "adjustment = \"split\"\n");
    let split = gathered(&split, &all, "2025-10-21").await;
    assert_eq!(rows(&split), ["SPLIT 3 USD a"]);
}

const EUROS: &str = "base,quote,date,rate\n\
                     EUR,USD,2025-10-21,1.1607\nEUR,CAD,2025-10-21,1.6286\n\
                     USD,CAD,2025-10-14,1.4\n";

fn rates(server: &WebServer, name: &str, policy: &str) -> String {
    format!(
        "[sources.a]\nkind = \"http_csv\"\nholds = \"rates\"\nurl = \"{}/rates\"\n\
         [policies.{name}]\nfx = [\"a\"]\n{policy}",
        server.url()
    )
}

#[tokio::test]
async fn a_conversion_without_a_good_rate_goes_through_the_pivot() {
    let server = server(EUROS);
    let cad = wanted(&["USD/CAD"]);
    let by_euro = rates(&server, "P_VIA_EUR", "stale_after_days = 1\n");
    let made = gathered_of("P_VIA_EUR", &by_euro, &cad, "2025-10-21").await;
    // The rate of its own is a week old.
    assert_eq!(rows(&made), ["EUR/USD 1.1607 a", "EUR/CAD 1.6286 a"]);
    assert!(made.report.stale.is_empty() && made.report.missing.is_empty());

    let direct = rates(&server, "P_VIA_EUR", "stale_after_days = 7\n");
    let made = gathered_of("P_VIA_EUR", &direct, &cad, "2025-10-21").await;
    assert_eq!(rows(&made), ["USD/CAD 1.4 a"]);

    let by_dollar = rates(&server, "P", "stale_after_days = 1\non_stale = \"warn\"\n");
    let made = gathered(&by_dollar, &cad, "2025-10-21").await;
    assert_eq!(rows(&made), ["USD/CAD 1.4 a"]);
    assert_eq!(made.report.stale.len(), 1);
}

#[tokio::test]
async fn a_pair_is_answered_by_its_inverse_and_named_once() {
    let server = server(EUROS);
    let both_ways = wanted(&["USD/EUR", "EUR/USD", "CHF/EUR"]);
    let made = gathered(&rates(&server, "P", ""), &both_ways, "2025-10-21").await;
    assert_eq!(rows(&made), ["EUR/USD 1.1607 a"]);
    assert_eq!(missing(&made), ["CHF/EUR (a: it has none)"]);
}

#[tokio::test]
async fn what_the_policy_names_is_wanted_too() {
    let server = server(EUROS);
    let named = rates(&server, "P", "pairs = [\"CAD/EUR\", \"EUR/CHF\"]\n");
    let made = gathered(&named, &wanted(&[]), "2025-10-21").await;
    assert_eq!(rows(&made), ["EUR/CAD 1.6286 a"]);
    assert_eq!(missing(&made), ["EUR/CHF (a: it has none)"]);
}
