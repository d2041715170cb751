use std::{fs, sync::atomic::AtomicI64, sync::atomic::Ordering};

use ring::signature::Ed25519KeyPair;
use tempfile::TempDir;

use super::*;

/// Seeds and public keys of RFC 8032, 7.1.
pub const PUBLISHED: [(&str, &str); 5] = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ),
    (
        "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
        "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
    ),
];

fn clock() -> Clock {
    Clock::new(Utc::now)
}

fn kids(keys: &KeySet) -> Vec<String> {
    keys.active().map(|key| key.kid.clone()).collect()
}

/// Writes a key of this seed, as an operator might who brings one along.
pub fn bring(folder: &Path, seed: &[u8]) -> String {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).unwrap();
    let public = PublicKey::new(pair.public_key().as_ref(), Utc::now());
    let mut pkcs8 = hex::decode("302e020100300506032b657004220420").unwrap();
    pkcs8.extend(seed);
    file::write(folder, &KeyFile::of_active(&public, &pkcs8)).unwrap();
    public.kid
}

#[test]
fn the_kid_is_the_thumbprint_of_rfc_8037() {
    let public = hex::decode(PUBLISHED[0].1).unwrap();
    let published = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(thumbprint(&public), published);
}

#[test]
fn a_folder_without_keys_gets_one_and_keeps_it() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("data/keys");
    assert!(kids(&KeySet::load(&folder).unwrap()).is_empty());
    let error = KeySet::load(&folder).unwrap().sign(b"x").unwrap_err();
    assert!(error.to_string().contains("tallystick keys rotate"));

    let made = KeySet::open(&folder, clock()).unwrap();
    assert_eq!(kids(&made).len(), 1);
    assert!(made.weak().is_empty());
    assert_eq!(kids(&KeySet::open(&folder, clock()).unwrap()), kids(&made));
}

#[test]
fn the_newest_signs_two_verify_and_the_rest_keep_their_public_half() {
    let folder = TempDir::new().unwrap();
    let mut made = Vec::new();
    let mut signatures = Vec::new();
    for _ in 0..4 {
        made.push(KeySet::rotate(folder.path(), clock()).unwrap().made);
        let keys = KeySet::load(folder.path()).unwrap();
        let (kid, signature) = keys.sign(b"message").unwrap();
        assert_eq!(Some(kid), made.last().map(String::as_str));
        signatures.push(signature);
    }
    let keys = KeySet::load(folder.path()).unwrap();
    assert_eq!(kids(&keys), [&*made[3], &*made[2]]);
    for (kid, signature) in made.iter().zip(&signatures) {
        assert!(keys.verify(kid, b"message", signature));
        assert!(!keys.verify(kid, b"massage", signature));
        assert!(!keys.verify(kid, b"message", &signature[1..]));
        assert!(!keys.verify("another", b"message", signature));
    }
    assert!(!keys.verify(&made[0], b"message", &signatures[1]));
    assert!(keys.find_active(&made[1]).is_none());
    let of_first = fs::read_to_string(folder.path().join(format!("{}.json", made[0])));
    assert!(!of_first.unwrap().contains("private_key"));
}

#[test]
fn a_rotation_says_what_it_did() {
    let folder = TempDir::new().unwrap();
    let first = KeySet::rotate(folder.path(), clock()).unwrap();
    let second = KeySet::rotate(folder.path(), clock()).unwrap();
    let third = KeySet::rotate(folder.path(), clock()).unwrap();
    assert_eq!((first.retired, second.retired), (vec![], vec![]));
    assert_eq!(third.retired, [first.made]);
}

#[test]
fn rotations_at_once_leave_two_active_keys_and_lose_none() {
    let folder = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| KeySet::rotate(folder.path(), clock()).unwrap());
        }
    });
    let keys = KeySet::load(folder.path()).unwrap();
    assert_eq!((kids(&keys).len(), keys.retired().len()), (2, 6));
}

