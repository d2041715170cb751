use std::sync::mpsc;

use proptest::prelude::*;

use super::*;

/// Of `password` with the salt `somesaltsomesalt`, by argon2-cffi, the reference implementation.
const TODAYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
    $K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE";
const OF_LESS_MEMORY: &str = "$argon2id$v=19$m=9728,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
    $YIKN8g7V+sruGBlbq9p8RRq2JiOq2SxNT3fiKGmY/S4";
const OF_ANOTHER_KIND: &str = "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA\
    $8pDKuQWnVyn1WubqZygCiwFvgGZldOecJANYh9ZnKbA";

fn password(text: &str) -> Password {
    text.to_owned().into()
}

#[tokio::test]
async fn hashes_of_the_reference_implementation_are_read() {
    let passwords = Passwords::default();
    for (hash, needs_rehash) in [
        (TODAYS, false),
        (OF_LESS_MEMORY, true),
        (OF_ANOTHER_KIND, true),
    ] {
        for (text, matches) in [("password", true), ("Password", false), ("", false)] {
            let verified = passwords.verify(&password(text), Some(hash)).await.unwrap();
            let expected = Verified {
                matches,
                needs_rehash,
            };
            assert_eq!(verified, expected, "{text} against {hash}");
        }
    }
}

#[tokio::test]
async fn a_password_matches_its_own_hash_alone_and_no_two_hashes_are_alike() {
    let passwords = Passwords::new(1);
    let mine = password("wet paint, dry wit");
    let hash = passwords.hash(&mine).await.unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert_ne!(hash, passwords.hash(&mine).await.unwrap());
    let verified = passwords.verify(&mine, Some(&hash)).await.unwrap();
    assert!(verified.matches && !verified.needs_rehash);
    let other = password("wet paint, dry wit ");
    let verified = passwords.verify(&other, Some(&hash)).await.unwrap();
    assert!(!verified.matches);
}

#[tokio::test]
async fn without_a_hash_nothing_matches() {
    let passwords = Passwords::default();
    let verified = passwords.verify(&password("password"), None).await;
    assert!(!verified.unwrap().matches);
}

#[tokio::test]
async fn what_is_no_hash_is_said_to_be_none() {
    let passwords = Passwords::default();
    for text in [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=19456",
    ] {
        let answer = passwords.verify(&password("password"), Some(text)).await;
        assert!(matches!(answer, Err(Error::UnreadableHash)), "{text}");
    }
}

#[tokio::test]
async fn who_finds_the_queue_full_is_sent_away() {
    let passwords = Passwords::new(1);
    let places = u32::try_from(1 + WAITING_FOR_EACH).unwrap();
    let full = passwords.admitted.acquire_many(places).await.unwrap();
    let answer = passwords.hash(&password("password")).await;
    assert!(matches!(answer, Err(Error::Overloaded)));
    drop(full);
    passwords.hash(&password("password")).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_leaves_lets_no_other_thread_start() {
    let passwords = Passwords::new(1);
    let (finish, finished) = mpsc::channel::<()>();
    let work = passwords.run(move || {
        finished.recv().unwrap();
        Ok(())
    });
    let started = tokio::time::timeout(std::time::Duration::from_millis(20), work).await;
    started.unwrap_err();
    assert_eq!(passwords.working.available_permits(), 0);
    finish.send(()).unwrap();
    passwords.hash(&password("password")).await.unwrap();
}

#[test]
fn a_password_is_shown_nowhere() {
    assert_eq!(format!("{:?}", password("hunter2")), "Password(…)");
}

#[test]
fn what_everybody_takes_is_refused() {
    for common in [
        "password",
        "Password1",
        "12345678",
        "123456789",
        "qwertyuiop",
        "trustno1",
        "iloveyou",
        "sunshine2024",
        "P@ssw0rd!",
        "Admin1234",
        "Welcome1!",
        "letmein!!",
        "aaaaaaaaaaaa",
        "tallystick",
        "Tallystick2026",
        "Tallystick!",
    ] {
        let refused = check_strength(common, "ada@example.org", "Ada Lovelace");
        assert_eq!(refused, Err(WeakPassword::Common), "{common}");
    }
}

#[test]
fn what_takes_long_to_guess_is_taken() {
    for good in [
        "correct horse battery staple",
        "kettle-moss-41",
        "vN3kQpzR",
        "übergrößenträger",
    ] {
        assert_eq!(
            check_strength(good, "ada@example.org", "Ada Lovelace"),
            Ok(())
        );
    }
}

#[test]
fn ones_own_name_is_refused() {
    let (email, name) = ("lovelace.ada99@example.org", "Augusta Ada King");
    for own in [
        "lovelace.ada99@example.org",
        "LOVELACE.ADA99@EXAMPLE.ORG",
        "lovelace.ada99",
        "Lovelace.Ada",
        "lovelace.ada1852",
        "Augusta Ada King",
        "augustaadaking",
        "AugustaAdaKing1815",
    ] {
        let refused = check_strength(own, email, name);
        assert_eq!(refused, Err(WeakPassword::OwnName), "{own}");
    }
    let of_digits = check_strength("kettle-moss-41", "4711@example.org", "");
    assert_eq!(of_digits, Ok(()));
}

#[test]
fn the_length_is_counted_in_characters() {
    let of = |length| "äé1ß€x".chars().cycle().take(length).collect::<String>();
    assert_eq!(check_strength(&of(7), "", ""), Err(WeakPassword::TooShort));
    assert_ne!(check_strength(&of(8), "", ""), Err(WeakPassword::TooShort));
    assert_ne!(check_strength(&of(128), "", ""), Err(WeakPassword::TooLong));
    assert_eq!(check_strength(&of(129), "", ""), Err(WeakPassword::TooLong));
}

#[test]
fn random_passwords_differ_and_are_strong() {
    let (one, other) = (Password::random().unwrap(), Password::random().unwrap());
    assert_ne!(one.expose(), other.expose());
    assert_eq!(one.expose().len(), 24);
    assert_eq!(
        check_strength(one.expose(), "ada@example.org", "Ada"),
        Ok(())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_text_is_judged(text in ".{0,140}", email in ".{0,40}", name in ".{0,40}") {
        let length = text.chars().count();
        let judged = check_strength(&text, &email, &name);
        prop_assert_eq!(length < 8, judged == Err(WeakPassword::TooShort));
        prop_assert_eq!(length > 128, judged == Err(WeakPassword::TooLong));
    }
}
