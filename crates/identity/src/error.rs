use std::{io, path::PathBuf};

use entity::values::{ApiTokenId, PortfolioId};

use crate::WeakPassword;

/// Why an account, a password or a token could not be made, changed or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no user `{user}`; check the address or id in the list of users")]
    UserNotFound {
        /// The id or the email address that was asked for.
        user: String,
    },
    #[error("a user with the address {email} exists already")]
    EmailTaken { email: String },
    #[error("the user {email} is disabled; enable them first")]
    UserDisabled { email: String },
    #[error(
        "{email} is the last active administrator; make another one before this one is disabled or \
         gets another role"
    )]
    LastAdmin { email: String },
    #[error("the account was changed while you logged in; log in again")]
    LoginOvertaken,
    #[error("there is no token {id} of this user")]
    TokenNotFound { id: ApiTokenId },
    #[error("the user has no portfolio {id}")]
    PortfolioNotFound { id: PortfolioId },
    #[error("{field}: {detail}")]
    Invalid {
        /// Where the fault is, as a JSON pointer into the request.
        field: &'static str,
        detail: String,
    },
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    #[error("too many passwords are being checked at once; try again in a moment")]
    Overloaded,
    /// The stored text is no PHC string of Argon2; it is not shown.
    #[error("a stored password hash cannot be read; set the user's password anew")]
    UnreadableHash,
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("the operating system gave no random numbers; nothing secret can be made without")]
    NoRandomness,
    #[error("the work on a password was broken off: {0}")]
    BrokenOff(#[from] tokio::task::JoinError),
    #[error("the key folder or file {}: {source}", path.display())]
    KeyFile { path: PathBuf, source: io::Error },
    #[error(
        "others may read the private key in {}, whose mode is {mode:03o}; run `chmod 600 {}`, and \
         `tallystick keys rotate` twice if somebody may have",
        path.display(),
        path.display()
    )]
    KeyFileOpen { path: PathBuf, mode: u32 },
    #[error(
        "{} holds no key of the name that it has; restore it, or move it out of the folder",
        path.display()
    )]
    KeyFileUnreadable { path: PathBuf },
    #[error("there is no active key in {}; make one with `tallystick keys rotate`", folder.display())]
    NoKeys { folder: PathBuf },
    #[error("an access token could not be signed: {0}")]
    Sign(jsonwebtoken::errors::Error),
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl From<db::DbErr> for Error {
    fn from(error: db::DbErr) -> Self {
        Self::Database(error.into())
    }
}