#[test]
fn the_newest_is_the_newest_though_the_clock_was_set_back() {
    let folder = TempDir::new().unwrap();
    let earlier = Clock::new(|| Utc::now() - TimeDelta::days(1));
    KeySet::rotate(folder.path(), clock()).unwrap();
    let second = KeySet::rotate(folder.path(), earlier).unwrap().made;
    let keys = KeySet::load(folder.path()).unwrap();
    assert_eq!(keys.sign(b"x").unwrap().0, second);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused_with_what_to_do() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let kid = KeySet::rotate(folder.path(), clock()).unwrap().made;
    let path = folder.path().join(format!("{kid}.json"));
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let error = KeySet::load(folder.path()).unwrap_err().to_string();
    let advice = format!("chmod 600 {}", path.display());
    assert!(error.contains("640") && error.contains(&advice), "{error}");
}

#[test]
fn a_file_that_holds_another_key_than_it_says_is_refused() {
    let folder = TempDir::new().unwrap();
    let one = KeySet::rotate(folder.path(), clock()).unwrap().made;
    let other = KeySet::rotate(folder.path(), clock()).unwrap().made;
    let path = |kid: &str| folder.path().join(format!("{kid}.json"));
    let of = |kid: &str| fs::read_to_string(path(kid)).unwrap();
    let (of_one, of_other) = (of(&one), of(&other));
    let private = |text: &str| text.rsplit('"').nth(1).unwrap().to_owned();
    for spoiled in [
        of_other.clone(),
        of_one.replace(&private(&of_one), &private(&of_other)),
        of_one.replace(&private(&of_one), "!"),
        of_one.replace("created_at", "made_at"),
        String::new(),
    ] {
        fs::write(path(&one), spoiled).unwrap();
        let error = KeySet::load(folder.path()).unwrap_err();
        assert!(matches!(error, Error::KeyFileUnreadable { .. }), "{error}");
    }
}

#[test]
fn keys_that_others_know_or_guess_are_weak() {
    for (seed, public) in PUBLISHED {
        let folder = TempDir::new().unwrap();
        let kid = bring(folder.path(), &hex::decode(seed).unwrap());
        let keys = KeySet::load(folder.path()).unwrap();
        assert_eq!(hex::encode(&keys.active[0].public.bytes), public);
        assert_eq!(keys.weak(), [kid]);
    }
    let counted: Vec<u8> = (0..32).collect();
    let words = b"secretsecretsecretsecretsecretse";
    for seed in [&[0; 32], &[7; 32], words, counted.as_slice()] {
        let folder = TempDir::new().unwrap();
        let kid = bring(folder.path(), seed);
        assert_eq!(KeySet::load(folder.path()).unwrap().weak(), [kid]);
    }
}

#[test]
fn a_running_service_notices_a_rotation() {
    static NOW: AtomicI64 = AtomicI64::new(1_800_000_000);
    let clock = Clock::new(|| DateTime::from_timestamp(NOW.load(Ordering::SeqCst), 0).unwrap());
    let folder = TempDir::new().unwrap();
    let shared = SharedKeys::open(folder.path(), clock).unwrap();
    let first = kids(&shared.current());
    let made = KeySet::rotate(folder.path(), clock).unwrap().made;
    assert_eq!(
        kids(&shared.current()),
        first,
        "not looked at within a second"
    );
    NOW.fetch_add(1, Ordering::SeqCst);
    assert_eq!(kids(&shared.current()), [&*made, &*first[0]]);

    fs::write(folder.path().join("spoiled.json"), "").unwrap();
    NOW.fetch_add(1, Ordering::SeqCst);
    assert_eq!(kids(&shared.current()), [&*made, &*first[0]]);
}

#[test]
fn debug_shows_ids_only() {
    let folder = TempDir::new().unwrap();
    let keys = KeySet::open(folder.path(), clock()).unwrap();
    let shown = format!("{keys:?}");
    assert!(shown.contains(&kids(&keys)[0]));
    let path = folder.path().join(format!("{}.json", kids(&keys)[0]));
    let text = fs::read_to_string(path).unwrap();
    let private = text.rsplit('"').nth(1).unwrap();
    assert!(!shown.contains(private) && private.len() > 40);
}
