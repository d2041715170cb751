//! Conversions between currencies. The figures are those of Python's `decimal`, with
//! `Context(prec=28).create_decimal(n / d)`, and where that has more than 28 decimals,
//! `(n / d).quantize(Decimal("1E-28"))`; both half to even, and `n / d` to 60 digits.

use entity::values::PackStatus;
use pricing::{
    Error,
    content::{Content, FxRow},
    load::Format,
    packs::{self, NewPack},
    quotes::{self, Quotes},
};

use crate::{create, date, load_fx_rates, mark_fresh, python::python};

const DOLLARS: [(&str, &str, &str); 4] = [
    ("EUR", "USD", "1.0937"),
    ("USD", "CAD", "1.3712"),
    ("USD", "JPY", "149.87"),
    ("GBP", "USD", "1.2651"),
];

fn quotes(policy: &str, rates: &[(&str, &str, &str)]) -> Quotes {
    let row = |(base, quote, rate): &(&str, &str, &str)| FxRow {
        base: (*base).to_owned(),
        quote: (*quote).to_owned(),
        rate: rate.parse().unwrap(),
        source: "test".to_owned(),
    };
    Quotes::from_content(&Content {
        asof_date: date("2025-10-21"),
        policy: policy.to_owned(),
        prices: Vec::new(),
        fx_rates: rates.iter().map(row).collect(),
    })
}

/// The rate, and the path where it is named.
fn asked(quotes: &Quotes, from: &str, to: &str) -> Option<(String, String)> {
    let conversion = quotes.conversion(from, to)?;
    let path = conversion.path.map(|path| path.join(" "));
    Some((conversion.rate.to_string(), path.unwrap_or_default()))
}

fn known(rate: &str, path: &str) -> (String, String) {
    (rate.to_owned(), path.to_owned())
}

#[test]
fn two_currencies_without_a_rate_are_converted_through_the_pivot() {
    let quotes = quotes("WM4PM_CAD", &DOLLARS);
    for (from, to, rate) in [
        ("EUR", "CAD", "1.49968144"),
        ("CAD", "EUR", "0.6668082789635644220548598641"),
        ("EUR", "JPY", "163.912819"),
        ("JPY", "CAD", "0.0091492626943350904116901314"),
        ("GBP", "EUR", "1.156715735576483496388406327"),
        ("JPY", "EUR", "0.006100804110995126012688489"),
    ] {
        let path = format!("{from} USD {to}");
        assert_eq!(
            asked(&quotes, from, to),
            Some(known(rate, &path)),
            "{from} {to}"
        );
        assert_eq!(
            quotes.rate(from, to).map(|rate| rate.to_string()),
            Some(rate.to_owned())
        );
    }
    assert_eq!(asked(&quotes, "EUR", "USD"), Some(known("1.0937", "")));
    assert_eq!(
        asked(&quotes, "CAD", "USD"),
        Some(known("0.7292882147024504084014002334", ""))
    );
    assert_eq!(asked(&quotes, "CHF", "CHF"), Some(known("1", "")));
}

#[test]
fn a_rate_of_the_pack_wins_over_its_inverse_and_that_over_the_pivot() {
    let mut rates = DOLLARS.to_vec();
    rates.push(("CAD", "EUR", "0.66"));
    let with_inverse = quotes("WM4PM_CAD", &rates);
    assert_eq!(
        asked(&with_inverse, "EUR", "CAD"),
        Some(known("1.515151515151515151515151515", ""))
    );
    rates.push(("EUR", "CAD", "1.51"));
    let with_both = quotes("WM4PM_CAD", &rates);
    assert_eq!(asked(&with_both, "EUR", "CAD"), Some(known("1.51", "")));
    assert_eq!(asked(&with_both, "CAD", "EUR"), Some(known("0.66", "")));

    // Of a step through the pivot too.
    rates.push(("CAD", "USD", "0.7"));
    let steps = quotes("WM4PM_CAD", &rates);
    assert_eq!(
        asked(&steps, "CAD", "JPY"),
        Some(known("104.909", "CAD USD JPY"))
    );
}

#[test]
fn a_missing_rate_is_none_and_no_two_pivots_are_chained() {
    let dollars = quotes("WM4PM_CAD", &DOLLARS);
    for (from, to) in [
        ("CHF", "CAD"),
        ("CAD", "CHF"),
        ("CHF", "USD"),
        ("USD", "CHF"),
    ] {
        assert_eq!(asked(&dollars, from, to), None, "{from} {to}");
    }
    let chain = [
        ("CHF", "EUR", "1.05"),
        ("EUR", "USD", "1.1"),
        ("USD", "CAD", "1.4"),
    ];
    assert_eq!(asked(&quotes("WM4PM_CAD", &chain), "CHF", "CAD"), None);
}

