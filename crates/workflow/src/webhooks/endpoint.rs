use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use identity::webhook::{Secret, SecretError, Weakness, is_email, is_name};
use url::Url;

use super::EventType;

/// A program that is told of events by signed messages.
#[derive(Clone)]
#[non_exhaustive]
pub struct Endpoint {
    pub name: String,
    /// The email of the user whose events it is told, in lower case.
    pub user: String,
    pub(super) url: Url,
    /// Each message is signed with all of them, so that one can follow another without a pause.
    pub(super) secrets: Vec<Secret>,
    pub events: BTreeSet<EventType>,
    /// Whether it may be on this machine or in a private network.
    pub allow_private: bool,
}

/// What an endpoint is made of, as it was written.
#[derive(Clone, Copy)]
pub struct NewEndpoint<'a> {
    pub name: &'a str,
    pub user: &'a str,
    pub url: &'a str,
    pub secrets: &'a [&'a str],
    /// Names of [`EventType`]s; all of them if there is none.
    pub events: &'a [&'a str],
    pub allow_private: bool,
}

/// Why an endpoint cannot be one. It shows neither secrets nor the URL, which often holds one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error(
        "a name is 1 to 64 lower-case letters, digits, `-` and `_`, and begins with a letter or digit"
    )]
    Name,
    #[error("`user` must be the email of the user whose approvals are told")]
    User,
    #[error(
        "`url` must be an https:// address with a host, and without a user, a password or a `#`"
    )]
    Url,
    #[error(
        "`url` must begin with https://; http:// is for private networks alone, with \
         `allow_private = true`"
    )]
    Unencrypted,
    #[error("`secrets` must hold 1 to {MOST_SECRETS} secrets; this has {0}")]
    SecretCount(usize),
    #[error("secret number {number} cannot be used: {source}")]
    Secret { number: usize, source: SecretError },
    #[error("`events` names no event but {}", EventType::WORDS.join(", "))]
    Event,
}

/// A signature for each goes with every message.
const MOST_SECRETS: usize = 4;

impl Endpoint {
    /// # Errors
    ///
    /// [`EndpointError`].
    pub fn new(new: NewEndpoint<'_>) -> Result<Self, EndpointError> {
        if !is_name(new.name) {
            return Err(EndpointError::Name);
        }
        if !is_email(new.user) {
            return Err(EndpointError::User);
        }
        Ok(Self {
            name: new.name.to_owned(),
            user: new.user.to_lowercase(),
            url: read_url(new.url, new.allow_private)?,
            secrets: read_secrets(new.secrets)?,
            events: read_events(new.events)?,
            allow_private: new.allow_private,
        })
    }

    /// The host that is sent to: all of the URL that may be shown.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("user", &self.user)
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

fn read_url(text: &str, allow_private: bool) -> Result<Url, EndpointError> {
    let url: Url = text.parse().map_err(|_| EndpointError::Url)?;
    let is_bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if url.host().is_none() || !is_bare {
        return Err(EndpointError::Url);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if allow_private => Ok(url),
        "http" => Err(EndpointError::Unencrypted),
        _ => Err(EndpointError::Url),
    }
}

fn read_secrets(texts: &[&str]) -> Result<Vec<Secret>, EndpointError> {
    if !(1..=MOST_SECRETS).contains(&texts.len()) {
        return Err(EndpointError::SecretCount(texts.len()));
    }
    let parse = |(index, text): (usize, &&str)| {
        let number = index + 1;
        Secret::parse(text).map_err(|source| EndpointError::Secret { number, source })
    };
    texts.iter().enumerate().map(parse).collect()
}

fn read_events(names: &[&str]) -> Result<BTreeSet<EventType>, EndpointError> {
    if names.is_empty() {
        return Ok(EventType::ALL.into());
    }
    let parse = |name: &&str| EventType::of_name(name).ok_or(EndpointError::Event);
    names.iter().map(parse).collect()
}

/// The known endpoints, by their names.
#[derive(Clone, Debug, Default)]
pub struct Endpoints(BTreeMap<String, Endpoint>);

impl FromIterator<Endpoint> for Endpoints {
    /// Of two with one name, the later one is known.
    fn from_iter<I: IntoIterator<Item = Endpoint>>(endpoints: I) -> Self {
        let named = |endpoint: Endpoint| (endpoint.name.clone(), endpoint);
        Self(endpoints.into_iter().map(named).collect())
    }
}

impl Endpoints {
    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Endpoint> {
        self.0.values()
    }

