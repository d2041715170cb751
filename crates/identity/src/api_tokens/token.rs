//! The text of a program's token.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, random};

/// By this, leaked tokens are found by those who search for them.
const MARK: &str = "tsk_";
/// Of base 62, about 190 bits.
const SECRET: usize = 32;
/// 62^6 is more than 2^32.
const CHECKSUM: usize = 6;
/// The mark and six characters of the secret, of which some 155 bits stay unknown.
const PREFIX: usize = MARK.len() + 6;

/// The token of a program: `tsk_`, 32 random characters of base 62, and the CRC-32 of these 36 as
/// six more. Shown once, when it is made; `Debug` shows its prefix only.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(Zeroizing<String>);

/// The text is no token: one of another length, with a foreign character, or mistyped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no API token: tsk_ and 38 letters and digits, of which the last six check the rest"
)]
pub struct NotAToken;

impl ApiToken {
    pub fn generate() -> Result<Self, Error> {
        let secret = Zeroizing::new(random::base62(SECRET)?);
        let body = format!("{MARK}{}", *secret);
        let checksum = checksum(&body);
        Ok(Self(Zeroizing::new(body + &checksum)))
    }

    /// Reads a token, and finds most that nobody ever made without asking a database.
    pub fn parse(text: &str) -> Result<Self, NotAToken> {
        let (body, given) = text
            .split_at_checked(MARK.len() + SECRET)
            .ok_or(NotAToken)?;
        let secret = body.strip_prefix(MARK).ok_or(NotAToken)?;
        if !secret.bytes().all(|byte| byte.is_ascii_alphanumeric()) || given != checksum(body) {
            return Err(NotAToken);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself, for its owner and for no log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// By which a person knows the token again; it opens nothing.
    pub fn prefix(&self) -> &str {
        &self.0[..PREFIX]
    }

    /// What is kept of it: lower-case hex of its SHA-256. It has too many bits to be guessed from
    /// a hash that is quickly made.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiToken({}…)", self.prefix())
    }
}

/// CRC-32 (ISO-HDLC, as in zip) in base 62, the highest digit first.
fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut digits = [0; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = random::BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}
