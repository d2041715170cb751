use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::keys::{
    KeySet,
    tests::{PUBLISHED, bring},
};

const ISSUER: &str = "https://tally.example";
const AUDIENCE: &str = "tallystick";
/// When the tests begin.
const START: i64 = 1_800_000_000;

thread_local! {
    static NOW: AtomicI64 = const { AtomicI64::new(START) };
}

fn clock() -> Clock {
    Clock::new(|| {
        let seconds = NOW.with(|now| now.load(Ordering::SeqCst));
        DateTime::from_timestamp(seconds, 0).unwrap()
    })
}

fn later(seconds: i64) {
    NOW.with(|now| now.fetch_add(seconds, Ordering::SeqCst));
}

/// A service whose only key is the first one that RFC 8032 prints.
struct Service {
    folder: TempDir,
    kid: String,
    tokens: AccessTokens,
}

fn service() -> Service {
    let folder = TempDir::new().unwrap();
    let kid = bring(folder.path(), &hex::decode(PUBLISHED[0].0).unwrap());
    let keys = SharedKeys::open(folder.path(), clock()).unwrap();
    let tokens = AccessTokens::new(keys, ISSUER, AUDIENCE, TimeDelta::minutes(15), clock());
    Service {
        folder,
        kid,
        tokens,
    }
}

impl Service {
    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    /// Signed by the service's key, whatever it says.
    fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = message(header, claims);
        let keys = KeySet::load(self.folder.path()).unwrap();
        let (_, signature) = keys.sign(message.as_bytes()).unwrap();
        format!("{message}.{}", base64(&signature))
    }

    fn refusal(&self, header: &Value, claims: &Value) -> Refused {
        let token = self.signed(header, claims);
        self.tokens.verify(&token).unwrap_err()
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| base64(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sv": 3, "iat": START, "nbf": START, "exp": START + 900,
        "sub": "01933b6e-0000-7000-8000-000000000001",
        "sid": "01933b6e-0000-7000-8000-000000000002",
        "jti": "01933b6e-0000-7000-8000-000000000003",
    })
}

/// `value` with its member `name` set, or taken away.
fn with(mut value: Value, name: &str, member: Option<Value>) -> Value {
    let members = value.as_object_mut().unwrap();
    match member {
        Some(member) => members.insert(name.to_owned(), member),
        None => members.remove(name),
    };
    value
}

#[test]
fn signatures_are_those_of_rfc_8037() {
    provider::install();
    // Appendix A.4.
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let published = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7\
                     sVvpAr_MuM0KAg";
    let mut pkcs8 = hex::decode("302e020100300506032b657004220420").unwrap();
    pkcs8.extend(hex::decode(PUBLISHED[0].0).unwrap());
    let key = EncodingKey::from_ed_der(&pkcs8);
    let signature = jsonwebtoken::crypto::sign(message, &key, Algorithm::EdDSA).unwrap();
    assert_eq!(signature, published);
    let key = DecodingKey::from_ed_der(&hex::decode(PUBLISHED[0].1).unwrap());
    let verify = |message: &[u8]| {
        jsonwebtoken::crypto::verify(published, message, &key, Algorithm::EdDSA).unwrap()
    };
    assert!(verify(message));
    assert!(!verify(b"another"));
}

#[test]
fn a_token_of_another_implementation_with_our_key_is_read() {
    // Made by PyJWT 2.15.1 with the key of RFC 8032's first test.
    let token = "eyJhbGciOiJFZERTQSIsImtpZCI6ImtQcktfcW14VldhWVZBOXd3QkY2SXVvM3ZWeno3VHhIQ1R3WEJ5\
                 Z3JTNGsiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwczovL3RhbGx5LmV4YW1wbGUiLCJhdWQiO\
                 iJ0YWxseXN0aWNrIiwic3ViIjoiMDE5MzNiNmUtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAxIiwic\
                 2lkIjoiMDE5MzNiNmUtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwic3YiOjMsImlhdCI6MTgwM\
                 DAwMDAwMCwibmJmIjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDA5MDAsImp0aSI6IjAxOTMzYjZlLTAwM\
                 DAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMyJ9.D04DHvJTYCO74E7w5_jF5HHTi-A9fn7E7p5pQ-eDgx0k\
                 wc03v1u8r2njrBwckrSqP43_4PwOqlFXQgN7RFVKCA";
    let read = service().tokens.verify(token).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), claims());
}

#[test]
fn what_is_issued_is_verified_until_it_expires() {
    let service = service();
    let (user, session) = (UserId::new(), SessionId::new());
    let (token, expires_at) = service.tokens.issue(user, session, 7).unwrap();
    assert_eq!(expires_at.timestamp(), START + 900);
    for _ in 0..2 {
        let claims = service.tokens.verify(&token).unwrap();
        assert_eq!((claims.sub, claims.sid, claims.sv), (user, session, 7));
    }
    let (another, _) = service.tokens.issue(user, session, 7).unwrap();
    assert_ne!(token, another);
    later(899);
    service.tokens.verify(&token).unwrap();
    later(1);
    assert_eq!(service.tokens.verify(&token), Err(Refused::Expired));
    assert_eq!(service.tokens.verify(&another), Err(Refused::Expired));
}

