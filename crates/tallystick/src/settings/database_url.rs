use std::fmt;

pub const EXPECTED: &str = "sqlite://FILE, or postgres://NAME:PASSWORD@HOST/DATABASE with every \
                            /, ?, # and @ of the password percent-encoded";

/// A database's address. It may hold a password, which neither `Debug` nor `Display` shows.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// `None` unless the scheme is known, and the part before the path can only be read one way: an
    /// unescaped character in a password would make a piece of it look like a host or a path.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let usable = match scheme {
            "sqlite" => !rest.trim_start_matches('/').is_empty(),
            "postgres" | "postgresql" => {
                let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next()?;
                rest.matches('@').count() == authority.matches('@').count()
                    && authority.matches('@').count() <= 1
            }
            _ => false,
        };
        usable.then(|| Self(text.to_owned()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The file of an SQLite database that is kept in one.
    pub fn sqlite_file(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
        (!path.contains(":memory:") && !self.0.contains("mode=memory")).then_some(path)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with("sqlite:") {
            return f.write_str(&self.0);
        }
        // A query may hold a password too, so it is left out.
        let address = self.0.split('?').next().unwrap_or_default();
        match address.split_once('@') {
            Some((before, after)) => {
                let name_end = before.rfind("://").map_or(0, |at| at + 3);
                match before[name_end..].find(':') {
                    Some(colon) => write!(f, "{}:***@{after}", &before[..name_end + colon]),
                    None => f.write_str(address),
                }
            }
            None => f.write_str(address),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
