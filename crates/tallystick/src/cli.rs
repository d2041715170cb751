//! The command line: what can be asked for, and how its help puts it.

pub mod audit;
pub mod keys;
pub mod migrate;
pub mod pack;
pub mod producer;
pub mod token;
pub mod user;

use std::path::PathBuf;

use books::{export, statements::Format};
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand};
use entity::values::LotMethod;

/// A portfolio back end whose every number can be reproduced.
#[derive(Debug, Parser)]
#[command(name = "tallystick", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    /// Whose books, by their owner's address [default: those of the only user]
    #[arg(
        long = "as",
        value_name = "EMAIL",
        env = "TALLYSTICK_USER",
        global = true
    )]
    pub whose: Option<String>,
}

const AFTER_HELP: &str = "\
Examples:
  tallystick demo
  tallystick ledger value books.beancount --accounts Assets:Broker
  tallystick ledger import books.beancount --accounts Assets:Broker --portfolio Broker
  tallystick pack build --asof 2025-10-21 --ledger books.beancount --fresh
  tallystick positions Broker

Settings come from config/default.toml, config/<TALLYSTICK_ENV>.toml, TALLYSTICK__SECTION__KEY,
DATABASE_URL and DB_... (docs/configuration.md); `tallystick doctor` shows what they come to.
Exit status: 0 done, 1 failed, 2 wrong usage.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a database with three portfolios and ten years of prices, and serve it.
    ///
    /// The figures are made up, and always the same. The database is data/tallystick.db unless
    /// `DATABASE_URL` is set. What is there already is kept.
    Demo(Demo),
    /// Serve the REST interface until Ctrl-C or SIGTERM.
    Serve(Serve),
    /// Do jobs until Ctrl-C or SIGTERM: send webhooks, run patterns, and look after leases, schedules and
    /// approvals.
    ///
    /// The service does so too, unless `worker.concurrency` is 0; workers for other modes ask over REST
    /// (docs/jobs.md).
    Worker(Json),
    /// Take the database's schema to another version, or say which it has.
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Add users, list them, and say what they may be.
    #[command(subcommand)]
    User(user::User),
    /// Make, list and end the tokens of programs.
    #[command(subcommand)]
    Token(token::Token),
    /// List and rotate the keys that the service signs with.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Do what falls due with time: make the coming years' partitions, delete what has expired, forget
    /// old signals. The service does so too.
    Maintain(Json),
    /// Read a Beancount ledger.
    #[command(subcommand)]
    Ledger(Ledger),
    /// Write a file of transactions of a broker or another program into a portfolio: all or nothing.
    ///
    /// What was imported before is known again: the same file changes nothing, one that has grown adds what
    /// is new. docs/import.md says what each format needs.
    #[command(after_help = "\
Examples:
  tallystick import trades.csv --portfolio Broker --currency USD --dry-run
  tallystick import flex.csv --format interactive_brokers_flex --portfolio Broker --currency USD
  tallystick import export.csv --mapping bank.toml --portfolio Savings --currency EUR --method average

Formats: csv, ghostfolio, ghostfolio_csv, portfolio_performance, wealthfolio, interactive_brokers_flex")]
    Import(Import),
    /// Write the books of a portfolio as a file that other programs read.
    ///
    /// A file is written whole or not at all. docs/export.md says what each format holds.
    #[command(after_help = "\
Examples:
  tallystick export --portfolio Broker --format beancount --output broker.beancount
  tallystick export --portfolio Broker --format csv > broker.csv

Formats: beancount, csv, json, parquet")]
    Export(Export),
    /// Build, look at and freeze pricing packs.
    #[command(subcommand)]
    Pack(pack::Pack),
    /// Value a portfolio with a pricing pack.
    ///
    /// With --json, the answer is what GET /v1/portfolios/{id}/positions answers.
    Positions(Positions),
    /// Hold a portfolio's books against the ledger, each side priced from its own records.
    ///
    /// Quantities must be equal, the cost of a unit and cash within 0.01, values within 1 bp. The outcome is
    /// kept with the portfolio; a pack that is still warming has it too, and is frozen as bad where it
    /// failed. docs/reconciliation.md says how each figure comes about.
    #[command(after_help = "\
Example:
  tallystick reconcile --portfolio Broker --ledger books.beancount --accounts Assets:Broker

