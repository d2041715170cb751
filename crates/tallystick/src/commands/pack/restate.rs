use std::path::PathBuf;

use api::routes::packs::PackOut;
use entity::pricing::pack;
use identity::{Ctx, audit::Entry};
use pricing::{
    load::{self, Format},
    packs::{self, NewRestatement},
};
use serde_json::{Value, json};

use super::{
    build::{in_file, open},
    next_step,
};
use crate::{
    cli::pack::PackRestate,
    error::Error,
    output::{print, print_json},
    transaction::in_one_transaction,
};

pub async fn run(ctx: &Ctx, args: PackRestate) -> Result<(), Error> {
    let (id, json) = (args.id, args.output.json);
    let content = Content {
        prices: args.prices,
        rates: args.fx,
    };
    let work = async |tx: db::Tx| {
        let new = NewRestatement {
            reason: args.reason.clone(),
            sources: content.sources(),
        };
        let made = packs::restate(ctx, &tx, &id, new).await?;
        content.load(ctx, &tx, &made).await?;
        let pack = if args.fresh {
            packs::mark_fresh(ctx, &tx, &made.id).await?
        } else {
            made
        };
        let entry = Entry::done("pack.restate", "pack")
            .of(&pack.id)
            .with("restates", id.as_str())
            .with("reason", args.reason.as_str())
            .with("status", pack.status.as_str());
        Ok((pack, entry))
    };
    let pack = in_one_transaction(ctx, work).await?;
    if json {
        return print_json(&PackOut::from(pack));
    }
    print(&next_step(&pack))
}

/// What is loaded over the restated pack's content.
struct Content {
    prices: Option<PathBuf>,
    rates: Option<PathBuf>,
}

impl Content {
    /// Null, which keeps those of the restated pack, where nothing is loaded.
    fn sources(&self) -> Value {
        match (&self.prices, &self.rates) {
            (None, None) => Value::Null,
            (prices, rates) => json!({ "from": "files", "prices": prices, "fx_rates": rates }),
        }
    }

    async fn load(&self, ctx: &Ctx, tx: &db::Tx, into: &pack::Model) -> Result<(), Error> {
        if let Some(prices) = &self.prices {
            load::prices(ctx, tx, &into.id, Format::Csv, open(prices)?)
                .await
                .map_err(in_file(prices))?;
        }
        if let Some(rates) = &self.rates {
            load::fx_rates(ctx, tx, &into.id, Format::Csv, open(rates)?)
                .await
                .map_err(in_file(rates))?;
        }
        Ok(())
    }
}
