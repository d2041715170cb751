//! `tallystick migrate …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Json;

const EXAMPLES: &str = "\
Examples:
  tallystick migrate plan                      what `up` would do, and which locks it takes
  tallystick migrate up                        apply all that is pending
  tallystick migrate down 20261121_000004      take back what comes after that version
  tallystick migrate sql --engine postgres > up.sql
  tallystick migrate check                     exit status 1 if the schema is not as it should be

N has at most four digits. A VERSION is a migration's name, or a part of it that no other has; `base` is
before the first, `head` the newest. On PostgreSQL the commands use database.owner_url, where it is set: docs/migrations.md.";

#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub enum Migrate {
    /// Apply pending migrations: all, the next N, or those up to VERSION.
    Up {
        #[arg(value_name = "N|VERSION", default_value = "head", value_parser = target)]
        target: String,
        /// Apply migrations that programs older than this one cannot live with, too.
        #[arg(long)]
        contract: bool,
        #[command(flatten)]
        patience: Patience,
        #[command(flatten)]
        output: Json,
    },
    /// Take back the newest N migrations, or those after VERSION, with the data that they hold.
    Down {
        #[arg(value_name = "N|VERSION", default_value = "1", value_parser = target)]
        target: String,
        #[command(flatten)]
        patience: Patience,
        #[command(flatten)]
        output: Json,
    },
    /// Take back the newest migration and apply it again.
    Redo {
        #[command(flatten)]
        patience: Patience,
        #[command(flatten)]
        output: Json,
    },
    /// List the migrations and whether they are applied.
    Status(Json),
    /// List what was ever done: applied, taken back, stamped; when, by whom, how long it took.
    History(Json),
    /// Print the newest version that is applied.
    Current(Json),
    /// Show one migration: its statements, both ways, and how it came into the database.
    Show {
        version: String,
        #[command(flatten)]
        output: Json,
    },
    /// Declare that VERSION and all before it are applied, and run nothing; the record keeps who did.
    Stamp {
        version: String,
        /// Declare nothing of other versions: so the present text of an edited one is accepted.
        #[arg(long, conflicts_with = "undo_later")]
        only: bool,
        /// Declare later versions not applied.
        #[arg(long)]
        undo_later: bool,
        #[command(flatten)]
        output: Json,
    },
    /// Compare the database with the migrations and the program; exit status 1 if they differ.
    Check(Json),
    /// Say what `up` would do: each statement, and whom its locks keep waiting.
    Plan {
        #[arg(value_name = "N|VERSION", default_value = "head", value_parser = target)]
        target: String,
        #[command(flatten)]
        output: Json,
    },
    #[command(flatten)]
    Offline(Offline),
    /// Drop every table, and apply every migration. Refused in production.
    Fresh(Destroy),
    /// Take every migration back, and forget that there were any. Refused in production.
    Reset(Destroy),
}

/// What needs neither a database nor settings.
#[derive(Debug, Subcommand)]
pub enum Offline {
    /// Print the newest version that this program knows; needs no database.
    Heads(Json),
    /// Print the migrations as a script for psql or sqlite3; needs no database.
    Sql {
        /// From one version to another: back, if FROM is the newer. Left out: from base to head.
        #[arg(value_name = "FROM:TO", default_value = "base:head")]
        range: String,
        #[arg(long, value_enum)]
        engine: Engine,
    },
    /// Look for what a migration should not do to a database in use; needs no database.
    Lint(Json),
    /// Write a new migration from the template, and register it; needs no database.
    New {
        /// What it does, in words: `lots add label`. Begin with `contract` if older programs cannot
        /// live with it.
        #[arg(required = true, num_args = 1..)]
        name: Vec<String>,
        /// The migrations' crate.
        #[arg(long, default_value = "migration", value_name = "FOLDER")]
        dir: PathBuf,
        #[command(flatten)]
        output: Json,
    },
    /// Print the entities and their references as a Mermaid diagram; needs no database.
    Diagram,
}

impl Migrate {
    /// Whether it may make a database file that is not there.
    pub const fn makes_database(&self) -> bool {
        matches!(
            self,
            Self::Up { .. } | Self::Stamp { .. } | Self::Fresh(_) | Self::Reset(_)
        )
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Patience {
    /// How long one attempt may wait for locks, while others wait behind it.
    #[arg(long, value_name = "MS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=3_600_000))]
    pub lock_timeout: u32,
    /// For how long to try again when locks are not to be had, or another program migrates.
    #[arg(long, value_name = "S", default_value_t = 120, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub patience: u32,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Destroy {
    /// Say that you mean it.
    #[arg(long)]
    pub i_know_this_destroys_data: bool,
    #[command(flatten)]
    pub patience: Patience,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Engine {
    Postgres,
    Sqlite,
}

impl From<Engine> for db::Engine {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Postgres => Self::Postgres,
            Engine::Sqlite => Self::Sqlite,
        }
    }
}

fn target(text: &str) -> Result<String, String> {
    let is_zero = text.bytes().all(|byte| byte == b'0');
    match text {
        _ if is_zero => Err("expected a number of migrations from 1 up, or a version".to_owned()),
        text => Ok(text.to_owned()),
    }
}
