use std::{collections::BTreeSet, fmt};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, KeyInit, Mac, digest::Key};
use sha2::Sha256;

pub(super) type HmacSha256 = Hmac<Sha256>;

/// A key that a producer signs with. `Debug` does not show it.
#[derive(Clone)]
pub struct Secret {
    /// The beginning of every HMAC with the key.
    begun: HmacSha256,
    weakness: Option<Weakness>,
}

/// Why a key is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    #[error("a secret is `whsec_` and then the key in base64")]
    Form,
    #[error("a secret's key has 24 to 64 bytes; this one has {0}")]
    Length(usize),
}

/// Why others may know a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("it is an example from public documentation")]
    Published,
    #[error("it is easy to guess: a pattern or a word instead of random bytes")]
    Guessable,
}

const PREFIX: &str = "whsec_";

/// The bounds that Standard Webhooks recommends; up to 64, HMAC takes a key as it is.
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Secret {
    /// Reads `whsec_` and base64, as Standard Webhooks writes secrets.
    ///
    /// # Errors
    ///
    /// [`SecretError`], which never shows what was given.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PREFIX).ok_or(SecretError::Form)?;
        let key = BASE64.decode(encoded).map_err(|_| SecretError::Form)?;
        if !(SHORTEST..=LONGEST).contains(&key.len()) {
            return Err(SecretError::Length(key.len()));
        }
        let mut block = Key::<HmacSha256>::default();
        block[..key.len()].copy_from_slice(&key);
        Ok(Self {
            begun: HmacSha256::new(&block),
            weakness: weakness_of(encoded, &key),
        })
    }

    /// The text of a secret with this key, which should come from the system's random source.
    pub fn text_of(key: &[u8; 32]) -> String {
        format!("{PREFIX}{}", BASE64.encode(key))
    }

    /// Why others may know the key, if so; production should refuse it.
    pub fn weakness(&self) -> Option<Weakness> {
        self.weakness
    }

    /// The value of `webhook-signature` for a message of ours, as Standard Webhooks 1.0.0 has it: `v1,` and
    /// the HMAC over `{id}.{timestamp}.{body}` in base64. The timestamp is in seconds of Unix time, and the
    /// id holds no full stop.
    pub fn sign_message(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let time = timestamp.to_string();
        let signed = self.sign(&[id.as_bytes(), b".", time.as_bytes(), b".", body]);
        format!("v1,{}", BASE64.encode(signed))
    }

    /// One that nobody has, to compute with where there is none.
    pub(super) fn decoy() -> Self {
        Self {
            begun: HmacSha256::new(&Key::<HmacSha256>::default()),
            weakness: None,
        }
    }

    /// HMAC-SHA256 (RFC 2104) over `parts`, one after another.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.begun.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Of the specification and its reference libraries.
const PUBLISHED: [&str; 2] = [
    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
];

const WORDS: [&str; 6] = [
    "secret", "password", "changeme", "example", "12345678", "qwertyui",
];

/// Random bytes have more different ones, but for a chance of less than one in 10^20.
const LEAST_DIFFERENT: usize = 8;

fn weakness_of(encoded: &str, key: &[u8]) -> Option<Weakness> {
    if PUBLISHED.contains(&encoded) {
        return Some(Weakness::Published);
    }
    let different: BTreeSet<&u8> = key.iter().collect();
    let is_guessable =
        different.len() < LEAST_DIFFERENT || repeats(key) || is_progression(key) || holds_word(key);
    is_guessable.then_some(Weakness::Guessable)
}

fn repeats(key: &[u8]) -> bool {
    (1..=key.len() / 2).any(|period| key[period..] == key[..key.len() - period])
}

/// Each byte is as far from the one before: 0, 1, 2, …
fn is_progression(key: &[u8]) -> bool {
    let steps = key.windows(2).map(|two| two[1].wrapping_sub(two[0]));
    steps.collect::<BTreeSet<u8>>().len() <= 1
}

fn holds_word(key: &[u8]) -> bool {
    let lower = key.to_ascii_lowercase();
    let holds = |word: &&str| {
        lower
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    };
    WORDS.iter().any(holds)
}

#[cfg(test)]
mod tests;
