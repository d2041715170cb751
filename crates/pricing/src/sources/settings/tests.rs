use super::*;

const WHOLE: &str = r#"
[sources.books]
kind = "ledger"
path = "books.beancount"

[sources.files]
kind = "csv"
path = "prices-{asof}.csv"
fields = { close = "last" }

[sources.polygon]
kind = "polygon"
key_env = "POLYGON_KEY"
currency = "USD"
symbols = { "BRK.B" = "BRK-B" }
limits = { per_minute = 5, attempts = 2 }

[sources.fred]
kind = "fred"
key_env = "FRED_KEY"
pairs = { "USD/CAD" = "DEXCAUS" }

[sources.ecb]
kind = "ecb"

[policies.WM4PM_CAD]
prices = ["polygon", "files", "books"]
fx = ["ecb", "fred"]
stale_after_days = 4
on_stale = "warn"
pairs = ["USD/CAD"]
prices_of = { PRIV = ["books"] }
prices_in = { CAD = ["files"] }
fx_of = { "CAD/USD" = ["fred"], CHF = ["books"] }
"#;

fn faults(text: &str) -> String {
    Sourcing::parse(text).unwrap_err().join("\n")
}

#[test]
fn a_whole_file_is_read() {
    let sourcing = Sourcing::parse(WHOLE).unwrap();
    let policy = &sourcing.policies["WM4PM_CAD"];
    let polygon = &sourcing.sources["polygon"];
    assert_eq!(polygon.limits.interval().as_secs(), 12);
    assert_eq!((polygon.limits.attempts, polygon.limits.at_once), (2, 4));
    assert_eq!(policy.on_missing, OnMissing::Fail);
    assert_eq!(policy.look_back_days, 30);
}

#[test]
fn each_security_and_each_pair_has_its_own_order() {
    let sourcing = Sourcing::parse(WHOLE).unwrap();
    let policy = &sourcing.policies["WM4PM_CAD"];
    assert_eq!(
        policy.price_order("AAPL", "USD"),
        ["polygon", "files", "books"]
    );
    assert_eq!(policy.price_order("CNR", "CAD"), ["files"]);
    assert_eq!(policy.price_order("PRIV", "CAD"), ["books"]);
    let order = |text: &str| policy.fx_order(&text.parse().unwrap());
    assert_eq!(order("EUR/USD"), ["ecb", "fred"]);
    assert_eq!(order("USD/CAD"), ["fred"]);
    assert_eq!(order("USD/CHF"), ["books"]);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let source = |lines: &str| faults(&format!("[sources.x]\n{lines}"));
    for (lines, expected) in [
        ("kind = \"csv\"", "needs a `path`"),
        ("kind = \"http_json\"", "needs a `url`"),
        (
            "kind = \"http_csv\"\nurl = \"ftp://x/y\"",
            "begins with https",
        ),
        (
            "kind = \"ecb\"\nurl = \"https://a:b@x\"",
            "no name and password",
        ),
        ("kind = \"fred\"", "needs `key_env`"),
        ("kind = \"polygon\"\nkey_env = \"K\"", "`currency`"),
        (
            "kind = \"polygon\"\nkey_env = \"K\"\ncurrency = \"USD\"\nadjustment = \"total_return\"",
            "adjusts for splits at most",
        ),
        (
            "kind = \"fred\"\nkey_env = \"K\"\nurl = \"http://prices.example\"",
            "a key goes over https:// alone",
        ),
        (
            "kind = \"http_json\"\nurl = \"https://x\"\nkey_env = \"K\"",
            "either into `key_header` or into `key_query`",
        ),
        (
            "kind = \"ecb\"\nlimits = { attempts = 0 }",
            "attempts is 1 to 100",
        ),
        ("kind = \"ecb_file\"", "either a `path` or a `url`"),
        (
            "kind = \"fred\"\nkey_env = \"K\"\npairs = { USD = \"X\" }",
            "`pairs` names pairs",
        ),
    ] {
        let told = source(lines);
        assert!(
            told.contains("[sources.x]") && told.contains(expected),
            "{lines}: {told}"
        );
    }
    let on_loopback = "[sources.x]\nkind = \"fred\"\nkey_env = \"K\"\nurl = \"http://127.0.0.1:1\"";
    assert!(Sourcing::parse(on_loopback).is_ok());
}

#[test]
fn a_policy_must_name_sources_that_can_give_what_it_wants() {
    let policy = |lines: &str| faults(&format!("{WHOLE}\n[policies.OTHER]\n{lines}"));
    for (lines, expected) in [
        ("prices = [\"nope\"]", "there is no source `nope`"),
        ("prices = [\"ecb\"]", "`ecb` has no prices"),
        ("prices = [\"fred\"]", "`fred` has no prices"),
        ("fx = [\"files\"]", "`files` has no exchange rates"),
        (
            "adjustment = \"split\"\nprices = [\"polygon\"]",
            "a pack holds one kind",
        ),
        (
            "stale_after_days = 40\nprices = [\"files\"]",
            "`look_back_days`",
        ),
        ("", "names no source"),
        (
            "prices = [\"files\"]\nfx_of = { nope = [\"ecb\"] }",
            "`fx_of` names",
        ),
    ] {
        let told = policy(lines);
        assert!(told.contains(expected), "{lines}: {told}");
    }
    let name = faults("[policies.D1]\nprices = [\"x\"]");
    assert!(name.contains("like a restatement"), "{name}");
}

#[test]
fn a_key_that_stands_in_the_file_is_refused_and_never_shown() {
    for lines in [
        "key = \"sk-5ecret\"",
        "key_env = \"sk-5ecret\"",
        "key_env = sk-5ecret",
        "limits = \"sk-5ecret\"",
        "adjustment = \"sk-5ecret\"",
        "url = \"sk-5ecret\"",
    ] {
        let text = format!("[sources.x]\nkind = \"ecb\"\n{lines}");
        let told = faults(&text);
        assert!(!told.contains("5ecret"), "{told}");
    }
    assert!(faults("[sources.x]\nkind = \"ecb\"\nkye_env = \"K\"").contains("kye_env"));
    assert!(faults("a\n= 1").starts_with("line "));
}
