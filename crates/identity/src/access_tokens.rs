//! Access tokens: what a session shows with each request, for a quarter of an hour.
//!
//! A JWT (RFC 7519) as RFC 9068 profiles it for access, signed with `EdDSA` (RFC 8037) by the newest
//! key of the service. What was issued in any other way is refused, whatever it says of itself.

mod cache;
mod provider;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::values::{SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Clock, Error, SharedKeys, keys::PublicKey};
use cache::{Cache, Remembered};

/// The `typ` of RFC 9068, 2.1: no other kind of JWT passes for one.
const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "EdDSA";
/// A token of ours is about 600 bytes.
const LONGEST: usize = 2_048;
/// How far the clocks of two machines may be apart.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// What a token says.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// The service that issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: String,
    /// Whose session it is.
    pub sub: UserId,
    /// The session: all that follows from one login.
    pub sid: SessionId,
    /// The user's session version when the token was issued.
    pub sv: i64,
    /// Issued at, in seconds since 1970, as the two that follow.
    pub iat: i64,
    pub nbf: i64,
    pub exp: i64,
    /// The token's own id.
    pub jti: Uuid,
}

/// Why a token is refused. The client is told no more than that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("it is longer than any token of this service")]
    TooLong,
    #[error("it is no token of this service")]
    Malformed,
    #[error("it is signed in another way than EdDSA")]
    Algorithm,
    #[error("it is another kind of token")]
    Type,
    #[error("it names no key")]
    NoKey,
    #[error("its key is not, or not any more, one of this service's")]
    ForeignKey,
    #[error("its signature is not the key's")]
    Signature,
    #[error("another issuer made it")]
    Issuer,
    #[error("it is meant for another audience")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
}

/// Issues and verifies access tokens. Cheap to clone; all clones share what they remember.
#[derive(Clone, Debug)]
pub struct AccessTokens {
    keys: SharedKeys,
    issuer: Arc<str>,
    audience: Arc<str>,
    lifetime: TimeDelta,
    clock: Clock,
    verified: Cache,
}

impl AccessTokens {
    /// `lifetime` is how long a token is good for, to the second.
    pub fn new(
        keys: SharedKeys,
        issuer: &str,
        audience: &str,
        lifetime: TimeDelta,
        clock: Clock,
    ) -> Self {
        provider::install();
        Self {
            keys,
            issuer: issuer.into(),
            audience: audience.into(),
            lifetime,
            clock,
            verified: Cache::default(),
        }
    }

    /// A token for a user's session, and when it expires.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        session_version: i64,
    ) -> Result<(String, DateTime<Utc>), Error> {
        let now = self.clock.now().trunc_subsecs(0);
        let expires_at = now + self.lifetime;
        let claims = Claims {
            iss: self.issuer.to_string(),
            aud: self.audience.to_string(),
            sub: user,
            sid: session,
            sv: session_version,
            iat: now.timestamp(),
            nbf: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: Uuid::now_v7(),
        };
        let keys = self.keys.current();
        let key = keys.newest()?;
        let header = Header {
            typ: Some(TYPE.to_owned()),
            kid: Some(key.public.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        let signing = EncodingKey::from_ed_der(&key.pkcs8);
        let token = jsonwebtoken::encode(&header, &claims, &signing).map_err(Error::Sign)?;
        Ok((token, expires_at))
    }

    /// What the token says, if the service issued it and it is good now. Whether its session still
    /// stands is another question.
    pub fn verify(&self, token: &str) -> Result<Claims, Refused> {
        if token.len() > LONGEST {
            return Err(Refused::TooLong);
        }
        let keys = self.keys.current();
        if let Some(known) = self.verified.find(token) {
            keys.find_active(&known.kid).ok_or(Refused::ForeignKey)?;
            self.check_time(&known.claims)?;
            return Ok(known.claims);
        }
        let kid = read_header(token)?;
        let key = keys.find_active(&kid).ok_or(Refused::ForeignKey)?;
        let claims = self.check_signature(token, key)?;
        self.check_time(&claims)?;
        let remembered = Remembered {
            kid,
            claims: claims.clone(),
        };
        self.verified.remember(token, remembered);
        Ok(claims)
    }

    /// Of the claims, the library checks issuer and audience; it would read the system's clock for
    /// the others.
    fn check_signature(&self, token: &str, key: &PublicKey) -> Result<Claims, Refused> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.audience]);
        rules.set_required_spec_claims(&["iss", "aud", "sub", "nbf", "exp"]);
        let verifying = DecodingKey::from_ed_der(&key.bytes);
        match jsonwebtoken::decode::<Claims>(token, &verifying, &rules) {
            Ok(token) => Ok(token.claims),
            Err(error) => Err(match error.kind() {
                ErrorKind::InvalidSignature => Refused::Signature,
                ErrorKind::InvalidAlgorithm => Refused::Algorithm,
                ErrorKind::InvalidIssuer => Refused::Issuer,
                ErrorKind::InvalidAudience => Refused::Audience,
                _ => Refused::Malformed,
            }),
        }
    }

    fn check_time(&self, claims: &Claims) -> Result<(), Refused> {
        let now = self.clock.now();
        if now.timestamp() >= claims.exp {
            return Err(Refused::Expired);
        }
        if (now + LEEWAY).timestamp() < claims.nbf {
            return Err(Refused::NotYet);
        }
        Ok(())
    }
}

/// All that a header of ours says. One that says more, such as `crit` or a key of its own, is not
/// ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OurHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
}

/// The id of the key that a token names, if the rest of its header is as it should be.
fn read_header(token: &str) -> Result<String, Refused> {
    let mut parts = token.split('.');
    let (Some(header), Some(_), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::Malformed);
    };
    let header = BASE64_URL_SAFE_NO_PAD.decode(header).ok();
    let header: Option<OurHeader> = header.and_then(|header| serde_json::from_slice(&header).ok());
    let header = header.ok_or(Refused::Malformed)?;
    if header.alg != ALGORITHM {
        return Err(Refused::Algorithm);
    }
    if header.typ.as_deref() != Some(TYPE) {
        return Err(Refused::Type);
    }
    header.kid.ok_or(Refused::NoKey)
}
