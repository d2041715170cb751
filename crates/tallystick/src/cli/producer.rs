//! `tallystick producer`: how its help puts it.

use clap::{Args, Subcommand};

use super::Json;

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  tallystick producer add momentum --user me@example.org
  tallystick producer rotate momentum

They are in the file that the setting signals.producers_file names (docs/signals.md). A service reads it
when it starts.")]
pub enum Producer {
    /// Let a program send signals for a user; prints its secret, this once.
    Add(Add),
    /// List the producers, without their secrets.
    List(Json),
    /// Take a producer and its secrets away.
    Remove(Name),
    /// Give a producer a new secret; the one before goes on counting until the next rotation.
    Rotate(Name),
}

#[derive(Debug, Args)]
pub struct Add {
    /// 1 to 64 lower-case letters, digits, - and _.
    pub name: String,
    /// The email of the user whose thread the signals go to.
    #[arg(long, value_name = "EMAIL")]
    pub user: String,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct Name {
    pub name: String,
    #[command(flatten)]
    pub output: Json,
}
