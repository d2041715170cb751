use std::{borrow::Cow, fmt};

use super::sources::Origin;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "TALLYSTICK_ENV is `{name}`, but there is no config/{name}.toml here; expected development, \
         test, production, or the name of such a file"
    )]
    UnknownEnvironment { name: String },
    #[error("the configuration file {file} cannot be read: {detail}")]
    File { file: String, detail: String },
    #[error("the configuration cannot be read: {detail}")]
    Sources { detail: String },
    #[error("the configuration is wrong:{}", lines(.0))]
    Faults(Vec<Fault>),
    #[error("the configuration lacks a setting that config/default.toml has")]
    Incomplete,
}

/// One setting that cannot be used.
pub enum Fault {
    WrongValue {
        key: &'static str,
        text: String,
        origin: Origin,
        expected: Cow<'static, str>,
    },
    /// What was written may be a secret, or is no text.
    Unusable {
        key: &'static str,
        origin: Origin,
        reason: String,
    },
    UnknownKey {
        key: String,
        origin: Origin,
        known: String,
    },
    /// Settings that are right by themselves, but not together.
    Contradiction(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongValue {
                key,
                text,
                origin,
                expected,
            } => {
                write!(f, "{key} is `{text}` ({origin}); expected {expected}")
            }
            Self::Unusable {
                key,
                origin,
                reason,
            } => {
                write!(f, "{key} cannot be used ({origin}): {reason}")
            }
            Self::Contradiction(text) => f.write_str(text),
            Self::UnknownKey { key, origin, known } => {
                write!(f, "{key} is not a setting ({origin}); {known}")
            }
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().fold(String::new(), |lines, fault| {
        lines + "\n  " + &fault.to_string()
    })
}
