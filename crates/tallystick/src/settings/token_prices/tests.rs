use workflow::tokens::prices::PriceList;

use crate::settings::{
    Settings,
    tests::{sources, write},
};

const TWO_PRICES: &str = r#"
[[token_prices]]
provider = "anthropic"
model = "small"
valid_from = 2026-01-01
currency = "USD"
input = "3"
output = "15.00"

[[token_prices]]
provider = "anthropic"
model = "small"
valid_from = "2026-06-01"
currency = "USD"
input = "2.5"
cached_input = "0.25"
output = "12"
reasoning = "13"
"#;

fn read(text: &str) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "default.toml", text);
    Settings::read(&sources(folder.path(), &[])).map_err(|error| error.to_string())
}

#[test]
fn prices_are_read_exactly_and_what_is_left_out_costs_as_the_rest() {
    let prices = read(TWO_PRICES).unwrap().token_prices;
    let at = |instant: &str| {
        let price = prices.at("anthropic", "small", instant.parse().unwrap());
        price.map(|price| {
            [
                price.input,
                price.cached_input,
                price.output,
                price.reasoning,
            ]
            .map(|p| p.to_string())
        })
    };
    assert_eq!(at("2025-12-31T00:00:00Z"), None);
    assert_eq!(at("2026-05-31T23:59:59Z").unwrap(), ["3", "3", "15", "15"]);
    assert_eq!(
        at("2026-06-01T00:00:00Z").unwrap(),
        ["2.5", "0.25", "12", "13"]
    );
    assert_eq!(*read("").unwrap().token_prices, PriceList::default());
}

#[test]
fn what_is_wrong_with_a_price_is_told() {
    for (from, to, expected) in [
        ("\"3\"", "3.0", "table 1: "),
        ("\"2.5\"", "\"-2.5\"", "-2.5"),
        ("\"2.5\"", "\"2.5e3\"", "table 2: "),
        ("reasoning", "thinking", "unknown field `thinking`"),
        (
            "\"2026-06-01\"",
            "\"2026-01-01\"",
            "two prices from 2026-01-01",
        ),
        ("\"USD\"", "\"usd\"", "ISO 4217"),
        ("output = \"12\"", "", "missing field `output`"),
    ] {
        let refused = read(&TWO_PRICES.replace(from, to)).unwrap_err();
        assert!(refused.contains("token_prices cannot be used"), "{refused}");
        assert!(refused.contains(expected), "{refused}");
    }
    let refused = read("token_prices = 3").unwrap_err();
    assert!(refused.contains("[[token_prices]]"), "{refused}");
}
