use std::{collections::BTreeSet, sync::Arc};

use books::import::LedgerImport;
use chrono::NaiveDate;
use db::page::Page;
use entity::{books::portfolio, values::PortfolioId};
use identity::{
    Ctx,
    audit::{self, Entry},
};
use ledger::Ledger;
use pricing::{
    DEFAULT_POLICY,
    packs::{self, Filter},
};
use sha2::{Digest, Sha256};

use super::{
    ledger_text,
    market::{FIRST_DAY, LAST_DAY, business_days},
    plans::PLANS,
};
use crate::{error::Error, progress::Progress};

const FILE_NAME: &str = "demo.beancount";

/// What a start of the demo found or made.
pub struct Loaded {
    pub portfolios: Vec<(String, PortfolioId)>,
    /// Whether everything was there already.
    pub was_there: bool,
}

/// Brings the demo's portfolios and packs into the database, as far as they are not there: what an
/// earlier start did not finish, this one does.
pub async fn load(ctx: &Ctx, progress: Progress) -> Result<Loaded, Error> {
    let missing_days = missing_days(ctx).await?;
    let portfolios = find_portfolios(ctx).await?;
    if missing_days.is_empty() && portfolios.len() == PLANS.len() {
        return Ok(Loaded {
            portfolios,
            was_there: true,
        });
    }
    let spinner = progress.spinner("Writing the demo's ledger");
    let (ledger, file_hash) = make_ledger().await?;
    let ledger = Arc::new(ledger);
    spinner.set_message("Importing its portfolios");
    import(ctx, ledger.clone(), file_hash).await?;
    spinner.finish_and_clear();
    build_packs(ctx, ledger, missing_days, progress).await?;
    Ok(Loaded {
        portfolios: find_portfolios(ctx).await?,
        was_there: false,
    })
}

async fn make_ledger() -> Result<(Ledger, String), Error> {
    let make = || {
        let text = ledger_text();
        let file_hash = format!("sha256:{}", hex::encode(Sha256::digest(&text)));
        ledger::parse(FILE_NAME, &text).map(|ledger| (ledger, file_hash))
    };
    match tokio::task::spawn_blocking(make).await {
        Ok(made) => Ok(made?),
        Err(stopped) => Err(Error::Runtime(stopped.into())),
    }
}

async fn find_portfolios(ctx: &Ctx) -> Result<Vec<(String, PortfolioId)>, Error> {
    let mut found = Vec::new();
    for plan in &PLANS {
        let reader = ctx.database.reader();
        match books::portfolios::find_by_name(ctx, reader, plan.portfolio).await {
            Ok(portfolio::Model { name, id, .. }) => found.push((name, id)),
            Err(books::Error::PortfolioNotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

/// All portfolios in one transaction, by the same way as any other ledger.
async fn import(ctx: &Ctx, ledger: Arc<Ledger>, file_hash: String) -> Result<(), Error> {
    let within = ctx.clone();
    let work = async |tx: db::Tx| {
        let mut entries = Vec::new();
        for plan in &PLANS {
            let prefix = format!("Assets:{}", plan.account);
            let view = ledger.portfolio(&[&prefix], None)?;
            let request = LedgerImport {
                portfolio_name: plan.portfolio.to_owned(),
                base_currency: Some(plan.base.to_owned()),
                file_hash: file_hash.clone(),
                ledger_commit_hash: None,
            };
            let report =
                books::import::import_ledger(&within, &tx, &ledger, &view, request).await?;
            let portfolio = report.portfolio_id.map(|id| id.to_string());
            let entry = Entry::done("import.create", "import").with("portfolio_id", portfolio);
            entries.push(entry.with("file_hash", file_hash.as_str()));
        }
        for entry in entries {
            audit::append(&within, &tx, entry).await?;
        }
        Ok(())
    };
    ctx.database.write(work).await
}

/// The business days of the demo that have no pack yet.
async fn missing_days(ctx: &Ctx) -> Result<Vec<NaiveDate>, Error> {
    let filter = Filter {
        policy: Some(DEFAULT_POLICY.to_owned()),
        from: Some(FIRST_DAY),
        to: Some(LAST_DAY),
        ..Filter::default()
    };
    let everything = Page {
        after: None,
        limit: 100_000,
    };
    let there = packs::list(ctx, &ctx.shared(), &filter, &everything).await?;
    let there: BTreeSet<NaiveDate> = there.items.into_iter().map(|pack| pack.asof_date).collect();
    Ok(business_days().filter(|day| !there.contains(day)).collect())
}

async fn build_packs(
    ctx: &Ctx,
    ledger: Arc<Ledger>,
    days: Vec<NaiveDate>,
    progress: Progress,
) -> Result<(), Error> {
    let bar = progress.bar(days.len(), "Building packs");
    let (within, shown) = (ctx.clone(), bar.clone());
    let work = async |tx: db::Tx| {
        let shown = shown.clone();
        let on_progress = move |done: usize| shown.set_position(done as u64);
        pricing::build::many_from_ledger(
            &within,
            &tx,
            &ledger,
            &days,
            DEFAULT_POLICY,
            true,
            on_progress,
        )
        .await?;
        let entry = Entry::done("pack.create", "pack").with("packs", days.len());
        audit::append(&within, &tx, entry).await?;
        Ok::<_, Error>(())
    };
    ctx.database.write(work).await?;
    bar.finish_and_clear();
    Ok(())
}
