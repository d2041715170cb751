//! The head in a file: signed, written whole, never taken back.

use std::{fs, path::Path};

use chrono::{DateTime, Utc};
use identity::audit::{self, FileError, Head, Kept, SignatureError, SignedHead, Signer};
use sha2::{Digest, Sha256};

fn instant() -> DateTime<Utc> {
    "2026-11-21T12:00:00.5Z".parse().unwrap()
}

fn head(seq: i64, digit: &str) -> Head {
    Head {
        seq,
        hash: digit.repeat(64),
    }
}

fn unsigned(seq: i64, digit: &str) -> SignedHead {
    SignedHead::new(head(seq, digit), instant(), None)
}

/// Stands in for a key: what is signed is what is hashed.
fn sign(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn signed(seq: i64, digit: &str) -> SignedHead {
    let signer = Signer {
        kid: "key-1",
        sign: &sign,
    };
    SignedHead::new(head(seq, digit), instant(), Some(&signer))
}

fn is_right(kid: &str, bytes: &[u8], signature: &[u8]) -> bool {
    kid == "key-1" && sign(bytes) == signature
}

fn is_all_that_lies_beside(path: &Path) -> bool {
    fs::read_dir(path.parent().unwrap()).unwrap().count() == 1
}

#[test]
fn what_is_signed_is_the_canonical_form_of_all_that_the_head_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.json");
    audit::keep(&path, &signed(7, "a")).unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    let read = audit::read(&path).unwrap();
    let checked = read.check_signature(|kid, bytes, signature| {
        *seen.borrow_mut() = bytes.to_vec();
        is_right(kid, bytes, signature)
    });
    checked.unwrap();
    let expected = format!(
        r#"{{"at":"2026-11-21T12:00:00.500000Z","hash":"{}","kid":"key-1","seq":7}}"#,
        "a".repeat(64)
    );
    assert_eq!(String::from_utf8(seen.into_inner()).unwrap(), expected);
}

#[test]
fn a_head_that_was_changed_is_not_taken_for_signed() {
    let good = signed(7, "a");
    let wrong = SignatureError::Wrong {
        kid: "key-1".to_owned(),
    };
    for change in [
        (|head: &mut SignedHead| head.head.seq = 6) as fn(&mut SignedHead),
        |head| head.head.hash = "b".repeat(64),
        |head| head.at += chrono::TimeDelta::microseconds(1),
        |head| head.signature.as_mut().unwrap().signature[0] ^= 1,
    ] {
        let mut changed = good.clone();
        change(&mut changed);
        assert_eq!(changed.check_signature(is_right), Err(wrong.clone()));
    }
    let mut foreign = good;
    foreign.signature.as_mut().unwrap().kid = "key-2".to_owned();
    assert!(foreign.check_signature(is_right).is_err());
    let bare = unsigned(7, "a");
    assert_eq!(bare.check_signature(is_right), Err(SignatureError::Missing));
}

#[test]
fn a_file_comes_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    for head in [unsigned(7, "a"), signed(8, "b")] {
        let path = folder.path().join("new/folder/head.json");
        assert_eq!(audit::keep(&path, &head).unwrap(), Kept::Written);
        assert_eq!(audit::read(&path).unwrap(), head);
        assert!(is_all_that_lies_beside(&path), "nothing else is left there");
    }
}

#[test]
fn a_head_only_goes_forward() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.json");
    audit::keep(&path, &unsigned(7, "a")).unwrap();
    let there = fs::read(&path).unwrap();

    assert_eq!(
        audit::keep(&path, &unsigned(7, "a")).unwrap(),
        Kept::AlreadyThere
    );
    let behind = audit::keep(&path, &unsigned(6, "a")).unwrap_err();
    assert!(
        matches!(
            behind,
            FileError::Behind {
                kept: 7,
                now: 6,
                ..
            }
        ),
        "{behind}"
    );
    let differs = audit::keep(&path, &unsigned(7, "b")).unwrap_err();
    assert!(
        matches!(differs, FileError::Differs { seq: 7, .. }),
        "{differs}"
    );
    assert_eq!(fs::read(&path).unwrap(), there);

    assert_eq!(
        audit::keep(&path, &signed(7, "a")).unwrap(),
        Kept::Written,
        "now it is signed"
    );
    assert_eq!(
        audit::keep(&path, &unsigned(7, "a")).unwrap(),
        Kept::AlreadyThere
    );
    assert_eq!(
        audit::keep(&path, &unsigned(8, "b")).unwrap(),
        Kept::Written
    );
    assert_eq!(audit::read(&path).unwrap(), unsigned(8, "b"));
}

#[test]
fn a_file_of_something_else_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.json");
    fs::write(&path, "[1, 2]").unwrap();
    let refused = audit::keep(&path, &unsigned(7, "a")).unwrap_err();
    assert!(matches!(refused, FileError::NotAHead { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"[1, 2]");
}

#[test]
fn many_who_write_one_file_leave_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("head.json");
    std::thread::scope(|scope| {
        for seq in 1..=32 {
            let path = &path;
            scope.spawn(move || audit::keep(path, &unsigned(seq, "a")));
        }
    });
    assert_eq!(audit::read(&path).unwrap().head.seq, 32);
}