Exit status: 0 passed, 1 failed.")]
    Reconcile(Reconcile),
    /// Say which programs may send signals.
    #[command(subcommand)]
    Producer(producer::Producer),
    /// Look at the audit log, and check that nobody changed it.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Print the OpenAPI document of the REST interface.
    Openapi,
    /// Check the configuration, the database, the ledger and the port.
    Doctor(Json),
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Listen on this port instead of `server.port` (8080).
    #[arg(long)]
    pub port: Option<u16>,
    /// Print one JSON line with the url when ready, and nothing else.
    #[arg(long)]
    pub json: bool,
    /// Print the demo's Beancount ledger and end.
    #[arg(long, conflicts_with_all = ["port", "json"])]
    pub print_ledger: bool,
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Listen on this port instead of `server.port` (8080); 0 takes any free one.
    #[arg(long)]
    pub port: Option<u16>,
    /// Print one JSON line with the url when ready, and nothing else.
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Json {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// Which program wrote it.
    #[arg(long, default_value = "csv")]
    pub format: Format,
    /// A file that says what the columns and words of a table mean.
    #[arg(long)]
    pub mapping: Option<PathBuf>,
    /// The portfolio's name.
    #[arg(long)]
    pub portfolio: String,
    /// The base currency, with which the portfolio is made if there is none of that name.
    #[arg(long, value_parser = parse_currency)]
    pub currency: Option<String>,
    /// Of a portfolio that is made: how sales choose their lots [default: fifo]
    #[arg(long, requires = "currency")]
    pub method: Option<LotMethod>,
    /// Of a portfolio that is made: whether a sale may take more than is held.
    #[arg(long, requires = "currency")]
    pub shorts: bool,
    /// Say what would be written, and write nothing.
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct Export {
    /// The portfolio's name or id.
    #[arg(long)]
    pub portfolio: String,
    /// The kind of file.
    #[arg(long)]
    pub format: export::Format,
    /// The file [default: standard output, as for -]
    #[arg(long)]
    pub output: Option<PathBuf>,
    /// The last day that counts, as 2025-10-21 [default: all days]
    #[arg(long, value_parser = parse_date)]
    pub asof: Option<NaiveDate>,
    /// Overwrite a file that is there.
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Value what lies under account prefixes, without a database.
    #[command(after_help = "\
Example:
  tallystick ledger value books.beancount --accounts Assets:Broker Assets:Bank --asof 2025-10-21

Each position takes the newest `price` directive on or before --asof.")]
    Value {
        #[command(flatten)]
        source: LedgerSource,
        /// The day, as 2025-10-21 [default: the newest day of a transaction or price in the
        /// ledger, so that the answer does not depend on when you ask]
        #[arg(long, value_parser = parse_date)]
        asof: Option<NaiveDate>,
        #[command(flatten)]
        output: Json,
    },
    /// Write what lies under account prefixes into a portfolio: all of it, or nothing.
    ///
    /// The portfolio is made when there is none. Importing a ledger that has grown adds what is
    /// new; importing the same file again changes nothing.
    #[command(after_help = "\
Example:
  tallystick ledger import books.beancount --accounts Assets:Broker --portfolio Broker --dry-run")]
    Import {
        #[command(flatten)]
        source: LedgerSource,
        /// The portfolio's name.
        #[arg(long)]
        portfolio: String,
        /// Say what would be written, and write nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        output: Json,
    },
}

#[derive(Debug, Args)]
pub struct LedgerSource {
    /// The ledger's main file; what it includes is read too.
    pub file: PathBuf,
    /// Account prefixes, such as Assets:Broker: they and what lies under them are the portfolio.
    #[arg(long, required = true, num_args = 1.., value_name = "PREFIX")]
    pub accounts: Vec<String>,
    /// The base currency [default: the ledger's first operating currency, else its commonest one]
    #[arg(long, value_parser = parse_currency)]
    pub currency: Option<String>,
}

#[derive(Debug, Args)]
pub struct Positions {
    /// The portfolio's name or id.
    pub portfolio: String,
    /// The pack to value with [default: the newest]
    #[arg(long, value_name = "ID")]
    pub pack: Option<String>,
    /// Positions at the end of this day, as 2025-10-21 [default: the pack's day]
    #[arg(long, value_parser = parse_date)]
    pub asof: Option<NaiveDate>,
    #[command(flatten)]
    pub output: Json,
}

#[derive(Debug, Args)]
pub struct Reconcile {
    /// The portfolio's name or id.
    #[arg(long)]
    pub portfolio: String,
    /// The ledger's main file; what it includes is read too [default: `ledger.path`]
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Account prefixes, such as Assets:Broker: they and what lies under them are the portfolio.
    #[arg(long, required = true, num_args = 1.., value_name = "PREFIX")]
    pub accounts: Vec<String>,
    /// The pack whose day and prices count [default: the newest, whatever its status]
    #[arg(long, value_name = "ID")]
    pub pack: Option<String>,
    /// The newest pack of this day or before, as 2025-10-21.
    #[arg(long, value_parser = parse_date, conflicts_with = "pack")]
    pub asof: Option<NaiveDate>,
    #[command(flatten)]
    pub output: Json,
}

pub fn parse_date(text: &str) -> Result<NaiveDate, String> {
    let expected = || "expected a day of the calendar as YYYY-MM-DD".to_owned();
    if text.len() != 10 {
        return Err(expected());
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| expected())
}

fn parse_currency(text: &str) -> Result<String, String> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err("expected three capital letters, such as USD".to_owned())
    }
}