#[test]
fn the_policy_says_the_pivot() {
    let rates = [("EUR", "USD", "1.0937"), ("EUR", "CAD", "1.4997")];
    let euros = quotes("ECB_VIA_EUR", &rates);
    assert_eq!(euros.pivot, "EUR");
    assert_eq!(
        asked(&euros, "USD", "CAD"),
        Some(known("1.371216969918624851421779281", "USD EUR CAD"))
    );
    assert_eq!(asked(&quotes("ECB", &rates), "USD", "CAD"), None);
}

/// Random rates, as Python's `decimal` converts by them.
#[test]
fn computed_rates_are_those_of_pythons_decimal() {
    const SCRIPT: &str = "
import decimal, sys
decimal.getcontext().prec = 200
for line in sys.stdin:
    dividend, divisor = decimal.Decimal(1), decimal.Decimal(1)
    for leg in line.split():
        if leg[0] == '*': dividend *= decimal.Decimal(leg[1:])
        else: divisor *= decimal.Decimal(leg[1:])
    exact = dividend / divisor
    rate = decimal.Context(prec=28).create_decimal(exact)
    if rate.as_tuple().exponent < -28: rate = exact.quantize(decimal.Decimal('1E-28'))
    text = format(rate, 'f')
    print((text.rstrip('0').rstrip('.') if '.' in text else text) or '0')
";
    let cases = random_legs(3_000);
    let input: Vec<String> = cases.iter().map(|legs| legs.join(" ")).collect();
    let Some(answer) = python(&["-c", SCRIPT], (input.join("\n") + "\n").as_bytes()) else {
        return;
    };
    assert!(answer.status.success(), "{answer:?}");
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert_eq!(answer.lines().count(), cases.len());
    for (legs, expected) in cases.iter().zip(answer.lines()) {
        let rate = |leg: &String, one: (&'static str, &'static str)| {
            let (from, to) = if leg.starts_with('*') {
                one
            } else {
                (one.1, one.0)
            };
            (from, to, leg[1..].to_owned())
        };
        let steps = [("EUR", "USD"), ("USD", "CAD")];
        let rates: Vec<_> = legs
            .iter()
            .zip(steps)
            .map(|(leg, step)| rate(leg, step))
            .collect();
        let rates: Vec<_> = rates.iter().map(|(b, q, r)| (*b, *q, r.as_str())).collect();
        let to = steps[legs.len() - 1].1;
        let found = quotes("P", &rates)
            .rate("EUR", to)
            .map(|rate| rate.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{legs:?}");
    }
}

/// One or two legs, `*` for a rate that is written the way of the path and `/` for one that is not.
fn random_legs(count: usize) -> Vec<Vec<String>> {
    use proptest::{collection, prelude::*, strategy::ValueTree, string::string_regex};
    let rate = string_regex(r"[1-9][0-9]{0,3}(\.[0-9]{1,20}[1-9])?|0\.0{0,3}[1-9][0-9]{0,18}[1-9]");
    let leg = (proptest::bool::ANY, rate.unwrap())
        .prop_map(|(written, rate)| format!("{}{rate}", if written { '*' } else { '/' }));
    let legs = collection::vec(leg, 1..=2).prop_map(|legs| {
        if legs.len() == 1 {
            vec![legs[0].replace('*', "/")]
        } else {
            legs
        }
    });
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    collection::vec(legs, count)
        .new_tree(&mut runner)
        .unwrap()
        .current()
}

testkit::on_both_engines! {
    async fn a_stored_packs_quotes_have_its_policys_pivot(db) {
        let ctx = db.ctx().await;
        let new = |policy: &str| NewPack {
            asof_date: date("2025-10-21"),
            policy: Some(policy.to_owned()),
            ..NewPack::default()
        };
        let refusal = create(&ctx, new("ECB_VIA_GOLD")).await.unwrap_err();
        assert!(matches!(refusal, Error::Invalid { field: "/policy", .. }), "{refusal}");
        let pack = create(&ctx, new("ECB_VIA_EUR")).await.unwrap();
        let rates = "base,quote,rate\nEUR,USD,1.0937\nEUR,CAD,1.4997\n";
        load_fx_rates(&ctx, &pack.id, Format::Csv, rates).await.unwrap();
        let pack = mark_fresh(&ctx, &pack.id).await.unwrap();
        assert_eq!(pack.status, PackStatus::Fresh);
        let found = packs::find(&ctx, ctx.database.reader(), "PP_2025-10-21_ECB_VIA_EUR").await;
        let read = quotes::load(&ctx, ctx.database.reader(), &found.unwrap()).await.unwrap();
        assert_eq!(
            asked(&read, "USD", "CAD"),
            Some(known("1.371216969918624851421779281", "USD EUR CAD"))
        );
    }
}
