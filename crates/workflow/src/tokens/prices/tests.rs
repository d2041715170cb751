use chrono::{DateTime, NaiveDate, Utc};

use super::{PriceList, PriceListError, TokenPrice};
use crate::tokens::{Tokens, cost::cost};

fn price(valid_from: &str, input: &str) -> TokenPrice {
    TokenPrice {
        provider: "anthropic".to_owned(),
        model: "small".to_owned(),
        valid_from: valid_from.parse::<NaiveDate>().unwrap(),
        currency: "USD".to_owned(),
        input: input.parse().unwrap(),
        cached_input: "0.3".parse().unwrap(),
        output: "15".parse().unwrap(),
        reasoning: "20".parse().unwrap(),
    }
}

fn at(instant: &str) -> DateTime<Utc> {
    instant.parse().unwrap()
}

#[test]
fn the_newest_price_that_has_begun_counts() {
    let list = PriceList::new(vec![price("2026-03-01", "2"), price("2026-01-01", "3")]).unwrap();
    let input = |instant: &str| {
        let price = list.at("anthropic", "small", at(instant));
        price.map(|price| price.input.to_string())
    };
    assert_eq!(input("2025-12-31T23:59:59Z"), None);
    assert_eq!(input("2026-01-01T00:00:00Z").as_deref(), Some("3"));
    assert_eq!(input("2026-02-28T23:59:59Z").as_deref(), Some("3"));
    assert_eq!(input("2026-03-01T00:00:00Z").as_deref(), Some("2"));
    assert_eq!(
        list.at("anthropic", "large", at("2026-03-01T00:00:00Z")),
        None
    );
    assert_eq!(list.at("openai", "small", at("2026-03-01T00:00:00Z")), None);
}

#[test]
fn each_kind_of_token_has_its_price_and_no_digit_is_lost() {
    let tokens = Tokens {
        input: 1_000,
        cached_input: 400,
        output: 700,
        reasoning: 500,
    };
    // (600 · 3 + 400 · 0.3 + 200 · 15 + 500 · 20) / 1,000,000
    let computed = cost(&price("2026-01-01", "3"), tokens).unwrap();
    assert_eq!(computed.to_string(), "0.01492");

    let odd = price("2026-01-01", "0.12345679");
    let one = Tokens {
        input: 1,
        ..Tokens::default()
    };
    assert_eq!(cost(&odd, one).unwrap().to_string(), "0.00000012345679");
    let most = Tokens {
        input: 1_000_000_000,
        ..Tokens::default()
    };
    let dear = price("2026-01-01", "999999.99999999");
    assert_eq!(cost(&dear, most).unwrap().to_string(), "999999999.99999");
}

#[test]
fn a_list_that_can_be_read_in_two_ways_is_refused() {
    let twice = PriceList::new(vec![price("2026-01-01", "3"), price("2026-01-01", "2")]);
    assert!(
        matches!(twice, Err(PriceListError::Twice { .. })),
        "{twice:?}"
    );
    for wrong in ["-1", "1000000", "0.123456789"] {
        let refused = PriceList::new(vec![price("2026-01-01", wrong)]);
        assert!(
            matches!(refused, Err(PriceListError::Price { .. })),
            "{wrong}"
        );
    }
    let shells = TokenPrice {
        currency: "shells".to_owned(),
        ..price("2026-01-01", "3")
    };
    let refused = PriceList::new(vec![shells]);
    assert!(
        matches!(refused, Err(PriceListError::Currency { .. })),
        "{refused:?}"
    );
}