#[test]
fn a_token_outlives_one_rotation_of_the_keys_and_not_two() {
    let service = service();
    let issue = || service.tokens.issue(UserId::new(), SessionId::new(), 0);
    let (seen, unseen) = (issue().unwrap().0, issue().unwrap().0);
    service.tokens.verify(&seen).unwrap();
    KeySet::rotate(service.folder.path(), clock()).unwrap();
    later(1);
    service.tokens.verify(&seen).unwrap();
    KeySet::rotate(service.folder.path(), clock()).unwrap();
    later(1);
    for token in [seen, unseen] {
        assert_eq!(service.tokens.verify(&token), Err(Refused::ForeignKey));
    }
}

#[test]
fn a_header_that_is_not_ours_is_refused() {
    let service = service();
    let header = || service.header();
    let refusal = |name, member| service.refusal(&with(header(), name, member), &claims());
    let token = service.signed(&header(), &claims());
    service.tokens.verify(&token).unwrap();
    for algorithm in [
        "none", "None", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "",
    ] {
        assert_eq!(refusal("alg", Some(json!(algorithm))), Refused::Algorithm);
    }
    assert_eq!(refusal("alg", None), Refused::Malformed);
    assert_eq!(refusal("alg", Some(json!(null))), Refused::Malformed);
    for kind in [
        None,
        Some(json!("JWT")),
        Some(json!("at+JWT")),
        Some(json!("rt+jwt")),
    ] {
        assert_eq!(refusal("typ", kind), Refused::Type);
    }
    assert_eq!(refusal("kid", None), Refused::NoKey);
    assert_eq!(refusal("kid", Some(json!("another"))), Refused::ForeignKey);
    for name in ["crit", "jwk", "jku", "x5c", "x5u", "b64", "cty", "zip"] {
        assert_eq!(refusal(name, Some(json!(["exp"]))), Refused::Malformed);
    }
}

#[test]
fn claims_that_are_not_for_us_are_refused() {
    let service = service();
    let refusal = |name, claim| service.refusal(&service.header(), &with(claims(), name, claim));
    assert_eq!(
        refusal("iss", Some(json!("https://other.example"))),
        Refused::Issuer
    );
    assert_eq!(refusal("aud", Some(json!("other"))), Refused::Audience);
    assert_eq!(refusal("exp", Some(json!(START))), Refused::Expired);
    assert_eq!(refusal("exp", Some(json!(START - 900))), Refused::Expired);
    assert_eq!(refusal("nbf", Some(json!(START + 6))), Refused::NotYet);
    for name in ["iss", "aud", "sub", "sid", "sv", "iat", "nbf", "exp", "jti"] {
        assert_eq!(refusal(name, None), Refused::Malformed, "{name}");
        assert_eq!(
            refusal(name, Some(json!(null))),
            Refused::Malformed,
            "{name}"
        );
        assert_eq!(
            refusal(name, Some(json!([1]))),
            Refused::Malformed,
            "{name}"
        );
    }
    let in_time = with(claims(), "nbf", Some(json!(START + 5)));
    let in_time = service.signed(&service.header(), &in_time);
    service.tokens.verify(&in_time).unwrap();
}

#[test]
fn what_is_not_signed_by_the_key_it_names_is_refused() {
    let service = service();
    let message = message(&service.header(), &claims());
    let public_key = hex::decode(PUBLISHED[0].1).unwrap();
    let mac = hmac::Key::new(hmac::HMAC_SHA256, &public_key);
    let mac = hmac::sign(&mac, message.as_bytes());
    let stranger = TempDir::new().unwrap();
    let stranger = KeySet::open(stranger.path(), clock()).unwrap();
    let (_, foreign) = stranger.sign(message.as_bytes()).unwrap();
    for signature in [mac.as_ref(), &foreign, &[0; 64], &[], &public_key] {
        let token = format!("{message}.{}", base64(signature));
        assert_eq!(service.tokens.verify(&token), Err(Refused::Signature));
    }
    // The same, where the header owns up to it.
    let hs256 = with(service.header(), "alg", Some(json!("HS256")));
    let refused = service.refusal(&hs256, &claims());
    assert_eq!(refused, Refused::Algorithm);
}

#[test]
fn what_is_no_token_is_refused() {
    let service = service();
    let token = service.signed(&service.header(), &claims());
    let unsigned = token.rsplit_once('.').unwrap().0;
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "null.null.null",
        unsigned,
        &format!("{unsigned}."),
        &format!("{token}."),
        &format!("{token}.a"),
        &format!("{token} "),
        &format!(" {token}"),
        &format!("{token}="),
        &format!("{token}\n"),
        &format!("{token}A"),
    ] {
        let refused = service.tokens.verify(text).unwrap_err();
        let expected = [Refused::Malformed, Refused::Signature];
        assert!(expected.contains(&refused), "{text}: {refused}");
    }
    let long = with(claims(), "padding", Some(json!("a".repeat(2_048))));
    assert_eq!(service.refusal(&service.header(), &long), Refused::TooLong);
}

proptest! {
    #[test]
    fn any_changed_character_is_refused(
        place in any::<prop::sample::Index>(), letter in "[ -~]", is_known: bool,
    ) {
        let service = service();
        let token = service.signed(&service.header(), &claims());
        if is_known {
            service.tokens.verify(&token).unwrap();
        }
        let place = place.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &letter);
        prop_assume!(changed != token);
        service.tokens.verify(&changed).unwrap_err();
    }

    #[test]
    fn any_text_is_refused(text in "\\PC{0,300}") {
        service().tokens.verify(&text).unwrap_err();
    }
}
