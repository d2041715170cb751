//! Random contents of packs, and a pack's rows as one who knows the format alone writes them.

use chrono::NaiveDate;
use entity::values::{Price, PriceAdjustment, Quantity, Rate};
use pricing::content::{Content, FxRow, PriceRow};
use proptest::{collection, option, prelude::*, sample, string::string_regex};
use serde_json::{Map, Value};

pub const SYMBOLS: [&str; 9] = [
    "AAPL", "BAM", "BRK.B", "BTI", "CNR", "EVO", "HHC", "NKE", "PYPL",
];
const CURRENCIES: [&str; 5] = ["CAD", "EUR", "GBP", "JPY", "USD"];

/// Up to 28 digits, with leading and trailing zeros as files have them; not zero.
fn positive_number() -> impl Strategy<Value = String> {
    string_regex(r"0{0,2}[1-9][0-9]{0,9}(\.[0-9]{1,15}0{0,2})?|0\.0{0,8}[1-9][0-9]{0,8}0{0,3}")
        .unwrap()
}

/// Any text but U+0000, which PostgreSQL cannot store.
fn source() -> impl Strategy<Value = String> {
    let awkward = sample::select(vec![
        "\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f}",
        r#"say "hi" \n, or 'no'"#,
        "Zürich 東京",
        "\u{2028}\u{2029}\u{feff}",
        "🪙🏳️‍🌈 e\u{301}",
        "</script>",
    ]);
    prop_oneof![
        "[a-z]{1,8}",
        awkward.prop_map(str::to_owned),
        string_regex("[^\u{0}]{1,12}").unwrap(),
    ]
}

fn price_row(symbol: &'static str) -> impl Strategy<Value = PriceRow> {
    let price = || positive_number().prop_map(|text| text.parse::<Price>().unwrap());
    let volume = prop_oneof![Just("0".to_owned()), positive_number()]
        .prop_map(|text| text.parse::<Quantity>().unwrap());
    let adjustment = sample::select(vec![
        PriceAdjustment::Raw,
        PriceAdjustment::Split,
        PriceAdjustment::TotalReturn,
    ]);
    let optional = (
        option::of(price()),
        option::of(price()),
        option::of(price()),
        option::of(volume),
        adjustment,
    );
    (price(), source(), optional).prop_map(
        move |(close, source, (open, high, low, volume, adjustment))| PriceRow {
            symbol: symbol.to_owned(),
            close,
            currency: "USD".to_owned(),
            open,
            high,
            low,
            volume,
            source,
            adjustment,
        },
    )
}

fn fx_row(base: &'static str, quote: &'static str) -> impl Strategy<Value = FxRow> {
    (positive_number(), source()).prop_map(move |(rate, source)| FxRow {
        base: base.to_owned(),
        quote: quote.to_owned(),
        rate: rate.parse::<Rate>().unwrap(),
        source,
    })
}

fn pairs() -> Vec<(&'static str, &'static str)> {
    let pairs = CURRENCIES
        .iter()
        .flat_map(|base| CURRENCIES.iter().map(|quote| (*base, *quote)));
    pairs.filter(|(base, quote)| base != quote).collect()
}

/// At least one price, in any order; all in USD.
pub fn contents() -> impl Strategy<Value = Content> {
    let prices = sample::subsequence(SYMBOLS.to_vec(), 1..=SYMBOLS.len())
        .prop_shuffle()
        .prop_flat_map(|symbols| symbols.into_iter().map(price_row).collect::<Vec<_>>());
    let fx_rates = sample::subsequence(pairs(), 0..=8)
        .prop_shuffle()
        .prop_flat_map(|pairs| {
            pairs
                .into_iter()
                .map(|(b, q)| fx_row(b, q))
                .collect::<Vec<_>>()
        });
    let date = (0..20_000_i32).prop_map(|days| {
        NaiveDate::from_ymd_opt(1990, 1, 1).unwrap() + chrono::Days::new(days.unsigned_abs().into())
    });
    (date, "[A-Z_]{1,10}", prices, fx_rates).prop_map(|(asof_date, policy, prices, fx_rates)| {
        Content {
            asof_date,
            policy,
            prices,
            fx_rates,
        }
    })
}

/// Several contents, for work that has to be set up once for all.
pub fn many_contents(count: usize) -> Vec<Content> {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = collection::vec(contents(), count);
    strategy.new_tree(&mut runner).unwrap().current()
}

fn object(members: &[(&str, Option<String>)]) -> String {
    let present = members
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let object: Map<String, Value> = present
        .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
        .collect();
    Value::Object(object).to_string()
}

pub fn header_line(content: &Content) -> String {
    object(&[
        ("kind", Some("pack".to_owned())),
        ("format", Some("1".to_owned())),
        (
            "asof",
            Some(content.asof_date.format("%Y-%m-%d").to_string()),
        ),
        ("policy", Some(content.policy.clone())),
    ])
}

/// Prices with zeros around them, for the reader to bring to their canonical form.
pub fn price_lines(content: &Content, kind: Option<&str>) -> Vec<String> {
    let padded = |number: String| {
        let point = if number.contains('.') { "" } else { "." };
        format!("0{number}{point}00")
    };
    let line = |row: &PriceRow| {
        let adjustment = match row.adjustment {
            PriceAdjustment::Raw => None,
            PriceAdjustment::Split => Some("split".to_owned()),
            PriceAdjustment::TotalReturn => Some("total_return".to_owned()),
        };
        object(&[
            ("kind", kind.map(str::to_owned)),
            ("symbol", Some(row.symbol.clone())),
            ("currency", Some(row.currency.clone())),
            ("close", Some(padded(row.close.to_string()))),
            ("open", row.open.map(|price| padded(price.to_string()))),
            ("high", row.high.map(|price| padded(price.to_string()))),
            ("low", row.low.map(|price| padded(price.to_string()))),
            (
                "volume",
                row.volume.map(|volume| padded(volume.to_string())),
            ),
            ("source", Some(row.source.clone())),
            ("adjustment", adjustment),
        ])
    };
    content.prices.iter().map(line).collect()
}

pub fn fx_lines(content: &Content, kind: Option<&str>) -> Vec<String> {
    let line = |row: &FxRow| {
        object(&[
            ("kind", kind.map(str::to_owned)),
            ("base", Some(row.base.clone())),
            ("quote", Some(row.quote.clone())),
            ("rate", Some(row.rate.to_string())),
            ("source", Some(row.source.clone())),
        ])
    };
    content.fx_rates.iter().map(line).collect()
}
