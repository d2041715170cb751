use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{Producer, Producers};

/// How far a message's time may be from the service's, in the past and in the future.
pub const SKEW: TimeDelta = TimeDelta::seconds(300);

/// Who sends, for both ways to sign.
pub const PRODUCER_HEADER: &str = "x-signal-producer";

const STANDARD_ID: &str = "webhook-id";
const STANDARD_TIMESTAMP: &str = "webhook-timestamp";
const STANDARD_SIGNATURE: &str = "webhook-signature";
const PLAIN_TIMESTAMP: &str = "x-signal-timestamp";
const PLAIN_SIGNATURE: &str = "x-signal-signature";

const LONGEST_ID: usize = 255;

/// Why a message is not taken for its producer's. It says no more than its sender may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the header {0} is missing")]
    Missing(&'static str),
    #[error("the signature is not one of this producer for this message")]
    Invalid,
    #[error("the message's time is more than 300 seconds from the service's")]
    Expired,
}

/// A message that is its producer's.
#[derive(Clone, Debug)]
pub struct Verified<'a> {
    pub producer: &'a Producer,
    /// Its own, or in the plain form, which has none, `sha256:` and the signature's SHA-256 in
    /// lower-case hex.
    pub message_id: String,
}

/// How a message says that it is signed.
struct Signed<'a> {
    producer: &'a str,
    timestamp: &'a str,
    /// `None` in the plain form.
    id: Option<&'a str>,
    /// Those that can be read; one of them must be right.
    signatures: Vec<[u8; 32]>,
}

impl Producers {
    /// Whether a message came from the producer that it names, and near `now`. `header` gives a header
    /// by its lower-case name; one that cannot be used may be given as empty.
    ///
    /// The time this takes does not tell whether the producer is known, nor how much of a signature is
    /// right.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; that of a producer who is not known is that of a wrong signature.
    pub fn verify<'h>(
        &self,
        header: impl Fn(&str) -> Option<&'h str>,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<Verified<'_>, Refusal> {
        let signed = Signed::read(header)?;
        let producer = self.get(signed.producer);
        let right = self.right_signature(&signed, producer, body);
        let (Some(producer), Some(right)) = (producer, right) else {
            return Err(Refusal::Invalid);
        };
        let time = read_time(signed.timestamp).ok_or(Refusal::Invalid)?;
        if (now - time).abs() > SKEW {
            return Err(Refusal::Expired);
        }
        let message_id = signed.id.map_or_else(|| id_of(&right), str::to_owned);
        Ok(Verified {
            producer,
            message_id,
        })
    }

    /// The signature that one of the producer's secrets makes, after trying all with all.
    fn right_signature(
        &self,
        signed: &Signed<'_>,
        producer: Option<&Producer>,
        body: &[u8],
    ) -> Option<[u8; 32]> {
        let mut right = None;
        for (secret, is_real) in self.secrets_to_try(producer) {
            let expected = match signed.id {
                Some(id) => {
                    let time = signed.timestamp.as_bytes();
                    secret.sign(&[id.as_bytes(), b".", time, b".", body])
                }
                None => secret.sign(&[
                    body,
                    signed.timestamp.as_bytes(),
                    signed.producer.as_bytes(),
                ]),
            };
            let matches = signed.signatures.iter().map(|given| given.ct_eq(&expected));
            let matches = matches.fold(Choice::from(0), std::ops::BitOr::bitor);
            if bool::from(matches & Choice::from(u8::from(is_real))) {
                right = Some(expected);
            }
        }
        right
    }
}

impl<'h> Signed<'h> {
    fn read(header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, Refusal> {
        let required = |name: &'static str| header(name).ok_or(Refusal::Missing(name));
        let producer = || required(PRODUCER_HEADER);
        match (header(STANDARD_SIGNATURE), header(PLAIN_SIGNATURE)) {
            (None, None) => Err(Refusal::Missing(STANDARD_SIGNATURE)),
            // Which one counts would be a guess.
            (Some(_), Some(_)) => Err(Refusal::Invalid),
            (Some(signatures), None) => Ok(Self {
                producer: producer()?,
                timestamp: required(STANDARD_TIMESTAMP)?,
                id: Some(usable_id(required(STANDARD_ID)?)?),
                signatures: signatures.split(' ').filter_map(read_standard).collect(),
            }),
            (None, Some(signature)) => Ok(Self {
                producer: producer()?,
                timestamp: required(PLAIN_TIMESTAMP)?,
                id: None,
                signatures: read_signature(signature).into_iter().collect(),
            }),
        }
    }
}

/// A full stop ends the id in what is signed. If an id could hold one, the same signature would be good
/// for a message with a shorter id, and its rest taken for the time.
fn usable_id(id: &str) -> Result<&str, Refusal> {
    let is_usable = (1..=LONGEST_ID).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    is_usable.then_some(id).ok_or(Refusal::Invalid)
}

/// Signatures of other versions may stand beside one of ours.
fn read_standard(text: &str) -> Option<[u8; 32]> {
    read_signature(text.strip_prefix("v1,")?)
}

fn read_signature(base64: &str) -> Option<[u8; 32]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

/// Seconds of Unix time in the one way to write them: in the plain form nothing stands between body
/// and time, and digits that move from one to the other then change the time by years.
fn read_time(text: &str) -> Option<DateTime<Utc>> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let seconds = is_number.then(|| text.parse().ok()).flatten()?;
    DateTime::from_timestamp(seconds, 0)
}

fn id_of(signature: &[u8; 32]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(signature)))
}
