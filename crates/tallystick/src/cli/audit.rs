//! `tallystick audit`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use entity::values::{AuditOutcome, UserId};

use super::{Json, parse_date};

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Compare every row with its hash; fails where the log is not as it was written.
    #[command(after_help = "\
Example:
  tallystick audit verify --head /mnt/elsewhere/audit-head.json

Only with a head that was kept elsewhere is a log found that was cut off or written anew (docs/audit.md).")]
    Verify {
        /// A head that was written before.
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        #[command(flatten)]
        output: Json,
    },
    /// Write how far the log reaches to `audit.head_file`, and print it.
    Head(Json),
    /// List rows, the newest first.
    List(List),
}

#[derive(Debug, Args)]
pub struct List {
    /// Only what this user did.
    #[arg(long, value_name = "ID")]
    pub actor: Option<UserId>,
    /// Only this action, such as portfolio.create.
    #[arg(long)]
    pub action: Option<String>,
    /// Only what was done to this kind of resource.
    #[arg(long, value_name = "TYPE")]
    pub resource_type: Option<String>,
    /// Only what was done to the resource of this id.
    #[arg(long, value_name = "ID")]
    pub resource_id: Option<String>,
    /// Only what was done, or only what was refused.
    #[arg(long, value_name = "done|refused")]
    pub outcome: Option<AuditOutcome>,
    /// From this day on, in UTC.
    #[arg(long, value_name = "DAY", value_parser = parse_date)]
    pub from: Option<NaiveDate>,
    /// To this day, in UTC.
    #[arg(long, value_name = "DAY", value_parser = parse_date)]
    pub to: Option<NaiveDate>,
    /// At most this many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,
    /// All there are.
    #[arg(long, requires = "json", conflicts_with = "limit")]
    pub all: bool,
    /// Print one line of JSON for each row, with all that its hash is made of.
    #[arg(long)]
    pub json: bool,
}
