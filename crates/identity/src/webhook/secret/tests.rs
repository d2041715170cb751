use base64::Engine;

use super::{Secret, SecretError, Weakness};

#[test]
fn a_secret_has_a_prefix_and_a_key_of_24_to_64_bytes() {
    let padded = Secret::text_of(&[7; 32]);
    assert!(Secret::parse(&padded).is_ok());
    assert!(Secret::parse(padded.trim_end_matches('=')).is_ok());
    for text in ["", "secret", "whsec_?", "WHSEC_AAAA", &padded[6..]] {
        let refused = Secret::parse(text).unwrap_err();
        assert_eq!(refused, SecretError::Form, "{text}");
    }
    for length in [0, 1, 23, 65, 100] {
        let text = format!("whsec_{}", super::BASE64.encode(vec![7; length]));
        let refused = Secret::parse(&text).unwrap_err();
        assert_eq!(refused, SecretError::Length(length));
    }
}

#[test]
fn a_key_that_others_know_is_weak() {
    let weakness = |key: &str| Secret::parse(&format!("whsec_{key}")).unwrap().weakness();
    for key in super::PUBLISHED {
        assert_eq!(weakness(key), Some(Weakness::Published), "{key}");
    }
    for key in [
        &b"secretsecretsecretsecret"[..],
        b"abcdefghijklabcdefghijkl",
        b"my-Password-is-quite-long",
        b"change it: CHANGEME, and again",
        &[0; 24],
        &[255; 64],
        &(0..32).collect::<Vec<u8>>(),
        &(0..48).map(|n| 200 - 4 * n).collect::<Vec<u8>>(),
        &(0..40).map(|n| n % 5).collect::<Vec<u8>>(),
    ] {
        let encoded = super::BASE64.encode(key);
        assert_eq!(weakness(&encoded), Some(Weakness::Guessable), "{key:?}");
    }
    // SHA-256 of the empty text, and its first 24 bytes.
    let random = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(weakness(random), None);
    assert_eq!(weakness(&random[..32]), None);
}

#[test]
fn a_secret_is_not_shown() {
    let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    assert_eq!(format!("{secret:?}"), "Secret(…)");
}

#[test]
fn a_message_of_ours_is_signed_as_the_specification_has_it() {
    // The example of Standard Webhooks' reference libraries.
    let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let signature = secret.sign_message(id, 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
