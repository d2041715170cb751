//! What a file of endpoints says, or what is wrong with it.
//!
//! A parser's own messages quote what they stumble over, which may be a secret: so it is read by hand.

use std::path::Path;

use toml_edit::{DocumentMut, Item, TableLike};
use workflow::webhooks::{Endpoint, Endpoints, NewEndpoint};

use super::Error;

/// The value of an environment variable.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

const KEYS: [&str; 6] = [
    "url",
    "user",
    "secrets",
    "secret_env",
    "events",
    "allow_private",
];

pub fn endpoints(path: &Path, text: &str, variables: Variables<'_>) -> Result<Endpoints, Error> {
    let document = document(path, text)?;
    let wrong = || Error::Shape {
        file: path.to_owned(),
    };
    if document.iter().any(|(key, _)| key != "webhooks") {
        return Err(wrong());
    }
    let Some(endpoints) = document.get("webhooks") else {
        return Ok(Endpoints::default());
    };
    let tables = endpoints.as_table_like().ok_or_else(wrong)?;
    tables
        .iter()
        .map(|(name, item)| endpoint(path, name, item, variables))
        .collect()
}

fn document(path: &Path, text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start));
        Error::Syntax {
            file: path.to_owned(),
            line: before.unwrap_or_default().matches('\n').count() + 1,
        }
    })
}

fn endpoint(
    path: &Path,
    name: &str,
    item: &Item,
    variables: Variables<'_>,
) -> Result<Endpoint, Error> {
    let written = item.as_table_like().and_then(Written::read);
    let written = written.ok_or_else(|| Error::EndpointShape {
        file: path.to_owned(),
        name: name.to_owned(),
    })?;
    let from_environment;
    let secrets = match written.secrets {
        Secrets::Here(secrets) => secrets,
        Secrets::In(variable) => {
            from_environment = variables(variable).ok_or_else(|| Error::NoVariable {
                file: path.to_owned(),
                name: name.to_owned(),
                variable: variable.to_owned(),
            })?;
            vec![from_environment.as_str()]
        }
    };
    let new = NewEndpoint {
        name,
        user: written.user,
        url: written.url,
        secrets: &secrets,
        events: &written.events,
        allow_private: written.allow_private,
    };
    Endpoint::new(new).map_err(|source| Error::Endpoint {
        file: path.to_owned(),
        name: name.to_owned(),
        source,
    })
}

struct Written<'t> {
    url: &'t str,
    user: &'t str,
    secrets: Secrets<'t>,
    events: Vec<&'t str>,
    allow_private: bool,
}

enum Secrets<'t> {
    Here(Vec<&'t str>),
    /// In this environment variable.
    In(&'t str),
}

impl<'t> Written<'t> {
    /// `None` where a key is missing, unknown, or of another type.
    fn read(table: &'t dyn TableLike) -> Option<Self> {
        if table.iter().any(|(key, _)| !KEYS.contains(&key)) {
            return None;
        }
        let secrets = match (table.get("secrets"), table.get("secret_env")) {
            (Some(secrets), None) => Secrets::Here(texts(secrets)?),
            (None, Some(variable)) => Secrets::In(variable.as_str()?),
            _ => return None,
        };
        Some(Self {
            url: table.get("url")?.as_str()?,
            user: table.get("user")?.as_str()?,
            secrets,
            events: table.get("events").map_or(Some(Vec::new()), texts)?,
            allow_private: match table.get("allow_private") {
                Some(allowed) => allowed.as_bool()?,
                None => false,
            },
        })
    }
}

fn texts(item: &Item) -> Option<Vec<&str>> {
    item.as_array()?.iter().map(|text| text.as_str()).collect()
}
