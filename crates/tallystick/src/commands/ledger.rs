//! `tallystick ledger`: value a ledger's file, or import it.

use std::time::{Duration, Instant};

use api::{LedgerHeadReader, PositionsOut, hash_of_files};
use books::import::{ImportReport, LedgerImport, base_currency, import_ledger, preview_ledger};
use chrono::NaiveDate;
use identity::{Ctx, audit};
use indicatif::ProgressBar;
use ledger::PortfolioView;
use performance::{ENGINE_VERSION, Provenance};
use pricing::quotes::Quotes;
use serde_json::json;

use super::{import_report, valuation};
use crate::{
    cli::{Ledger, LedgerSource},
    error::Error,
    output::{print, print_json},
    progress::Progress,
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, whose: Option<&str>, command: Ledger) -> Result<(), Error> {
    match command {
        Ledger::Value {
            source,
            asof,
            output,
        } => value(&source, asof, output.json).await,
        Ledger::Import {
            source,
            portfolio,
            dry_run,
            output,
        } => {
            let ctx = session::open(settings, whose);
            Box::pin(import(ctx, &source, portfolio, dry_run, output.json)).await
        }
    }
}

async fn value(source: &LedgerSource, asof: Option<NaiveDate>, json: bool) -> Result<(), Error> {
    let spinner = reading(source, json);
    let ledger = session::read_ledger(&source.file).await?;
    spinner.finish_and_clear();
    let newest = || newest_day(&ledger).ok_or_else(|| Error::NoDay(source.file.clone()));
    let asof = asof.map_or_else(newest, Ok)?;
    let view = ledger.portfolio(&prefixes(source), Some(asof))?;
    let wanted = source.currency.as_deref();
    let base_currency = base_currency::choose(&ledger, &view, wanted, None)?;
    let holdings = books::holdings::from_ledger(&ledger, &view, asof, &base_currency)?;
    let content = pricing::build::content_of_ledger(&ledger, asof, pricing::DEFAULT_POLICY);
    let valuation = performance::valuation::value(&holdings, &Quotes::from_content(&content))?;
    let provenance = Provenance {
        pricing_pack_id: None,
        pack_hash: Some(content.hash()),
        ledger_commit_hash: LedgerHeadReader::new(Some(source.file.clone()))
            .read()
            .await
            .commit,
        books_revision: 0,
        engine_version: ENGINE_VERSION,
    };
    if json {
        print_json(&PositionsOut::new(&valuation, provenance))
    } else {
        print(&valuation::show(&valuation, &provenance))
    }
}

fn reading(source: &LedgerSource, json: bool) -> ProgressBar {
    Progress::unless_json(json).spinner(format!("Reading {}", source.file.display()))
}

fn prefixes(source: &LedgerSource) -> Vec<&str> {
    source.accounts.iter().map(String::as_str).collect()
}

/// The newest day on which the ledger says something that a valuation uses.
fn newest_day(ledger: &ledger::Ledger) -> Option<NaiveDate> {
    let of_transactions = ledger
        .transactions
        .last()
        .map(|transaction| transaction.date);
    let of_prices = ledger.prices.last().map(|price| price.date);
    of_transactions.max(of_prices)
}

async fn import(
    opened: impl Future<Output = Result<Ctx, Error>>,
    source: &LedgerSource,
    portfolio_name: String,
    dry_run: bool,
    json: bool,
) -> Result<(), Error> {
    let spinner = reading(source, json);
    let started = Instant::now();
    let ledger = session::read_ledger(&source.file).await?;
    let view = ledger.portfolio(&prefixes(source), None)?;
    let parse = started.elapsed();

    let newest_day = newest_day(&ledger);
    let head = LedgerHeadReader::new(Some(source.file.clone()))
        .read()
        .await;
    let request = LedgerImport {
        portfolio_name,
        base_currency: source.currency.clone(),
        file_hash: hash_of_files(&ledger)?,
        ledger_commit_hash: head.commit,
    };
    let ctx = opened.await?;
    spinner.set_message("Writing");
    let written = Instant::now();
    let report = write(&ctx, ledger, view, request, dry_run).await;
    let timings = Timings {
        parse,
        write: written.elapsed(),
        total: started.elapsed(),
    };
    ctx.database.close().await;
    spinner.finish_and_clear();

    let mut report = report?;
    report.warnings.extend(head.warning);
    if json {
        print_json(&report_json(&report, dry_run, &timings))
    } else {
        let mut shown = import_report::show(&report, dry_run);
        if let Some(day) = newest_day.filter(|_| !dry_run) {
            shown.push_str(&next_steps(source, day, &report.portfolio_name));
        }
        print(&shown)
    }
}

async fn write(
    ctx: &Ctx,
    ledger: ledger::Ledger,
    view: PortfolioView,
    request: LedgerImport,
    dry_run: bool,
) -> Result<ImportReport, Error> {
    let within = ctx.clone();
    if dry_run {
        let work = async |tx: db::Tx| preview_ledger(&within, &tx, &ledger, &view, &request).await;
        return Ok(ctx.database.read(work).await?);
    }
    let work = async |tx: db::Tx| {
        let report = import_ledger(&within, &tx, &ledger, &view, request.clone()).await?;
        let entry = import_report::entry(&report, &request.file_hash);
        audit::append(&within, &tx, entry).await?;
        Ok(report)
    };
    ctx.database.write(work).await
}

/// How long an import took.
struct Timings {
    parse: Duration,
    write: Duration,
    total: Duration,
}

fn report_json(report: &ImportReport, dry_run: bool, timings: &Timings) -> serde_json::Value {
    let milliseconds = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mut shown = import_report::json(report, dry_run);
    shown["timings_ms"] = json!({
        "parse": milliseconds(timings.parse),
        "write": milliseconds(timings.write),
        "total": milliseconds(timings.total),
    });
    shown
}

fn next_steps(source: &LedgerSource, day: NaiveDate, portfolio: &str) -> String {
    format!(
        "\nNext:\n  tallystick pack build --asof {day} --ledger '{}' --fresh\n  \
         tallystick positions '{portfolio}'",
        source.file.display()
    )
}
