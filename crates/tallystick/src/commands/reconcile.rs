//! `tallystick reconcile`: a portfolio's books held against the ledger.

mod show;

use std::path::PathBuf;

use api::{LedgerHeadReader, read_ledger_file, routes::reconciliations::ReconciliationOut};
use db::Tx;
use entity::{books::portfolio, performance::reconciliation};
use identity::{Ctx, audit::Entry};
use ledger::{Ledger, PortfolioView};
use performance::reconciliation::{Keep, LedgerSide, reconcile};
use pricing::{DEFAULT_POLICY, packs};

use super::positions::find_portfolio;
use crate::{
    cli::Reconcile,
    error::Error,
    output::{print, print_json, warn},
    progress::Progress,
    session,
    settings::Settings,
    transaction::in_one_transaction,
};

pub async fn run(settings: &Settings, whose: Option<&str>, args: Reconcile) -> Result<(), Error> {
    let json = args.output.json;
    let path = args.ledger.clone().or_else(|| settings.ledger.path.clone());
    let path = path.ok_or(Error::NoLedger)?;
    let spinner = Progress::unless_json(json).spinner(format!("Reading {}", path.display()));
    let ledger = LedgerOfPortfolio::read(path, args.accounts.clone()).await?;
    let ctx = session::open(settings, whose).await?;
    spinner.set_message("Comparing");
    let done = hold_against(&ctx, &args, &ledger).await;
    ctx.database.close().await;
    spinner.finish_and_clear();
    let (portfolio, row) = done?;
    if let Some(unknown) = &ledger.head_warning {
        warn(unknown);
    }
    let outcome = outcome(&portfolio, &row);
    let shown = ReconciliationOut::new(row).map_err(Error::Json)?;
    if json {
        print_json(&shown)?;
    } else {
        print(&show::show(&portfolio.name, &shown))?;
    }
    outcome
}

/// Holds a portfolio against the ledger at a pack's prices, and keeps the outcome in the pack too.
pub async fn with_pack(
    ctx: &Ctx,
    pack: &str,
    portfolio: &str,
    path: PathBuf,
    accounts: Vec<String>,
) -> Result<reconciliation::Model, Error> {
    let ledger = LedgerOfPortfolio::read(path, accounts).await?;
    in_one_transaction(ctx, async |tx: Tx| {
        let portfolio = find_portfolio(ctx, &tx, portfolio).await?;
        let row = reconcile(ctx, &tx, portfolio.id, pack, ledger.side(), Keep::InPackToo).await?;
        let entry = entry(&row);
        Ok((row, entry))
    })
    .await
}

fn outcome(portfolio: &portfolio::Model, row: &reconciliation::Model) -> Result<(), Error> {
    if row.passed {
        return Ok(());
    }
    Err(Error::NotReconciled {
        portfolio: portfolio.name.clone(),
        differences: row.difference_count,
        asof: row.asof_date,
        pack: row.pack_id.clone(),
    })
}

async fn hold_against(
    ctx: &Ctx,
    args: &Reconcile,
    ledger: &LedgerOfPortfolio,
) -> Result<(portfolio::Model, reconciliation::Model), Error> {
    in_one_transaction(ctx, async |tx: Tx| {
        let portfolio = find_portfolio(ctx, &tx, &args.portfolio).await?;
        let pack = match &args.pack {
            Some(id) => id.clone(),
            None => {
                packs::require_latest(ctx, &tx, DEFAULT_POLICY, args.asof)
                    .await?
                    .id
            }
        };
        let keep = Keep::InPackToo;
        let row = reconcile(ctx, &tx, portfolio.id, &pack, ledger.side(), keep).await?;
        let entry = entry(&row);
        Ok(((portfolio, row), entry))
    })
    .await
}

fn entry(row: &reconciliation::Model) -> Entry {
    Entry::done("reconciliation.create", "reconciliation")
        .of(row.id)
        .with("portfolio_id", row.portfolio_id.to_string())
        .with("pack_id", row.pack_id.as_str())
        .with("passed", row.passed)
        .with("is_in_pack", row.is_in_pack)
}

/// The part of a ledger that is the portfolio, and what is known of the file.
struct LedgerOfPortfolio {
    ledger: Ledger,
    view: PortfolioView,
    accounts: Vec<String>,
    hash: String,
    commit: Option<String>,
    head_warning: Option<String>,
}

impl LedgerOfPortfolio {
    async fn read(path: PathBuf, accounts: Vec<String>) -> Result<Self, Error> {
        let head = LedgerHeadReader::new(Some(path.clone())).read().await;
        // On a thread where blocking is no harm.
        let read = tokio::task::spawn_blocking(move || read_ledger_file(&path)).await;
        let (ledger, hash) = read.map_err(|stopped| Error::Runtime(stopped.into()))??;
        let prefixes: Vec<&str> = accounts.iter().map(String::as_str).collect();
        let view = ledger.portfolio(&prefixes, None)?;
        Ok(Self {
            view,
            ledger,
            accounts,
            hash,
            commit: head.commit,
            head_warning: head.warning,
        })
    }

    fn side(&self) -> LedgerSide<'_> {
        LedgerSide {
            ledger: &self.ledger,
            view: &self.view,
            accounts: &self.accounts,
            hash: &self.hash,
            commit: self.commit.as_deref(),
        }
    }
}
