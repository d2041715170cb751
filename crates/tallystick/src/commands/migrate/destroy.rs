use db::Database;
use migration::Options;
use serde_json::json;

use super::{
    progress,
    run::{list, names},
    with_schema,
};
use crate::{
    cli::migrate::Destroy,
    error::Error,
    output::{print, print_json},
    settings::Settings,
};

pub async fn fresh(settings: &Settings, database: &Database, args: Destroy) -> Result<(), Error> {
    refuse(settings, "fresh", args)?;
    let applied = with_schema(database, options(args), async |schema| schema.fresh().await).await?;
    if args.output.json {
        return print_json(&json!({ "applied": names(&applied) }));
    }
    print(&list("Everything was dropped. Applied", &applied))
}

pub async fn reset(settings: &Settings, database: &Database, args: Destroy) -> Result<(), Error> {
    refuse(settings, "reset", args)?;
    let taken_back =
        with_schema(database, options(args), async |schema| schema.reset().await).await?;
    if args.output.json {
        return print_json(&json!({ "taken_back": names(&taken_back) }));
    }
    print(&list("Taken back", &taken_back))
}

fn options(args: Destroy) -> Options {
    Options {
        progress: progress(args.output),
        ..Options::default()
    }
}

fn refuse(settings: &Settings, command: &'static str, args: Destroy) -> Result<(), Error> {
    if settings.environment == "production" {
        return Err(Error::NeverInProduction(command));
    }
    if !args.i_know_this_destroys_data {
        return Err(Error::Destroys(command));
    }
    Ok(())
}