    pub fn get(&self, name: &str) -> Option<&Endpoint> {
        self.0.get(name)
    }

    /// Endpoints with a secret that others may know, and why they may.
    pub fn weak(&self) -> impl Iterator<Item = (&str, Weakness)> {
        self.iter().flat_map(|endpoint| {
            let weaknesses = endpoint.secrets.iter().filter_map(Secret::weakness);
            weaknesses.map(|weakness| (endpoint.name.as_str(), weakness))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError, Endpoints, EventType, NewEndpoint};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NEW: NewEndpoint<'_> = NewEndpoint {
        name: "pager",
        user: "Me@Example.org",
        url: "https://hooks.example/s3cret?token=s3cret",
        secrets: &[SECRET],
        events: &[],
        allow_private: false,
    };

    #[test]
    fn an_endpoint_shows_neither_its_secrets_nor_its_url() {
        let endpoint = Endpoint::new(NEW).unwrap();
        assert_eq!(endpoint.user, "me@example.org");
        assert_eq!(endpoint.events, EventType::ALL.into());
        let shown = format!("{:?}", Endpoints::from_iter([endpoint]));
        assert!(shown.contains("hooks.example"), "{shown}");
        assert!(
            !shown.contains("s3cret") && !shown.contains("MfKQ"),
            "{shown}"
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        let refused = |new| Endpoint::new(new).unwrap_err();
        assert_eq!(
            refused(NewEndpoint { name: "A", ..NEW }),
            EndpointError::Name
        );
        assert_eq!(
            refused(NewEndpoint { user: "a", ..NEW }),
            EndpointError::User
        );
        let unknown = &["approval.proposed", "approval.forgotten"];
        let refusal = refused(NewEndpoint {
            events: unknown,
            ..NEW
        });
        assert_eq!(refusal, EndpointError::Event);
        let refusal = refused(NewEndpoint {
            secrets: &[],
            ..NEW
        });
        assert_eq!(refusal, EndpointError::SecretCount(0));
        let refusal = refused(NewEndpoint {
            secrets: &[SECRET; 5],
            ..NEW
        });
        assert_eq!(refusal, EndpointError::SecretCount(5));
        let refusal = refused(NewEndpoint {
            secrets: &[SECRET, "hunter2"],
            ..NEW
        });
        assert!(matches!(refusal, EndpointError::Secret { number: 2, .. }));
        for url in [
            "",
            "hooks.example",
            "ftp://hooks.example/",
            "https://",
            "https://me@hooks.example/",
            "https://me:word@hooks.example/",
            "https://hooks.example/#part",
        ] {
            let refusal = refused(NewEndpoint { url, ..NEW });
            assert_eq!(refusal, EndpointError::Url, "{url}");
        }
    }

    #[test]
    fn messages_go_unencrypted_to_private_networks_alone() {
        let plain = NewEndpoint {
            url: "http://hooks.example/",
            ..NEW
        };
        assert_eq!(
            Endpoint::new(plain).unwrap_err(),
            EndpointError::Unencrypted
        );
        let private = NewEndpoint {
            allow_private: true,
            ..plain
        };
        assert!(Endpoint::new(private).is_ok());
    }

    #[test]
    fn secrets_that_others_know_are_told_with_their_endpoint() {
        let own = "whsec_47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let good = NewEndpoint {
            name: "good",
            secrets: &[own],
            ..NEW
        };
        let endpoints = [NEW, good].map(|new| Endpoint::new(new).unwrap());
        let endpoints = Endpoints::from_iter(endpoints);
        let weak: Vec<&str> = endpoints.weak().map(|(name, _)| name).collect();
        assert_eq!(weak, ["pager"]);
    }
}
