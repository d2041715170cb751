use std::{
    fs::File,
    path::{Path, PathBuf},
};

use api::routes::packs::PackOut;
use chrono::NaiveDate;
use entity::pricing::pack;
use identity::{
    Ctx,
    audit::{self, Entry},
};
use ledger::{Ledger, SecurityInfo};
use pricing::{
    load::{self, Format},
    packs::{self, NewPack},
};
use serde_json::json;

use super::next_step;
use crate::{
    cli::pack::PackBuild,
    error::Error,
    output::{print, print_json},
    progress::Progress,
    session,
};

pub async fn run(ctx: &Ctx, args: PackBuild) -> Result<(), Error> {
    let json = args.output.json;
    let spinner = Progress::unless_json(json).spinner("Building the pack");
    let new = Build {
        asof: args.asof,
        policy: args.policy,
        fresh: args.fresh,
    };
    let pack = match (args.source.ledger, args.source.prices) {
        (Some(ledger), _) => {
            new.of_ledger(ctx, session::read_ledger(&ledger).await?)
                .await
        }
        (None, Some(prices)) => new.of_files(ctx, prices, args.fx).await,
        (None, None) => Err(Error::NoPrices),
    };
    spinner.finish_and_clear();
    let pack = pack?;
    if json {
        print_json(&PackOut::from(pack))
    } else {
        print(&next_step(&pack))
    }
}

struct Build {
    asof: NaiveDate,
    policy: String,
    fresh: bool,
}

impl Build {
    /// Securities that the database does not know yet are made from what the ledger says of them.
    async fn of_ledger(self, ctx: &Ctx, ledger: Ledger) -> Result<pack::Model, Error> {
        let securities = priced_securities(&ledger)?;
        let within = ctx.clone();
        let work = async |tx: db::Tx| {
            books::securities::register(&within, &tx, &securities).await?;
            let (asof, policy) = (self.asof, self.policy.as_str());
            let pack = pricing::build::from_ledger(&within, &tx, &ledger, asof, policy).await?;
            self.finish(&within, &tx, pack).await
        };
        ctx.database.write(work).await
    }

    async fn of_files(
        self,
        ctx: &Ctx,
        prices: PathBuf,
        rates: Option<PathBuf>,
    ) -> Result<pack::Model, Error> {
        let within = ctx.clone();
        let work = async |tx: db::Tx| {
            let sources = json!({ "from": "files", "prices": &prices, "fx_rates": &rates });
            let new = NewPack {
                asof_date: self.asof,
                policy: Some(self.policy.clone()),
                sources,
            };
            let pack = packs::create(&within, &tx, new).await?;
            load::prices(&within, &tx, &pack.id, Format::Csv, open(&prices)?)
                .await
                .map_err(in_file(&prices))?;
            if let Some(rates) = &rates {
                load::fx_rates(&within, &tx, &pack.id, Format::Csv, open(rates)?)
                    .await
                    .map_err(in_file(rates))?;
            }
            self.finish(&within, &tx, pack).await
        };
        ctx.database.write(work).await
    }

    async fn finish(
        &self,
        ctx: &Ctx,
        tx: &db::Tx,
        pack: pack::Model,
    ) -> Result<pack::Model, Error> {
        let pack = if self.fresh {
            packs::mark_fresh(ctx, tx, &pack.id).await?
        } else {
            pack
        };
        let entry = Entry::done("pack.create", "pack").of(&pack.id);
        audit::append(ctx, tx, entry.with("status", pack.status.as_str())).await?;
        Ok(pack)
    }
}

/// What the whole ledger ever held and has a price for.
fn priced_securities(ledger: &Ledger) -> Result<Vec<SecurityInfo>, Error> {
    let mut roots: Vec<&str> = ledger
        .opened_accounts()
        .filter_map(|name| name.split(':').next())
        .collect();
    roots.sort_unstable();
    roots.dedup();
    if roots.is_empty() {
        return Ok(Vec::new());
    }
    let mut securities = ledger.portfolio(&roots, None)?.securities;
    securities.retain(|info| {
        ledger
            .prices
            .iter()
            .any(|price| price.commodity == info.symbol)
    });
    Ok(securities)
}

pub(super) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|source| Error::File {
        path: path.to_owned(),
        source,
    })
}

pub(super) fn in_file(path: &Path) -> impl FnOnce(pricing::Error) -> Error {
    move |source| Error::PackFile {
        path: path.to_owned(),
        source,
    }
}
