use proptest::prelude::*;

use super::postgres;
use crate::{Address, Parts, address::text::encode};

/// Any text that a server could know something by.
fn name() -> impl Strategy<Value = String> {
    r"\PC{1,20}"
}

fn shown(address: &crate::PostgresAddress) -> String {
    format!("{:?}", address.options(&address.hosts()[0]))
}

/// One change to a text, as a slip of the hand makes it.
#[derive(Clone, Debug)]
enum Slip {
    Insert(usize, char),
    Remove(usize, usize),
    Replace(usize, char),
    Repeat(usize, usize),
}

fn slip() -> impl Strategy<Value = Slip> {
    let character = || {
        prop_oneof![
            3 => proptest::sample::select("/?#@:&=%,;+[] \n\\'\"".chars().collect::<Vec<_>>()),
            1 => any::<char>(),
        ]
    };
    let place = 0_usize..120;
    prop_oneof![
        (place.clone(), character()).prop_map(|(at, c)| Slip::Insert(at, c)),
        (place.clone(), 1_usize..4).prop_map(|(at, length)| Slip::Remove(at, length)),
        (place.clone(), character()).prop_map(|(at, c)| Slip::Replace(at, c)),
        (place, 1_usize..40).prop_map(|(at, length)| Slip::Repeat(at, length)),
    ]
}

fn apply(url: &str, slip: &Slip) -> String {
    let mut chars: Vec<char> = url.chars().collect();
    let length = chars.len();
    match *slip {
        Slip::Insert(at, c) => chars.insert(at % length, c),
        Slip::Remove(at, count) => {
            let at = at % length;
            chars.drain(at..(at + count).min(length));
        }
        Slip::Replace(at, c) => chars[at % length] = c,
        Slip::Repeat(at, count) => {
            let at = at % length;
            let copy = chars[at..(at + count).min(length)].to_vec();
            chars.splice(at..at, copy);
        }
    }
    chars.into_iter().collect()
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back(user in name(), password in name(), database in name()) {
        let url = format!(
            "postgres://{}:{}@h/{}",
            encode(&user), encode(&password), encode(&database),
        );
        let address = postgres(&url);
        prop_assert_eq!(address.user(), Some(user.as_str()));
        prop_assert_eq!(address.database(), Some(database.as_str()));
        let as_password = format!("password: Some({password:?})");
        prop_assert!(shown(&address).contains(&as_password));

        let parts = Parts {
            host: "h".to_owned(),
            user: Some(user),
            password: Some(password),
            name: Some(database),
            ..Parts::default()
        };
        prop_assert_eq!(postgres(&parts.url()), address);
    }

    #[test]
    fn no_error_quotes_a_secret(
        secret in "[A-Za-z0-9+=!]{4}[A-Z][a-z]{3}[0-9]{4}",
        form in 0_usize..4,
        slips in proptest::collection::vec(slip(), 1..3),
    ) {
        let url = [
            format!("postgres://tally:{secret}@db.example:5433/books?sslmode=require"),
            format!("postgresql://h1,h2/books?user=tally&password={secret}&sslmode=require"),
            format!("postgresql:///books?sslmode=require&password={secret}&host=/run"),
            format!("postgres://:{secret}@[::1]/books"),
        ][form].clone();
        let wrong = slips.iter().fold(url, |url, slip| apply(&url, slip));
        if let Err(error) = Address::parse(&wrong) {
            let text = format!("{error} {error:?}");
            prop_assert!(!text.contains(&secret), "{wrong:?}: {text}");
        }
    }

    #[test]
    fn nothing_shown_of_an_address_holds_its_password(secret in "[A-Z][a-z]{6}[0-9]{4}") {
        for url in [
            format!("postgres://tally:{secret}@db.example/books"),
            format!("postgres://db.example/books?user=tally&password={secret}"),
        ] {
            let address = Address::parse(&url).unwrap();
            let shown = format!("{address} {address:?} {:?}", address.postgres().unwrap().hosts());
            prop_assert!(!shown.contains(&secret));
            prop_assert!(shown.contains("tally@db.example:5432/books"), "{}", shown);
        }
    }
}
