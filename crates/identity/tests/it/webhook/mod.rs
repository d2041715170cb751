//! Signed messages: published vectors, those of another program, and what must be refused.

mod replay;

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use identity::webhook::{Producer, Producers, Refusal};
use proptest::prelude::*;

const SPECIFICATION: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const LIBRARY: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// A key of 64 bytes, the longest.
const LONG: &str = "whsec_CzBVep/E6Q4zWH2ix+wRNluApcrvFDleg6jN8hc8YYar0PUaP2SJrtP4HUJnjLHW+yBFao+02f4jSG2St9wBJg==";

type Headers = Vec<(&'static str, String)>;

fn producers(secrets: &[&str]) -> Producers {
    let producer = Producer::new("momentum", "me@example.org", secrets).unwrap();
    Producers::from_iter([producer])
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn standard(id: &str, timestamp: i64, signatures: &str) -> Headers {
    vec![
        ("x-signal-producer", "momentum".to_owned()),
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures.to_owned()),
    ]
}

fn plain(timestamp: i64, signature: &str) -> Headers {
    vec![
        ("x-signal-producer", "momentum".to_owned()),
        ("x-signal-timestamp", timestamp.to_string()),
        ("x-signal-signature", signature.to_owned()),
    ]
}

/// The message's id, if it is taken for its producer's.
fn verify(
    producers: &Producers,
    headers: &Headers,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let header = |name: &str| {
        let found = headers.iter().find(|(given, _)| *given == name);
        found.map(|(_, value)| value.as_str())
    };
    let verified = producers.verify(header, body, now)?;
    assert_eq!(verified.producer.name, "momentum");
    Ok(verified.message_id)
}

fn without(headers: &Headers, name: &str) -> Headers {
    let others = headers.iter().filter(|(given, _)| *given != name);
    others.cloned().collect()
}

fn with(headers: &Headers, name: &'static str, value: &str) -> Headers {
    let mut changed = without(headers, name);
    changed.push((name, value.to_owned()));
    changed
}

const SIGNED_AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

/// The specification's example.
fn example() -> Headers {
    standard("msg_p5jXN8AQM9LWM0D4loKWxJek", SIGNED_AT, SIGNATURE)
}

/// Its message in the plain form.
fn plain_example() -> (Headers, &'static [u8], i64) {
    let signature = "SDAO60XDJ8ZAJCKAX00GJ2e0mnyu9K3zio37b/7stoQ=";
    let (body, time) = (br#"{"instrument":"NKE","side":1}"#, 1_732_190_400);
    (plain(time, signature), body, time)
}

#[test]
fn messages_of_published_examples_are_their_producers() {
    let cases: [(&str, &str, i64, &[u8], &str); 2] = [
        (
            SPECIFICATION,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            SIGNED_AT,
            BODY,
            SIGNATURE,
        ),
        (
            LIBRARY,
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            br#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ];
    for (secret, id, time, body, signature) in cases {
        let headers = standard(id, time, signature);
        let found = verify(&producers(&[secret]), &headers, body, at(time));
        assert_eq!(found.as_deref(), Ok(id));
    }
}

/// Computed with the module hmac of Python 3.
#[test]
fn messages_that_another_program_signed_are_their_producers() {
    let (headers, body, time) = plain_example();
    let hash = "sha256:fabce584bc62cdfaecf1b7231519b0c11ba62592ca61a367b7c42ceaa3f1bb01";
    let found = verify(&producers(&[SPECIFICATION]), &headers, body, at(time));
    assert_eq!(found.as_deref(), Ok(hash));

    let every_byte: Vec<u8> = (0..=255).collect();
    let signature = "v1,NVG5ywI2vQ6pz+JuEuuYQCs7V098fr/+ykvYd6jbCb8=";
    let headers = standard("msg_1", time, signature);
    let found = verify(&producers(&[LONG]), &headers, &every_byte, at(time));
    assert_eq!(found.as_deref(), Ok("msg_1"));
}

#[test]
fn one_right_signature_with_one_of_the_secrets_is_enough() {
    let others = [
        "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ=",
        "v1a,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q=",
        "v1,",
        "nonsense",
    ]
    .join(" ");
    for signatures in [
        format!("{others} {SIGNATURE}"),
        format!("{SIGNATURE} {others}"),
    ] {
        let headers = with(&example(), "webhook-signature", &signatures);
        for secrets in [
            &[SPECIFICATION][..],
            &[LIBRARY, SPECIFICATION],
            &[SPECIFICATION, LIBRARY],
        ] {
            verify(&producers(secrets), &headers, BODY, at(SIGNED_AT)).unwrap();
        }
        let refused = verify(&producers(&[LIBRARY, LONG]), &headers, BODY, at(SIGNED_AT));
        assert_eq!(refused, Err(Refusal::Invalid));
    }
    let headers = with(&example(), "webhook-signature", &others);
    let refused = verify(&producers(&[SPECIFICATION]), &headers, BODY, at(SIGNED_AT));
    assert_eq!(refused, Err(Refusal::Invalid));
}

#[test]
fn a_message_counts_for_300_seconds_both_ways() {
    let producers = producers(&[SPECIFICATION]);
    let (plain, body, time) = plain_example();
    for (headers, body, time) in [(&example(), BODY, SIGNED_AT), (&plain, body, time)] {
        for seconds in [-300, -299, 0, 299, 300] {
            verify(&producers, headers, body, at(time + seconds)).unwrap();
        }
        for seconds in [-1_000_000, -301, 301, 1_000_000] {
            let refused = verify(&producers, headers, body, at(time + seconds));
            assert_eq!(refused, Err(Refusal::Expired), "{seconds}");
        }
        let late = at(time + 300) + TimeDelta::microseconds(1);
        assert_eq!(
            verify(&producers, headers, body, late),
            Err(Refusal::Expired)
        );
        // That it is too late is only for those who could sign.
        let refused = verify(&producers, headers, b"{}", at(time + 301));
        assert_eq!(refused, Err(Refusal::Invalid));
    }
}

#[test]
fn a_message_that_is_not_signed_says_what_is_missing() {
    let producers = producers(&[SPECIFICATION]);
    let (plain, body, time) = plain_example();
    for (headers, body, time) in [(example(), BODY, SIGNED_AT), (plain, body, time)] {
        for (name, _) in &headers {
            let refused = verify(&producers, &without(&headers, name), body, at(time));
            let expected = if name.ends_with("signature") {
                "webhook-signature"
            } else {
                name
            };
            assert_eq!(refused, Err(Refusal::Missing(expected)), "{name}");
        }
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused() {
    let producers = producers(&[SPECIFICATION]);
    let (headers, body, time) = plain_example();
    let mut both = example();
    both.extend(without(&headers, "x-signal-producer"));
    assert_eq!(
        verify(&producers, &both, BODY, at(SIGNED_AT)),
        Err(Refusal::Invalid)
    );

    // The same bytes are signed, cut elsewhere: into a time that is long past,
    let cut = with(&headers, "x-signal-timestamp", "732190400");
    let refused = verify(&producers, &cut, &[body, b"1"].concat(), at(time));
    assert_eq!(refused, Err(Refusal::Expired));
    // and into one that begins with a nought.
    let signed = plain(
        1_732_190_400,
        "zhuO5S8NdhSVrbxq4ukAA4pLTpKXmFrhFil487p7wbQ=",
    );
    verify(&producers, &signed, b"{}0", at(time)).unwrap();
    let cut = with(&signed, "x-signal-timestamp", "01732190400");
    assert_eq!(
        verify(&producers, &cut, b"{}", at(time)),
        Err(Refusal::Invalid)
    );
}

/// Computed with the module hmac of Python 3, over `msg_1.1614265330.1614265331.{}`.
#[test]
fn a_signature_is_good_for_one_way_to_part_what_it_signs() {
    let signature = "v1,CMmEKLRb7FQhXi2yx5/dbO/5/zXV24MTtacGs7KKuEk=";
    let producers = producers(&[SPECIFICATION]);
    let (time, later) = (1_614_265_330, 1_614_265_331);
    let signed = standard("msg_1", time, signature);
    let found = verify(&producers, &signed, b"1614265331.{}", at(time));
    assert_eq!(found.as_deref(), Ok("msg_1"));
    let parted_later = standard("msg_1.1614265330", later, signature);
    let refused = verify(&producers, &parted_later, b"{}", at(later));
    assert_eq!(refused, Err(Refusal::Invalid));
}

#[test]
fn headers_that_cannot_be_read_are_refused_like_a_wrong_signature() {
    let producers = producers(&[SPECIFICATION]);
    let long = "x".repeat(256);
    for (name, values) in [
        (
            "x-signal-producer",
            &["", "Momentum", "momentum ", "other"][..],
        ),
        ("webhook-id", &["", "a b", "msg\u{e9}", &long]),
        (
            "webhook-timestamp",
            &[
                "",
                "0",
                "01614265330",
                "+1614265330",
                "1614265330.0",
                "9".repeat(30).as_str(),
            ],
        ),
        (
            "webhook-signature",
            &[
                "",
                " ",
                "v1",
                "v1,",
                &SIGNATURE[3..],
                &SIGNATURE[..46],
                "v2,g0hM",
            ],
        ),
    ] {
        for value in values {
            let headers = with(&example(), name, value);
            let refused = verify(&producers, &headers, BODY, at(SIGNED_AT));
            assert_eq!(refused, Err(Refusal::Invalid), "{name}: {value}");
        }
    }
}

/// Nobody has signed with the key of a producer who is not known.
#[test]
fn the_key_that_stands_in_for_an_unknown_producers_opens_nothing() {
    let key = format!("whsec_{}", STANDARD.encode([0; 64]));
    let zeros = producers(&[&key]);
    // HMAC-SHA256 with an empty key, which is one of zeros, over "msg_1.1732190400.{}".
    let signature = "v1,jDszC8B6CqYLH1ILUx6EnbCoUmH9HaudnkydZIDWI40=";
    let headers = standard("msg_1", 1_732_190_400, signature);
    verify(&zeros, &headers, b"{}", at(1_732_190_400)).unwrap();
    for producers in [Producers::default(), producers(&[SPECIFICATION])] {
        let unknown = with(&headers, "x-signal-producer", "unknown");
        let refused = verify(&producers, &unknown, b"{}", at(1_732_190_400));
        assert_eq!(refused, Err(Refusal::Invalid));
        let refused = verify(&producers, &headers, b"{}", at(1_732_190_400));
        assert_eq!(refused, Err(Refusal::Invalid));
    }
}

/// With one bit of one byte the other way.
fn flip(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    flipped[bit / 8 % bytes.len()] ^= 1 << (bit % 8);
    flipped
}

proptest! {
    #[test]
    fn a_message_with_any_bit_flipped_is_refused(bit in 0_usize..100_000, which in 0_usize..5) {
        let producers = producers(&[SPECIFICATION]);
        let headers = example();
        let text = |index: usize| String::from_utf8(flip(headers[index].1.as_bytes(), bit)).ok();
        let refused = match which {
            4 => verify(&producers, &headers, &flip(BODY, bit), at(SIGNED_AT)),
            3 => {
                let signature = STANDARD.decode(&SIGNATURE[3..]).unwrap();
                let flipped = format!("v1,{}", STANDARD.encode(flip(&signature, bit)));
                verify(&producers, &with(&headers, "webhook-signature", &flipped), BODY, at(SIGNED_AT))
            }
            index => {
                // A header is text; a byte that is none never comes so far.
                let Some(flipped) = text(index) else { return Ok(()) };
                let changed = with(&headers, headers[index].0, &flipped);
                verify(&producers, &changed, BODY, at(SIGNED_AT))
            }
        };
        prop_assert_eq!(refused, Err(Refusal::Invalid));
    }

    #[test]
    fn a_plain_message_with_any_bit_flipped_is_refused(bit in 0_usize..100_000, which in 0_usize..4) {
        let producers = producers(&[SPECIFICATION]);
        let (headers, body, time) = plain_example();
        let refused = match which {
            3 => verify(&producers, &headers, &flip(body, bit), at(time)),
            2 => {
                let signature = STANDARD.decode(&headers[2].1).unwrap();
                let flipped = STANDARD.encode(flip(&signature, bit));
                verify(&producers, &with(&headers, "x-signal-signature", &flipped), body, at(time))
            }
            index => {
                let flipped = String::from_utf8(flip(headers[index].1.as_bytes(), bit));
                let Ok(flipped) = flipped else { return Ok(()) };
                verify(&producers, &with(&headers, headers[index].0, &flipped), body, at(time))
            }
        };
        prop_assert_eq!(refused, Err(Refusal::Invalid));
    }

    #[test]
    fn nothing_in_a_header_or_a_body_is_a_fault(
        values in proptest::collection::vec(proptest::option::of(".{0,80}"), 6),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        now in 0_i64..4_000_000_000,
    ) {
        let names = ["x-signal-producer", "webhook-id", "webhook-timestamp", "webhook-signature",
            "x-signal-timestamp", "x-signal-signature"];
        let given = names.into_iter().zip(values);
        let headers = given.filter_map(|(name, value)| Some((name, value?))).collect();
        prop_assert!(verify(&producers(&[SPECIFICATION]), &headers, &body, at(now)).is_err());
    }
}
