//! `tallystick pack …`

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};

use super::{Json, parse_date};

#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Build a pack from a ledger's prices or from files; it stays open until it is frozen.
    #[command(after_help = "\
Examples:
  tallystick pack build --asof 2025-10-21 --ledger books.beancount --fresh
  tallystick pack build --asof 2025-10-21 --prices prices.csv --fx rates.csv

Header of prices.csv: symbol,close,currency[,open,high,low,volume,source,adjustment]
Header of rates.csv:  base,quote,rate[,source]")]
    Build(PackBuild),
    /// Make a pack from its sources, step by step: build, reconcile, metrics, prewarm, fresh, alerts.
    ///
    /// A step that failed is done again by the next run, and what is done stays done: run again, it changes
    /// nothing. docs/sources.md says how sources and policies are set up.
    #[command(after_help = "\
Examples:
  tallystick pack nightly --asof 2025-10-21
  tallystick pack nightly --asof 2025-10-21 --policy ECB_VIA_EUR --json")]
    Nightly(PackNightly),
    /// List packs, newest first.
    List {
        /// Only packs of this policy.
        #[arg(long)]
        policy: Option<String>,
        /// At most this many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
        limit: u64,
        #[command(flatten)]
        output: Json,
    },
    /// Show a pack with its prices and rates.
    Show(PackId),
    /// Recompute a pack's hash from its content; fails if it is not the stored one.
    ///
    /// With --file, the content is that of an exported pack, and no database is asked.
    #[command(after_help = "\
Examples:
  tallystick pack verify PP_2025-10-21
  tallystick pack verify --file PP_2025-10-21.ndjson --hash sha256:…")]
    Verify(PackVerify),
    /// Write a frozen pack's rows as a file that anyone can check (docs/pack-format.md).
    #[command(after_help = "\
Example:
  tallystick pack export PP_2025-10-21 --output PP_2025-10-21.ndjson")]
    Export(PackExport),
    /// Freeze a pack: its hash is computed and its content can never change again.
    Fresh(PackId),
    /// Make a pack that takes the place of a frozen one when it is frozen itself.
    ///
    /// It begins with all prices and rates of the other; those in the files take their place. Until it
    /// is frozen, the other stays in use.
    #[command(after_help = "\
Example:
  tallystick pack restate PP_2025-10-21 --reason 'NKE was of the day before' --prices nke.csv --fresh")]
    Restate(PackRestate),
    /// Show what one pack has otherwise than another, and what that does to a portfolio's value.
    ///
    /// With --json, the answer is what GET /v1/packs/{id}/diff/{other} answers, on one page.
    #[command(after_help = "\
Example:
  tallystick pack diff PP_2025-10-21 PP_2025-10-21_D1 --portfolio Broker")]
    Diff(PackDiff),
}

#[derive(Debug, Args)]
pub struct PackNightly {
    /// The pack's day, as 2025-10-21.
    #[arg(long, value_parser = parse_date)]
    pub asof: NaiveDate,
    /// The pack's policy, one of those in `pricing.sources_file`.
    #[arg(long, default_value = pricing::DEFAULT_POLICY)]
    pub policy: String,
    /// If a step fails, mark the pack as failed: the next run makes another in its place.
    #[arg(long)]
    pub give_up: bool,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct PackVerify {
    /// The pack's id, such as PP_2025-10-21.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    pub id: Option<String>,
    /// A file that `pack export` wrote, or that GET /v1/packs/{id}/export answered with.
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The hash that the file's pack should have.
    #[arg(long, requires = "file", value_parser = parse_hash)]
    pub hash: Option<String>,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct PackExport {
    /// The pack's id, such as PP_2025-10-21.
    pub id: String,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PackDiff {
    /// The id of the older pack, such as PP_2025-10-21.
    pub old: String,
    /// The id of the newer one.
    pub new: String,
    /// A portfolio's name or id: by how much each row moves its value, on the newer pack's day.
    #[arg(long, value_name = "NAME")]
    pub portfolio: Option<String>,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct PackRestate {
    /// The id of the pack to restate, such as PP_2025-10-21.
    pub id: String,
    /// What was wrong, and what is put right; it is kept with the new pack.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// A CSV file of prices.
    #[arg(long, value_name = "FILE.csv")]
    pub prices: Option<PathBuf>,
    /// A CSV file of exchange rates.
    #[arg(long, value_name = "FILE.csv")]
    pub fx: Option<PathBuf>,
    /// Freeze the pack at once.
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct PackBuild {
    /// The pack's day, as 2025-10-21.
    #[arg(long, value_parser = parse_date)]
    pub asof: NaiveDate,
    #[command(flatten)]
    pub source: PackSource,
    /// A CSV file of exchange rates.
    #[arg(
        long,
        value_name = "FILE.csv",
        requires = "prices",
        conflicts_with = "ledger"
    )]
    pub fx: Option<PathBuf>,
    /// The pack's policy.
    #[arg(long, default_value = pricing::DEFAULT_POLICY)]
    pub policy: String,
    /// Freeze the pack at once.
    #[arg(long)]
    pub fresh: bool,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct PackSource {
    /// A Beancount ledger: its newest `price` of everything on or before --asof.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// A CSV file of prices.
    #[arg(long, value_name = "FILE.csv")]
    pub prices: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct PackId {
    /// The pack's id, such as PP_2025-10-21.
    pub id: String,
    #[command(flatten)]
    pub output: Json,
}

fn parse_hash(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.len() == 64 && digits.bytes().all(is_digit) {
        Ok(text.to_owned())
    } else {
        Err("expected sha256: and 64 digits of lower-case hexadecimal".to_owned())
    }
}
