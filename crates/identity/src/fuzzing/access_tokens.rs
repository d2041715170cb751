use std::{fs, os::unix::fs::PermissionsExt, sync::LazyLock};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use chrono::{DateTime, TimeDelta};
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use uuid::Uuid;

use super::changed;
use crate::{AccessTokens, Clock, SharedKeys};

const ISSUER: &str = "https://tally.example";
const AUDIENCE: &str = "tallystick";
const NOW: i64 = 1_800_000_000;

/// The first byte says what the rest is: a token as it is; changes of a good token; a header or claims,
/// which the service's own key signs; or a signature of good claims. Nothing is accepted but what the
/// service issues.
pub fn access_token(data: &[u8]) {
    let Some((how, rest)) = data.split_first() else {
        return;
    };
    let service = &*SERVICE;
    match how % 5 {
        0 => service.accepts_only_the_good(rest),
        1 => service.accepts_only_the_good(&changed(service.good.as_bytes(), rest)),
        2 => service.takes_no_other_header(rest),
        3 => service.takes_no_wrong_claims(rest),
        _ => {
            let (message, _) = service.good.rsplit_once('.').unwrap();
            let token = format!("{message}.{}", BASE64.encode(rest));
            service.accepts_only_the_good(token.as_bytes());
        }
    }
}

/// Its key is always the same, so that a run can be repeated.
static SERVICE: LazyLock<Service> = LazyLock::new(Service::start);

struct Service {
    key: Ed25519KeyPair,
    kid: String,
    tokens: AccessTokens,
    good: String,
}

impl Service {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let seed: [u8; 32] = Sha256::digest("a key for the fuzzer").into();
        let key = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let kid = write_key(&folder, &key, &seed);
        let clock = Clock::new(|| DateTime::from_timestamp(NOW, 0).unwrap());
        let keys = SharedKeys::open(folder.path(), clock).unwrap();
        let tokens = AccessTokens::new(keys, ISSUER, AUDIENCE, TimeDelta::minutes(15), clock);
        let mut service = Self {
            key,
            kid,
            tokens,
            good: String::new(),
        };
        let (header, claims) = (service.header().to_string(), good_claims().to_string());
        service.good = service.signed(header.as_bytes(), claims.as_bytes());
        assert!(service.tokens.verify(&service.good).is_ok());
        service
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    fn signed(&self, header: &[u8], claims: &[u8]) -> String {
        let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = BASE64.encode(self.key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn accepts_only_the_good(&self, token: &[u8]) {
        if let Ok(token) = std::str::from_utf8(token) {
            let is_accepted = self.tokens.verify(token).is_ok();
            assert_eq!(is_accepted, token == self.good, "{token}");
        }
    }

    fn takes_no_other_header(&self, header: &[u8]) {
        let token = self.signed(header, good_claims().to_string().as_bytes());
        if self.tokens.verify(&token).is_ok() {
            let header: Value = serde_json::from_slice(header).unwrap();
            assert_eq!(header, self.header());
        }
    }

    fn takes_no_wrong_claims(&self, claims: &[u8]) {
        let token = self.signed(self.header().to_string().as_bytes(), claims);
        let Ok(accepted) = self.tokens.verify(&token) else {
            return;
        };
        let claims: Value = serde_json::from_slice(claims).unwrap();
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&json!(ISSUER), &json!(AUDIENCE))
        );
        assert!(claims["exp"].as_i64().unwrap() > NOW);
        assert!(claims["nbf"].as_i64().unwrap() <= NOW + 5);
        let subject: Uuid = claims["sub"].as_str().unwrap().parse().unwrap();
        assert_eq!(
            (accepted.sub.0, json!(accepted.sv)),
            (subject, claims["sv"].clone())
        );
    }
}

fn good_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sv": 3, "iat": NOW, "nbf": NOW, "exp": NOW + 900,
        "sub": "01933b6e-0000-7000-8000-000000000001",
        "sid": "01933b6e-0000-7000-8000-000000000002",
        "jti": "01933b6e-0000-7000-8000-000000000003",
    })
}

/// As `tallystick keys` keeps it; answers its id.
fn write_key(folder: &TempDir, key: &Ed25519KeyPair, seed: &[u8]) -> String {
    let public = BASE64.encode(key.public_key());
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#);
    let kid = BASE64.encode(Sha256::digest(jwk));
    let mut pkcs8 = hex::decode("302e020100300506032b657004220420").unwrap();
    pkcs8.extend(seed);
    let file = json!({
        "kid": kid, "created_at": "2026-01-01T00:00:00Z", "public_key": public,
        "private_key": BASE64.encode(pkcs8),
    });
    let path = folder.path().join(format!("{kid}.json"));
    fs::write(&path, file.to_string()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    kid
}
