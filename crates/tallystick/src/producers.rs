//! The file that names who may send signals, and their secrets.
//!
//! ```toml
//! [producers.momentum]
//! user = "me@example.org"
//! secrets = ["whsec_…"]
//! ```

mod error;
mod read;

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use identity::webhook::{Producer, Producers, Secret};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

pub use error::Error;

use crate::settings::Settings;

/// The producers of the file that the settings name; none without one. A secret that others may know is
/// refused in production.
pub fn load(settings: &Settings) -> Result<Producers, Error> {
    let Some(path) = &settings.signals.producers_file else {
        return Ok(Producers::default());
    };
    let text = fs::read_to_string(path).map_err(|source| Error::Unreadable {
        file: path.clone(),
        source,
    })?;
    let producers = read::producers(path, &read::document(path, &text)?)?;
    if settings.environment == "production"
        && let Some((name, weakness)) = producers.weak().next()
    {
        return Err(Error::Weak {
            file: path.clone(),
            name: name.to_owned(),
            weakness,
        });
    }
    Ok(producers)
}

/// The text of a secret that nobody else has.
pub fn new_secret() -> Result<String, Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(Error::Random)?;
    Ok(Secret::text_of(&key))
}

/// The file as it is changed by commands; comments in it stay.
pub struct ProducersFile {
    path: PathBuf,
    document: DocumentMut,
}

/// The one that counts from now on, and the one before.
const KEPT_SECRETS: usize = 2;

impl ProducersFile {
    /// A file that is not there yet is as good as an empty one.
    pub fn open(settings: &Settings) -> Result<Self, Error> {
        let path = settings.signals.producers_file.clone();
        let path = path.ok_or(Error::NotSet)?;
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(source) => return Err(Error::Unreadable { file: path, source }),
            Ok(text) => text,
        };
        let document = read::document(&path, &text)?;
        // What is wrong with it is told before anything is changed.
        read::producers(&path, &document)?;
        Ok(Self { path, document })
    }

    pub fn producers(&self) -> Result<Producers, Error> {
        read::producers(&self.path, &self.document)
    }

    pub fn add(&mut self, name: &str, user: &str, secret: &str) -> Result<(), Error> {
        Producer::new(name, user, &[secret]).map_err(|source| Error::Producer {
            file: self.path.clone(),
            name: name.to_owned(),
            source,
        })?;
        if self.producers()?.get(name).is_some() {
            return Err(Error::Exists {
                file: self.path.clone(),
                name: name.to_owned(),
            });
        }
        let mut added = Table::new();
        added.insert("user", value(user));
        added.insert("secrets", value(Array::from_iter([secret])));
        self.table()?.insert(name, Item::Table(added));
        Ok(())
    }

    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        let removed = self.table()?.remove(name);
        removed.map(drop).ok_or_else(|| self.unknown(name))
    }

    /// Puts a secret before the newest one of a producer, and lets older ones go.
    pub fn rotate(&mut self, name: &str, secret: &str) -> Result<(), Error> {
        let unknown = self.unknown(name);
        let producer = self.table()?.get_mut(name);
        let secrets = producer
            .and_then(|item| item.get_mut("secrets"))
            .and_then(Item::as_array_mut)
            .ok_or(unknown)?;
        secrets.insert(0, secret);
        while secrets.len() > KEPT_SECRETS {
            secrets.remove(KEPT_SECRETS);
        }
        Ok(())
    }

    /// Writes all of the file or leaves it as it was, readable for its owner alone.
    pub fn save(&self) -> Result<(), Error> {
        write_whole(&self.path, &self.document.to_string()).map_err(|source| Error::Unwritable {
            file: self.path.clone(),
            source,
        })
    }

    fn table(&mut self) -> Result<&mut dyn TableLike, Error> {
        let mut none = Table::new();
        none.set_implicit(true);
        let producers = self
            .document
            .entry("producers")
            .or_insert(Item::Table(none));
        producers.as_table_like_mut().ok_or_else(|| Error::Shape {
            file: self.path.clone(),
        })
    }

    fn unknown(&self, name: &str) -> Error {
        Error::Unknown {
            file: self.path.clone(),
            name: name.to_owned(),
        }
    }
}

/// By way of a file beside it, so that whoever reads it finds the one or the other.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    // A link goes on leading to the file.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(&path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
