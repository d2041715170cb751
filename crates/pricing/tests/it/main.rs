//! Pricing packs through the crate's public door, on both engines.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod build;
mod builds;
mod content;
mod export;
mod frozen;
mod hash;
mod load;
mod packs;
mod python;
mod quotes;
mod race;
mod restate;
mod restate_together;
mod samples;
mod sources;
mod speed;

use chrono::NaiveDate;
use entity::{
    books::security,
    pricing::pack,
    values::{SecurityId, SecurityKind},
};
use identity::Ctx;
use pricing::{Error, load::Format, packs::NewPack};
use sea_orm::Set;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Symbols with the currency that each is priced in.
async fn add_securities(ctx: &Ctx, symbols: &[(&str, &str)]) {
    let now = ctx.now();
    let row = |(symbol, currency): &(&str, &str)| security::ActiveModel {
        id: Set(SecurityId::new()),
        symbol: Set((*symbol).to_owned()),
        name: Set(format!("{symbol} Inc.")),
        kind: Set(SecurityKind::Equity),
        currency: Set((*currency).to_owned()),
        exchange: Set(None),
        isin: Set(None),
        figi: Set(None),
        sector: Set(None),
        country: Set(None),
        is_active: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let rows: Vec<_> = symbols.iter().map(row).collect();
    ctx.database
        .write(async |tx| db::query::execute_many(&tx, rows.clone()).await)
        .await
        .unwrap();
}

async fn create(ctx: &Ctx, new: NewPack) -> Result<pack::Model, Error> {
    let caller = ctx.clone();
    ctx.database
        .write(async |tx| pricing::packs::create(&caller, &tx, new.clone()).await)
        .await
}

/// A warming pack of the default policy.
async fn new_pack(ctx: &Ctx, asof: &str) -> pack::Model {
    create(
        ctx,
        NewPack {
            asof_date: date(asof),
            ..NewPack::default()
        },
    )
    .await
    .unwrap()
}

async fn load_prices(
    ctx: &Ctx,
    id: &str,
    format: Format,
    file: impl AsRef<[u8]>,
) -> Result<u64, Error> {
    let (caller, id, file) = (ctx.clone(), id.to_owned(), file.as_ref().to_vec());
    let work = async |tx| pricing::load::prices(&caller, &tx, &id, format, file.as_slice()).await;
    ctx.database.write(work).await
}

async fn load_fx_rates(
    ctx: &Ctx,
    id: &str,
    format: Format,
    file: impl AsRef<[u8]>,
) -> Result<u64, Error> {
    let (caller, id, file) = (ctx.clone(), id.to_owned(), file.as_ref().to_vec());
    let work = async |tx| pricing::load::fx_rates(&caller, &tx, &id, format, file.as_slice()).await;
    ctx.database.write(work).await
}

async fn mark_fresh(ctx: &Ctx, id: &str) -> Result<pack::Model, Error> {
    let (caller, id) = (ctx.clone(), id.to_owned());
    ctx.database
        .write(async |tx| pricing::packs::mark_fresh(&caller, &tx, &id).await)
        .await
}

async fn mark_error(ctx: &Ctx, id: &str, message: &str) -> Result<pack::Model, Error> {
    let (caller, id, message) = (ctx.clone(), id.to_owned(), message.to_owned());
    let work = async |tx| pricing::packs::mark_error(&caller, &tx, &id, &message).await;
    ctx.database.write(work).await
}

/// A frozen pack of two prices and a rate.
async fn fresh_pack(ctx: &Ctx, asof: &str) -> pack::Model {
    let pack = new_pack(ctx, asof).await;
    let prices = "symbol,close,currency\nAAPL,150.10,USD\nCNR,160,CAD\n";
    load_prices(ctx, &pack.id, Format::Csv, prices)
        .await
        .unwrap();
    load_fx_rates(
        ctx,
        &pack.id,
        Format::Csv,
        "base,quote,rate\nUSD,CAD,1.3712\n",
    )
    .await
    .unwrap();
    mark_fresh(ctx, &pack.id).await.unwrap()
}
