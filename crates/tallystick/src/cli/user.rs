//! `tallystick user …`.

use clap::{Args, Subcommand};
use entity::values::UserRole;

use super::Json;

const EXAMPLES: &str = "\
Examples:
  tallystick user add ada@example.org --role admin
  tallystick user add robot@example.org --no-password
  tallystick user password ada@example.org --password-stdin < password.txt

A viewer reads, a user keeps books, a manager works on packs and jobs too, an admin may do all.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum User {
    /// Add a user. The first administrator is made so.
    Add {
        email: String,
        /// The name that others see [default: what stands before the @]
        #[arg(long)]
        name: Option<String>,
        /// viewer, user, manager or admin.
        #[arg(long, default_value = "user")]
        role: UserRole,
        #[command(flatten)]
        password: PasswordSource,
        /// Add one who cannot log in: a program that uses tokens.
        #[arg(long, conflicts_with = "password_stdin")]
        no_password: bool,
        #[command(flatten)]
        output: Json,
    },
    /// List users in the order of their making.
    List {
        /// Only those with this in their address or name.
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        output: Json,
    },
    /// Shut a user out: their sessions and tokens end at once, and for good.
    Disable { email: String },
    /// Let a user in again, with a new session and new tokens.
    Enable { email: String },
    /// Replace a user's password; their sessions end.
    Password {
        email: String,
        #[command(flatten)]
        password: PasswordSource,
        #[command(flatten)]
        output: Json,
    },
    /// Give a user another role, which holds from their next request.
    Role {
        email: String,
        /// viewer, user, manager or admin.
        role: UserRole,
    },
}

#[derive(Clone, Copy, Debug, Args)]
pub struct PasswordSource {
    /// Read the password from standard input, one line. Without this it is asked for on a terminal;
    /// elsewhere one is made up and printed.
    #[arg(long)]
    pub password_stdin: bool,
}
