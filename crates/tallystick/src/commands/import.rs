//! `tallystick import`: files of transactions of brokers and other programs.

use std::{fs::File, path::Path};

use books::{
    import::{
        ImportReport,
        statement::{self, Source, Statement, import_statement},
    },
    portfolios::{self, NewPortfolio},
    statements::Mapping,
};
use db::Tx;
use entity::values::{LotMethod, PortfolioId};
use identity::{Ctx, audit};
use indicatif::ProgressBar;

use super::import_report;
use crate::{
    cli::Import,
    error::Error,
    output::{print, print_json},
    progress::Progress,
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, whose: Option<&str>, args: Import) -> Result<(), Error> {
    let json = args.output.json;
    let reading = format!("Reading {}", args.file.display());
    let spinner = Progress::unless_json(json).spinner(reading);
    let mapping = args.mapping.as_deref().map(read_mapping).transpose()?;
    let file = File::open(&args.file).map_err(|source| unreadable(&args.file, source))?;
    let statement =
        Statement::read(args.format, mapping, Source::File(file)).map_err(|source| {
            Error::StatementFile {
                path: args.file.clone(),
                source,
            }
        })?;
    spinner.finish_and_clear();
    let ctx = session::open(settings, whose).await?;
    let bar = Progress::unless_json(json).bar(0, "Writing");
    let report = write(&ctx, &args, &statement, &bar).await;
    ctx.database.close().await;
    bar.finish_and_clear();
    let report = report?;
    if json {
        print_json(&import_report::json(&report, args.dry_run))
    } else {
        print(&import_report::show(&report, args.dry_run))
    }
}

fn read_mapping(path: &Path) -> Result<Mapping, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
    text.parse().map_err(|source| Error::Mapping {
        path: path.to_owned(),
        source,
    })
}

fn unreadable(path: &Path, source: std::io::Error) -> Error {
    let path = path.to_owned();
    Error::File { path, source }
}

async fn write(
    ctx: &Ctx,
    args: &Import,
    statement: &Statement,
    bar: &ProgressBar,
) -> Result<ImportReport, Error> {
    let show = |progress: statement::Progress| show(bar, progress);
    let work = async |tx: Tx| -> Result<ImportReport, Error> {
        let portfolio = find_or_create(ctx, &tx, args).await?;
        let imported = import_statement(ctx, &tx, portfolio, statement, &show).await;
        let report = imported.map_err(|source| Error::StatementFile {
            path: args.file.clone(),
            source,
        })?;
        let entry = import_report::entry(&report, &statement.file_hash);
        audit::append(ctx, &tx, entry).await?;
        Ok(report)
    };
    if args.dry_run {
        ctx.database.rehearse(work).await
    } else {
        ctx.database.write(work).await
    }
}

fn show(bar: &ProgressBar, progress: statement::Progress) {
    let (message, done, all) = match progress {
        statement::Progress::Rows(done, all) => ("Writing rows", done, all),
        statement::Progress::Securities(done, all) => ("Booking lots of securities", done, all),
    };
    bar.set_message(message);
    bar.set_length(all as u64);
    bar.set_position(done as u64);
}

/// A portfolio is made only where its currency is said: nothing is guessed.
async fn find_or_create(ctx: &Ctx, tx: &Tx, args: &Import) -> Result<PortfolioId, Error> {
    let missing = match portfolios::find_by_name(ctx, tx, &args.portfolio).await {
        Ok(found) => return Ok(found.id),
        Err(error @ books::Error::PortfolioNotFound { .. }) => error,
        Err(error) => return Err(error.into()),
    };
    let Some(base_currency) = args.currency.clone() else {
        return Err(Error::NoCurrency(missing));
    };
    let new = NewPortfolio {
        name: args.portfolio.clone(),
        base_currency,
        lot_method: args.method.unwrap_or(LotMethod::Fifo),
        allows_shorts: args.shorts,
        benchmark_security_id: None,
    };
    Ok(portfolios::create(ctx, tx, new).await?.id)
}
