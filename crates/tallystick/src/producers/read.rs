//! What a file of producers says, or what is wrong with it.
//!
//! A parser's own messages quote what they stumble over, which may be a secret: so it is read by hand.

use std::path::Path;

use identity::webhook::{Producer, Producers};
use toml_edit::{DocumentMut, Item, TableLike};

use super::Error;

pub fn document(path: &Path, text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start));
        Error::Syntax {
            file: path.to_owned(),
            line: before.unwrap_or_default().matches('\n').count() + 1,
        }
    })
}

pub fn producers(path: &Path, document: &DocumentMut) -> Result<Producers, Error> {
    let wrong = || Error::Shape {
        file: path.to_owned(),
    };
    if document.iter().any(|(key, _)| key != "producers") {
        return Err(wrong());
    }
    let Some(producers) = document.get("producers") else {
        return Ok(Producers::default());
    };
    let tables = producers.as_table_like().ok_or_else(wrong)?;
    tables
        .iter()
        .map(|(name, item)| producer(path, name, item))
        .collect()
}

fn producer(path: &Path, name: &str, item: &Item) -> Result<Producer, Error> {
    let parts = item.as_table_like().and_then(parts_of);
    let (user, secrets) = parts.ok_or_else(|| Error::ProducerShape {
        file: path.to_owned(),
        name: name.to_owned(),
    })?;
    Producer::new(name, user, &secrets).map_err(|source| Error::Producer {
        file: path.to_owned(),
        name: name.to_owned(),
        source,
    })
}

fn parts_of(table: &dyn TableLike) -> Option<(&str, Vec<&str>)> {
    if table
        .iter()
        .any(|(key, _)| key != "user" && key != "secrets")
    {
        return None;
    }
    let user = table.get("user")?.as_str()?;
    let secrets = table.get("secrets")?.as_array()?.iter();
    Some((
        user,
        secrets
            .map(|secret| secret.as_str())
            .collect::<Option<_>>()?,
    ))
}
