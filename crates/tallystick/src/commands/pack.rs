//! `tallystick pack`: build, look at and freeze pricing packs.

mod build;
mod diff;
mod export;
mod nightly;
mod restate;
mod show;

use std::sync::Arc;

use api::routes::packs::PackOut;
use db::page::Page;
use entity::{pricing::pack, values::PackStatus};
use identity::{Ctx, audit::Entry};
use pricing::packs::{self, Filter};
use serde_json::json;

use crate::{
    cli::pack::{Pack, PackId, PackVerify},
    error::Error,
    output::{print, print_json},
    session,
    settings::Settings,
    transaction::in_one_transaction,
};

pub async fn run(settings: &Settings, whose: Option<&str>, command: Pack) -> Result<(), Error> {
    if let Pack::Verify(PackVerify {
        file: Some(file),
        hash,
        output,
        ..
    }) = command
    {
        return export::verify(file, hash, output.json);
    }
    let ctx = match &command {
        Pack::Diff(args) if args.portfolio.is_some() => session::open(settings, whose).await?,
        _ => session::open_shared(settings).await?,
    };
    let outcome = match command {
        Pack::Build(args) => build::run(&ctx, args).await,
        Pack::Nightly(args) => nightly::run(settings, &ctx, args).await,
        Pack::List {
            policy,
            limit,
            output,
        } => list(&ctx, policy, limit, output.json).await,
        Pack::Show(args) => show::run(&ctx, args).await,
        Pack::Verify(args) => verify(&ctx, args).await,
        Pack::Fresh(args) => fresh(&ctx, args).await,
        Pack::Restate(args) => restate::run(&ctx, args).await,
        Pack::Diff(args) => diff::run(&ctx, args).await,
        Pack::Export(args) => export::run(&ctx, args).await,
    };
    ctx.database.close().await;
    outcome
}

async fn list(ctx: &Ctx, policy: Option<String>, limit: u64, json: bool) -> Result<(), Error> {
    let filter = Filter {
        policy,
        ..Filter::default()
    };
    let page = Page { after: None, limit };
    let listed = packs::list(ctx, &ctx.shared(), &filter, &page).await?;
    if json {
        let items: Vec<_> = listed.items.into_iter().map(PackOut::from).collect();
        return print_json(&json!({ "items": items }));
    }
    let mut shown = show::summaries(&listed.items);
    if listed.has_more {
        shown.push_str("\nThere are more; see --limit.");
    }
    print(&shown)
}

async fn verify(ctx: &Ctx, args: PackVerify) -> Result<(), Error> {
    let id: Arc<str> = args.id.unwrap_or_default().into();
    let (within, wanted) = (ctx.clone(), id.clone());
    let work = async |tx: db::Tx| packs::verify(&within, &tx, &wanted).await;
    let found = ctx.database.read(work).await?;
    if args.output.json {
        print_json(&json!({
            "pack_id": found.pack_id,
            "stored_hash": found.stored_hash,
            "computed_hash": found.computed_hash,
            "matches": found.matches,
            "rows": found.rows,
        }))?;
    } else if found.matches {
        print(&format!(
            "{id} matches its hash: {} rows, {}",
            found.rows, found.computed_hash
        ))?;
    }
    match found.stored_hash {
        _ if found.matches => Ok(()),
        None => Err(pricing::Error::StillWarming { id: found.pack_id }.into()),
        Some(stored) => Err(Error::HashDiffers {
            id: found.pack_id,
            stored,
            computed: found.computed_hash,
        }),
    }
}

async fn fresh(ctx: &Ctx, args: PackId) -> Result<(), Error> {
    let work = async |tx: db::Tx| {
        let pack = packs::mark_fresh(ctx, &tx, &args.id).await?;
        let entry = Entry::done("pack.fresh", "pack").of(&args.id);
        let entry = match &pack.restates {
            Some(restated) => entry.with("supersedes", restated.as_str()),
            None => entry,
        };
        Ok((pack, entry))
    };
    let pack = in_one_transaction(ctx, work).await?;
    if args.output.json {
        return print_json(&PackOut::from(pack));
    }
    print(&next_step(&pack))
}

/// What there is to do with a pack, by its status.
fn next_step(pack: &pack::Model) -> String {
    let id = &pack.id;
    match (pack.status, pack.hash.as_deref()) {
        (PackStatus::Warming, _) => format!(
            "{id} is warming. Look at it with `tallystick pack show {id}`, then freeze it with \
             `tallystick pack fresh {id}`."
        ),
        (PackStatus::Fresh, Some(hash)) => {
            format!("{id} is fresh and can never change again: {hash}")
        }
        (status, _) => format!("{id} is {status}."),
    }
}
