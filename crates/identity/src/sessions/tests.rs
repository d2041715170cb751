use std::net::IpAddr;

use proptest::prelude::*;

use super::{
    RefreshToken,
    throttle::{of_account, of_address, wait_after},
};

#[test]
fn a_refresh_token_is_47_characters() {
    let token = RefreshToken::generate().unwrap();
    assert_eq!(token.expose().len(), 47);
    assert_eq!(RefreshToken::parse(token.expose()), Ok(token.clone()));
    assert_ne!(RefreshToken::generate().unwrap(), token);
    assert_eq!(format!("{token:?}"), "RefreshToken(…)");
}

#[test]
fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
    let waits = (4..=16).map(|failures| wait_after(failures, 5).map(|wait| wait.num_seconds()));
    let expected = [
        None,
        Some(1),
        Some(2),
        Some(4),
        Some(8),
        Some(16),
        Some(32),
        Some(64),
        Some(128),
        Some(256),
        Some(512),
        Some(900),
        Some(900),
    ];
    assert_eq!(waits.collect::<Vec<_>>(), expected);
    assert_eq!(wait_after(i64::MAX, 5).unwrap().num_seconds(), 900);
}

#[test]
fn an_address_of_ipv6_counts_with_its_network() {
    let subject = |text: &str| of_address(text.parse::<IpAddr>().unwrap());
    assert_eq!(subject("192.0.2.7"), "address:192.0.2.7");
    assert_eq!(subject("::ffff:192.0.2.7"), "address:192.0.2.7");
    assert_eq!(subject("2001:db8:1:2:3:4:5:6"), "address:2001:db8:1:2::/64");
    assert_eq!(subject("2001:db8:1:2::"), subject("2001:db8:1:2:ffff::1"));
    assert_ne!(subject("2001:db8:1:2::"), subject("2001:db8:1:3::"));
}

#[test]
fn an_account_counts_however_it_is_typed() {
    assert_eq!(of_account("Ada@Example.org"), "account:ada@example.org");
    assert_ne!(of_account("no body"), of_account("nobody"));
}

#[test]
fn what_is_no_address_counts_without_being_kept() {
    let long = "x".repeat(9_999);
    for typed in ["no\0body", "my password", &long] {
        let subject = of_account(typed);
        assert_eq!(subject.len(), "account:".len() + 64);
        assert!(subject.is_ascii() && !subject.contains(typed));
    }
}

proptest! {
    #[test]
    fn any_changed_character_leaves_no_refresh_token_or_another(
        place in any::<prop::sample::Index>(), letter in "[ -~é]",
    ) {
        let token = RefreshToken::generate().unwrap();
        let mut text = token.expose().to_owned();
        let place = place.index(text.len());
        text.replace_range(place..=place, &letter);
        prop_assume!(text != token.expose());
        if let Ok(other) = RefreshToken::parse(&text) {
            prop_assert_ne!(other.hash(), token.hash());
        }
    }

    #[test]
    fn other_text_is_no_refresh_token(text in "(tsr_)?\\PC{0,42}") {
        prop_assert!(RefreshToken::parse(&text).is_err());
    }
}
