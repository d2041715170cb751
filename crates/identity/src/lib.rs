//! Who acts, and whose books they act on; accounts, passwords, sessions and tokens.

pub mod access_tokens;
pub mod api_tokens;
mod ctx;
mod error;
pub mod idempotency;
pub mod keys;
mod owner;
pub mod passwords;
mod random;
mod scopes;
pub mod sessions;
mod text;
pub mod users;

pub use access_tokens::AccessTokens;
pub use api_tokens::ApiToken;
pub use ctx::{Actor, Clock, Ctx};
pub use error::Error;
pub use keys::{KeySet, SharedKeys};
pub use owner::local_owner;
pub use passwords::{Password, Passwords, WeakPassword};
pub use scopes::{Scope, Scopes, UnknownScope};
