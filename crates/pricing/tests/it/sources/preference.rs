use testservers::{Reply, WebServer};

use super::{gathered, missing, rows, wanted};

fn csv(rows: &str) -> WebServer {
    let body = format!("symbol,date,close,currency\n{rows}");
    WebServer::start(move |_, _| Reply::ok(body.clone()))
}

fn source(name: &str, server: &WebServer) -> String {
    format!(
        "[sources.{name}]\nkind = \"http_csv\"\nurl = \"{}/\"\nlimits = {{ attempts = 1 }}\n",
        server.url()
    )
}

#[tokio::test]
async fn the_first_source_with_a_good_row_gives_it() {
    let first = csv("A,2025-10-21,1,USD\nB,2025-10-17,1,USD\n");
    let second = csv("A,2025-10-21,2,USD\nB,2025-10-20,2,USD\nC,2025-10-16,2,USD\n");
    let third = csv("C,2025-10-15,3,USD\nD,2025-10-21,3,USD\n");
    let settings = format!(
        "{}{}{}[policies.P]\nprices = [\"one\", \"two\", \"three\"]\nstale_after_days = 1\non_stale = \"warn\"\n\
         on_missing = \"warn\"\n",
        source("one", &first),
        source("two", &second),
        source("three", &third)
    );
    let all = wanted(&["A USD", "B USD", "C USD", "D USD", "E USD"]);
    let made = gathered(&settings, &all, "2025-10-21").await;
    // C is old everywhere: the newest of the old ones.
    assert_eq!(
        rows(&made),
        ["A 1 USD one", "B 2 USD two", "C 2 USD two", "D 3 USD three"]
    );
    let reasons = &made.report.missing[0].reasons;
    assert_eq!(
        reasons,
        &["one: it has none", "two: it has none", "three: it has none"]
    );
    let counts: Vec<_> = made
        .report
        .sources
        .iter()
        .map(|(name, of)| (name.as_str(), of.prices))
        .collect();
    assert_eq!(counts, [("one", 1), ("three", 1), ("two", 2)]);
}

#[tokio::test]
async fn a_source_is_not_asked_for_what_a_better_one_has() {
    let (first, second) = (csv("A,2025-10-21,1,USD\n"), csv("A,2025-10-21,2,USD\n"));
    let settings = format!(
        "{}{}[policies.P]\nprices = [\"one\", \"two\"]\n",
        source("one", &first),
        source("two", &second)
    );
    gathered(&settings, &wanted(&["A USD"]), "2025-10-21").await;
    assert_eq!((first.asked().len(), second.asked().len()), (1, 0));
}

#[tokio::test]
async fn the_next_source_steps_in_for_one_that_fails() {
    let broken = WebServer::start(|_, _| Reply::status(500, "no"));
    let good = csv("A,2025-10-21,2,USD\n");
    let settings = format!(
        "{}{}[policies.P]\nprices = [\"one\", \"two\"]\nprices_of = {{ B = [\"one\"] }}\n",
        source("one", &broken),
        source("two", &good)
    );
    let made = gathered(&settings, &wanted(&["A USD", "B USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["A 2 USD two"]);
    assert!(
        missing(&made)[0].contains("the service answers 500"),
        "{:?}",
        missing(&made)
    );
    assert!(made.report.sources["one"].faults[0].contains("500"));
}

#[tokio::test]
async fn a_source_serves_only_what_it_lists_if_it_says_so() {
    let server = csv("AA,2025-10-21,1,USD\nB,2025-10-21,2,USD\n");
    let settings = format!(
        "{}[policies.P]\nprices = [\"one\"]\n",
        source("one", &server)
            .replace("kind", "only_listed = true\nsymbols = { A = \"AA\" }\nkind")
    );
    let made = gathered(&settings, &wanted(&["A USD", "B USD"]), "2025-10-21").await;
    assert_eq!(rows(&made), ["A 1 USD one"]);
    assert_eq!(missing(&made), ["B (no source of the policy serves it)"]);
}
