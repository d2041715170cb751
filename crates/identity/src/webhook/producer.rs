use std::collections::BTreeMap;

use super::{Secret, SecretError, Weakness};

/// A program that sends signed messages, and for whom.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Producer {
    pub name: String,
    /// The email of the user whose thread its messages go to, in lower case.
    pub user: String,
    /// All that are valid, so that one can follow another without a pause.
    pub secrets: Vec<Secret>,
}

/// Why a producer cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProducerError {
    #[error(
        "a name is 1 to 64 lower-case letters, digits, `-` and `_`, and begins with a letter or digit"
    )]
    Name,
    #[error("`user` must be the email of the user whose thread the signals go to")]
    User,
    #[error("`secrets` must hold 1 to {MOST_SECRETS} secrets; this has {0}")]
    SecretCount(usize),
    #[error("secret number {number} cannot be used: {source}")]
    Secret { number: usize, source: SecretError },
}

const LONGEST_NAME: usize = 64;
const LONGEST_EMAIL: usize = 254;

/// A signature is tried with each.
const MOST_SECRETS: usize = 4;

impl Producer {
    /// # Errors
    ///
    /// [`ProducerError`], which never shows a secret.
    pub fn new(name: &str, user: &str, secrets: &[&str]) -> Result<Self, ProducerError> {
        if !is_name(name) {
            return Err(ProducerError::Name);
        }
        if !is_email(user) {
            return Err(ProducerError::User);
        }
        if !(1..=MOST_SECRETS).contains(&secrets.len()) {
            return Err(ProducerError::SecretCount(secrets.len()));
        }
        let parse = |(index, text): (usize, &&str)| {
            let number = index + 1;
            Secret::parse(text).map_err(|source| ProducerError::Secret { number, source })
        };
        let secrets: Result<Vec<Secret>, _> = secrets.iter().enumerate().map(parse).collect();
        Ok(Self {
            name: name.to_owned(),
            user: user.to_lowercase(),
            secrets: secrets?,
        })
    }
}

/// Whether `text` can name another program: 1 to 64 lower-case letters, digits, `-` and `_`, the first a letter or
/// digit.
pub fn is_name(text: &str) -> bool {
    let in_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    (1..=LONGEST_NAME).contains(&text.len())
        && text.bytes().all(in_name)
        && !text.starts_with(['-', '_'])
}

/// Whether `text` has the form of an email address, as far as it can be told without sending to it.
pub fn is_email(text: &str) -> bool {
    let is_plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    let parts = text.split_once('@');
    let has_parts = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    has_parts && is_plain && text.len() <= LONGEST_EMAIL
}

/// The known producers, by their names.
#[derive(Clone, Debug)]
pub struct Producers {
    by_name: BTreeMap<String, Producer>,
    decoy: Secret,
}

impl Default for Producers {
    fn default() -> Self {
        Self::from_iter([])
    }
}

impl FromIterator<Producer> for Producers {
    /// Of two with one name, the later one is known.
    fn from_iter<I: IntoIterator<Item = Producer>>(producers: I) -> Self {
        let named = |producer: Producer| (producer.name.clone(), producer);
        Self {
            by_name: producers.into_iter().map(named).collect(),
            decoy: Secret::decoy(),
        }
    }
}

impl Producers {
    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Producer> {
        self.by_name.values()
    }

    pub fn get(&self, name: &str) -> Option<&Producer> {
        self.by_name.get(name)
    }

    /// Producers with a secret that others may know, and why they may.
    pub fn weak(&self) -> impl Iterator<Item = (&str, Weakness)> {
        self.iter().flat_map(|producer| {
            let weaknesses = producer.secrets.iter().filter_map(Secret::weakness);
            weaknesses.map(|weakness| (producer.name.as_str(), weakness))
        })
    }

    /// The secrets to try for a producer, known or not: always as many, each with whether it is real,
    /// so that the time it takes tells nothing.
    pub(super) fn secrets_to_try<'a>(
        &'a self,
        producer: Option<&'a Producer>,
    ) -> Vec<(&'a Secret, bool)> {
        let most = self.iter().map(|producer| producer.secrets.len()).max();
        let own = producer.map_or(&[][..], |producer| &producer.secrets);
        let decoys = std::iter::repeat((&self.decoy, false));
        let own = own.iter().map(|secret| (secret, true));
        own.chain(decoys).take(most.unwrap_or(1)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Producer, ProducerError, Producers};
    use crate::webhook::SecretError;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_producer_has_a_plain_name_a_users_email_and_secrets() {
        let producer = Producer::new("a-1_b", "Me@Example.org", &[SECRET]).unwrap();
        assert_eq!(producer.user, "me@example.org");
        for name in ["", "-a", "_a", "A", "a b", "a.b", "é", &"a".repeat(65)] {
            let refused = Producer::new(name, "a@b", &[SECRET]).unwrap_err();
            assert_eq!(refused, ProducerError::Name, "{name}");
        }
        for user in [
            "",
            "a",
            "@b",
            "a@",
            "a @b",
            "a@b\n",
            &format!("a@{}", "b".repeat(253)),
        ] {
            let refused = Producer::new("p", user, &[SECRET]).unwrap_err();
            assert_eq!(refused, ProducerError::User, "{user}");
        }
        let count = |secrets: &[&str]| Producer::new("p", "a@b", secrets).unwrap_err();
        assert_eq!(count(&[]), ProducerError::SecretCount(0));
        assert_eq!(count(&[SECRET; 5]), ProducerError::SecretCount(5));
        let source = SecretError::Form;
        let refused = count(&[SECRET, "hunter2"]);
        assert_eq!(refused, ProducerError::Secret { number: 2, source });
    }

    #[test]
    fn a_producer_does_not_show_its_secrets() {
        let producer = Producer::new("p", "a@b", &[SECRET]).unwrap();
        let shown = format!("{:?}", Producers::from_iter([producer]));
        assert!(shown.contains("a@b") && !shown.contains("MfKQ"), "{shown}");
    }

    #[test]
    fn a_producer_that_is_not_known_is_tried_with_as_many_secrets() {
        let one = Producer::new("one", "a@b", &[SECRET]).unwrap();
        let three = Producer::new("three", "a@b", &[SECRET; 3]).unwrap();
        let producers = Producers::from_iter([one, three]);
        for (name, real) in [("one", 1), ("three", 3), ("unknown", 0)] {
            let secrets = producers.secrets_to_try(producers.get(name));
            assert_eq!(secrets.len(), 3, "{name}");
            assert_eq!(secrets.iter().filter(|(_, is_real)| *is_real).count(), real);
        }
        assert_eq!(Producers::default().secrets_to_try(None).len(), 1);
    }

    #[test]
    fn secrets_that_others_know_are_told_with_their_producer() {
        let known = Producer::new("known", "a@b", &[SECRET]).unwrap();
        let own = "whsec_47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let good = Producer::new("good", "a@b", &[own]).unwrap();
        let producers = Producers::from_iter([known, good]);
        let names: Vec<&str> = producers.weak().map(|(name, _)| name).collect();
        assert_eq!(names, ["known"]);
    }
}
