//! The text of a refresh token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{Error, random};

const MARK: &str = "tsr_";
/// Random bytes.
const SECRET: usize = 32;

/// What a session goes on with, once: `tsr_` and 32 random bytes in base64url, 47 characters in all.
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(Zeroizing<String>);

/// The text is no refresh token: this service never made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no refresh token of this service")]
pub struct NotARefreshToken;

impl RefreshToken {
    pub fn generate() -> Result<Self, Error> {
        let secret = Zeroizing::new(random::bytes::<SECRET>()?);
        let secret = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret));
        Ok(Self(Zeroizing::new(format!("{MARK}{}", *secret))))
    }

    pub fn parse(text: &str) -> Result<Self, NotARefreshToken> {
        let secret = text.strip_prefix(MARK).ok_or(NotARefreshToken)?;
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(secret).map(Zeroizing::new);
        match bytes {
            Ok(bytes) if bytes.len() == SECRET => Ok(Self(Zeroizing::new(text.to_owned()))),
            _ => Err(NotARefreshToken),
        }
    }

    /// The text itself, for its owner and for no log.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it: lower-case hex of its SHA-256.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}
