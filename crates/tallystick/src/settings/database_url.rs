use std::{fmt, path::Path};

use db::{Address, AddressError};

/// A database's URL that has been understood. It may hold a password, which neither `Debug` nor
/// `Display` shows.
#[derive(Clone)]
pub struct DatabaseUrl {
    text: String,
    address: Address,
}

impl DatabaseUrl {
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let address = Address::parse(text)?;
        let text = text.to_owned();
        Ok(Self { text, address })
    }

    /// The whole URL, with its password.
    pub fn reveal(&self) -> &str {
        &self.text
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The file of an SQLite database that is kept in one.
    pub fn sqlite_file(&self) -> Option<&Path> {
        self.address.sqlite()?.file()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
