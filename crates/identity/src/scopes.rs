//! What the token of a program may be used for.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// One thing that a token may be good for. What its owner may not do, it is never good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    BooksRead,
    /// Includes [`Scope::BooksRead`].
    BooksWrite,
    PacksWrite,
    JobsWork,
    ApprovalsVote,
    TokensWrite,
    DeploymentsWrite,
    /// Includes all others.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 8] = [
        Self::BooksRead,
        Self::BooksWrite,
        Self::PacksWrite,
        Self::JobsWork,
        Self::ApprovalsVote,
        Self::TokensWrite,
        Self::DeploymentsWrite,
        Self::Admin,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::BooksRead => "books:read",
            Self::BooksWrite => "books:write",
            Self::PacksWrite => "packs:write",
            Self::JobsWork => "jobs:work",
            Self::ApprovalsVote => "approvals:vote",
            Self::TokensWrite => "tokens:write",
            Self::DeploymentsWrite => "deployments:write",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no scope; there are {}", Scope::ALL.map(Scope::as_str).join(", "))]
pub struct UnknownScope {
    pub word: String,
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == word);
        found.ok_or_else(|| UnknownScope {
            word: word.to_owned(),
        })
    }
}

/// A set of scopes as they were given, in their fixed order. As JSON it is a list of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// Good for nothing.
    pub const NONE: Self = Self(0);

    /// Whether these are good for what `wanted` names, by itself or by what includes it.
    pub fn allow(self, wanted: Scope) -> bool {
        let includes = match wanted {
            Scope::BooksRead => wanted.bit() | Scope::BooksWrite.bit() | Scope::Admin.bit(),
            _ => wanted.bit() | Scope::Admin.bit(),
        };
        self.0 & includes != 0
    }

    /// Whether these are good for all that `others` are good for.
    pub fn include(self, others: Self) -> bool {
        others.iter().all(|scope| self.allow(scope))
    }

    /// Reads a list of words. One that this version does not know is good for nothing.
    pub(crate) fn of_json(words: &serde_json::Value) -> Self {
        let words = words.as_array().into_iter().flatten();
        let known = words.filter_map(|word| word.as_str()?.parse::<Scope>().ok());
        known.collect()
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that were given, without what they include.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        let given = move |scope: &Scope| self.0 & scope.bit() != 0;
        Scope::ALL.into_iter().filter(given)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(scope.bit())
    }
}

/// The words with a space between each two, as RFC 6749 (3.3) writes scopes.
impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

/// Words with spaces or commas between them.
impl FromStr for Scopes {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words.map(str::parse::<Scope>).collect()
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(Scope::as_str))
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<String>::deserialize(deserializer)?;
        let scopes = words.iter().map(|word| word.parse::<Scope>());
        scopes.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}
