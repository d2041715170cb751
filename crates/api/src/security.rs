//! What the service proves and checks identities with.

use chrono::TimeDelta;
use identity::{AccessTokens, Passwords};

/// Cheap to clone; all clones share keys, threads and what they remember.
#[derive(Clone, Debug)]
pub struct Security {
    pub access_tokens: AccessTokens,
    pub passwords: Passwords,
    /// How long a session lasts that nobody prolongs.
    pub refresh_lifetime: TimeDelta,
}
