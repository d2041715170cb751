use proptest::prelude::*;

use super::normal_email;

#[test]
fn addresses_are_kept_in_lower_case() {
    for (typed, kept) in [
        ("Ada@Example.ORG", "ada@example.org"),
        ("owner@localhost", "owner@localhost"),
        ("ÄDA+tag@exämple.org", "äda+tag@exämple.org"),
    ] {
        assert_eq!(normal_email(typed).unwrap(), kept);
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let long = format!("{}@example.org", "a".repeat(243));
    for text in [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "a@b@c",
        "ada lovelace@example.org",
        "ada@exa\tmple",
        " ada@example.org",
        "ada@example.org\n",
        "ada\0@example.org",
        &long,
    ] {
        normal_email(text).unwrap_err();
    }
    normal_email(&long[1..]).unwrap();
}

proptest! {
    #[test]
    fn a_kept_address_is_kept_as_it_is(text in "\\PC{1,20}@\\PC{1,20}") {
        if let Ok(kept) = normal_email(&text) {
            prop_assert_eq!(normal_email(&kept).unwrap(), kept);
        }
    }
}
