//! Who acts, and whose books they act on; accounts, passwords, sessions and tokens; what was done, and by
//! whom.

pub mod access_tokens;
mod actor;
pub mod api_tokens;
pub mod approvers;
pub mod audit;
mod ctx;
mod error;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod idempotency;
pub mod keys;
pub mod passwords;
mod random;
mod scopes;
pub mod sessions;
pub mod shares;
mod text;
pub mod users;
pub mod webhook;

pub use access_tokens::AccessTokens;
pub use actor::{Actor, Origin};
pub use api_tokens::ApiToken;
pub use ctx::{Clock, Ctx};
pub use error::Error;
pub use keys::{KeySet, SharedKeys};
pub use passwords::{Password, Passwords, WeakPassword};
pub use scopes::{Scope, Scopes, UnknownScope};
