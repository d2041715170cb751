use proptest::prelude::*;

use super::*;
use crate::Scope;

#[test]
fn a_token_is_42_characters_of_which_six_check_the_rest() {
    let token = ApiToken::generate().unwrap();
    let text = token.expose();
    assert_eq!(text.len(), 42);
    assert!(text.starts_with("tsk_"));
    assert!(text[4..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(ApiToken::parse(text), Ok(token.clone()));
    assert_ne!(ApiToken::generate().unwrap(), token);
}

#[test]
fn the_checksum_is_crc_32_in_base_62() {
    // zlib.crc32 of the first 36 characters is 0xc8a3becb, in base 62 with six digits 3fo7jf.
    let text = "tsk_0123456789ABCDEFGHIJKLMNOPQRSTUV3fo7jf";
    let token = ApiToken::parse(text).unwrap();
    // hashlib.sha256 of all of it.
    assert_eq!(
        token.hash(),
        "144d5dc60da47e006f193be284e14796380140d3f70b631d36a869397ec016e3"
    );
    assert_eq!(token.prefix(), "tsk_012345");
}

#[test]
fn a_token_is_shown_nowhere() {
    let token = ApiToken::generate().unwrap();
    let shown = format!("{token:?}");
    assert_eq!(shown, format!("ApiToken({}…)", token.prefix()));
    assert!(!shown.contains(&token.expose()[10..]));
}

#[test]
fn random_characters_are_even() {
    let mut counts = std::collections::BTreeMap::<u8, u32>::new();
    for _ in 0..1_000 {
        for byte in ApiToken::generate().unwrap().expose()[4..36].bytes() {
            *counts.entry(byte).or_default() += 1;
        }
    }
    // 32,000 over 62: 516 each, with a standard deviation of 22.5. A plain remainder of a byte would
    // give eight of them 625.
    assert_eq!(counts.len(), 62);
    assert!(
        counts.values().all(|count| (366..=666).contains(count)),
        "{counts:?}"
    );
    let of_first: u32 = crate::random::BASE62[..8].iter().map(|c| counts[c]).sum();
    assert!((3_700..=4_560).contains(&of_first), "{of_first}");
}

proptest! {
    #[test]
    fn any_changed_character_is_refused(
        place in any::<prop::sample::Index>(), letter in "[ -~é]",
    ) {
        let token = ApiToken::generate().unwrap();
        let mut text = token.expose().to_owned();
        let place = place.index(text.len());
        text.replace_range(place..=place, &letter);
        prop_assume!(text != token.expose());
        prop_assert_eq!(ApiToken::parse(&text), Err(NotAToken));
    }

    #[test]
    fn another_length_is_refused(length in 0_usize..42, more in "\\PC{1,9}") {
        let token = ApiToken::generate().unwrap();
        let longer = format!("{}{more}", token.expose());
        let shifted = format!("{more}{}", token.expose());
        for text in [&token.expose()[..length], &longer, &shifted] {
            prop_assert_eq!(ApiToken::parse(text), Err(NotAToken));
        }
    }

    #[test]
    fn any_text_is_refused(text in "(tsk_)?\\PC{0,80}") {
        prop_assert!(ApiToken::parse(&text).is_err());
    }

    #[test]
    fn scopes_are_read_as_they_are_written(bits in proptest::collection::vec(0_usize..8, 0..8)) {
        let scopes: Scopes = bits.into_iter().map(|bit| Scope::ALL[bit]).collect();
        prop_assert_eq!(scopes.to_string().parse::<Scopes>().unwrap(), scopes);
        let json = serde_json::to_string(&scopes).unwrap();
        prop_assert_eq!(serde_json::from_str::<Scopes>(&json).unwrap(), scopes);
    }
}

#[test]
fn scopes_include_what_they_must_and_no_more() {
    for given in Scope::ALL {
        for wanted in Scope::ALL {
            let expected = given == wanted
                || given == Scope::Admin
                || (given, wanted) == (Scope::BooksWrite, Scope::BooksRead);
            assert_eq!(
                Scopes::from(given).allow(wanted),
                expected,
                "{given}, {wanted}"
            );
        }
        assert!(!Scopes::NONE.allow(given));
    }
    let write = Scopes::from(Scope::BooksWrite);
    assert!(write.include(Scopes::from(Scope::BooksRead)));
    assert!(!Scopes::from(Scope::BooksRead).include(write));
    let error = "books:read books:delete".parse::<Scopes>().unwrap_err();
    assert!(error.to_string().contains("`books:delete`"));
}
