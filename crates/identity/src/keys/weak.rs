//! Keys that others may know or guess.

use super::PrivateKey;

/// The public halves of the keys in RFC 8032, 7.1: tests 1, 2, 3, 1024 and SHA(abc). RFC 8037 and
/// many examples use the first.
const PUBLISHED: [&str; 5] = [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e",
    "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
];

/// Of 32 random bytes about 30 differ; that fewer than 16 do happens less than once in 10^20 keys.
const FEWEST_DIFFERENT_BYTES: usize = 16;

/// Where the seed lies in a PKCS#8 document of an Ed25519 key (RFC 8410, 7): after the headers of
/// two fixed lengths, whether or not a public key follows.
const SEED: std::ops::Range<usize> = 16..48;

pub fn is_weak(key: &PrivateKey) -> bool {
    let public = hex::encode(&key.public.bytes);
    PUBLISHED.contains(&public.as_str()) || key.pkcs8.get(SEED).is_none_or(is_guessable)
}

fn is_guessable(seed: &[u8]) -> bool {
    let is_a_run = seed
        .windows(3)
        .all(|w| w[1].wrapping_sub(w[0]) == w[2].wrapping_sub(w[1]));
    let different = seed.iter().collect::<std::collections::BTreeSet<_>>().len();
    is_a_run || different < FEWEST_DIFFERENT_BYTES
}
