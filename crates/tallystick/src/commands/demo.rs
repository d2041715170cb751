//! `tallystick demo`: from nothing to a service with something in it.

use serde_json::json;

use super::serve::{self, Door};
use crate::{
    cli::Demo,
    demo::{self, Loaded},
    error::Error,
    output::{print, print_json},
    progress::Progress,
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, args: Demo) -> Result<(), Error> {
    let door = Door::open(&settings.server, args.port)?;
    let url = door.url.clone();
    let database = db::Database::connect(&settings.database.connection()).await?;
    session::migrate(settings, &database).await?;
    let ctx = session::local_ctx(&database).await?;
    let loaded = demo::load(&ctx, Progress::unless_json(args.json)).await?;
    serve::serve(settings, database, serve::Readiness::Ready, door, || {
        if args.json {
            print_json(&json!({ "url": url }))
        } else {
            print(&what_to_try(&url, &loaded, settings))
        }
    })
    .await
}

fn what_to_try(url: &str, loaded: &Loaded, settings: &Settings) -> String {
    let database = &settings.database.url;
    let state = if loaded.was_there {
        format!("The demo was in {database} already and is kept as it is.")
    } else {
        format!("The demo is in {database}.")
    };
    let names: Vec<&str> = loaded
        .portfolios
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let id = loaded
        .portfolios
        .first()
        .map(|(_, id)| id.to_string())
        .unwrap_or_default();
    format!(
        "{state}
Its portfolios: {}.

Tallystick serves on {url}

Try:
  {url}/docs
  curl {url}/v1/portfolios
  curl {url}/v1/portfolios/{id}/positions
  curl {url}/v1/execute -H 'Content-Type: application/json' -d \
'{{\"pattern_id\":\"portfolio_overview\",\"portfolio_id\":\"{id}\"}}'

Ctrl-C stops it; the data stays.",
        names.join(", ")
    )
}
