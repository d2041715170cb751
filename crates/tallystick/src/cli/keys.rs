//! `tallystick keys …`.

use clap::Subcommand;

use super::Json;

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Keys {
    /// List the keys that the service signs with, newest first.
    List(Json),
    /// Make a new key, which signs from now on; the one before it stays good, older ones do not.
    ///
    /// A running service notices within a second. Who is logged in stays so, unless this is done
    /// twice within the time that an access token lives.
    Rotate(Json),
}
