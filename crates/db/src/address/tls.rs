//! How far a connection is encrypted, and what proves the server's name.

use std::{fmt, path::PathBuf, str::FromStr};

use sqlx::postgres::PgSslMode;

use super::{AddressError, parameters::Parameters};

/// libpq's `sslmode`, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SslMode {
    Disable,
    /// Encrypted where the server insists. Its driver would never encrypt, so it is carried out as
    /// `Prefer`, which reaches a server that insists too.
    Allow,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

const MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    ("allow", SslMode::Allow),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

impl SslMode {
    pub(super) fn of_driver(self) -> PgSslMode {
        match self {
            Self::Disable => PgSslMode::Disable,
            Self::Allow | Self::Prefer => PgSslMode::Prefer,
            Self::Require => PgSslMode::Require,
            Self::VerifyCa => PgSslMode::VerifyCa,
            Self::VerifyFull => PgSslMode::VerifyFull,
        }
    }
}

impl FromStr for SslMode {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let found = MODES.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, mode)| *mode)
            .ok_or(AddressError::WrongValue {
                name: "sslmode",
                expected: "disable, allow, prefer, require, verify-ca or verify-full",
            })
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = MODES.iter().find(|(_, mode)| mode == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    pub mode: SslMode,
    /// Authorities to trust beside the system's.
    pub root: Option<PathBuf>,
    /// This program's own certificate, and its key.
    pub client: Option<(PathBuf, PathBuf)>,
}

impl Tls {
    pub fn take(parameters: &mut Parameters) -> Result<Self, AddressError> {
        let mode = parameters.take("sslmode");
        let mode = mode.as_deref().map(SslMode::from_str).transpose()?;
        let root = parameters.take("sslrootcert");
        let client = match (parameters.take("sslcert"), parameters.take("sslkey")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => return Err(AddressError::HalfCertificate),
        };
        // As in libpq since 16: a public authority signs for anybody who asks.
        if root.as_deref() == Some("system") {
            return match mode.unwrap_or(SslMode::VerifyFull) {
                mode @ SslMode::VerifyFull => Ok(Self {
                    mode,
                    root: None,
                    client,
                }),
                _ => Err(AddressError::WeakSystemRoots),
            };
        }
        // As in libpq: who names an authority for `require` wants it asked. The driver would not.
        let mode = match mode.unwrap_or_default() {
            SslMode::Require if root.is_some() => SslMode::VerifyCa,
            mode => mode,
        };
        let root = root.map(PathBuf::from);
        Ok(Self { mode, root, client })
    }
}
