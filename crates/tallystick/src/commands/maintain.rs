//! `tallystick maintain`: what falls due with time.

use serde_json::json;

use crate::{
    cli::Json,
    error::Error,
    maintenance::{self, Done},
    output::{print, print_json},
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, output: Json) -> Result<(), Error> {
    let database = session::open_database(settings).await?;
    let done = maintenance::run(&database).await;
    database.close().await;
    let done = done?;
    let (made, forgotten, tidied) = (done.partitions_made, done.webhooks_forgotten, done.tidied);
    if output.json {
        return print_json(&json!({
            "partitions_made": made,
            "webhooks_forgotten": forgotten,
            "refresh_tokens_deleted": tidied.refresh_tokens,
            "throttles_deleted": tidied.throttles,
            "reservations_forgotten": done.reservations_forgotten,
        }));
    }
    if done == Done::default() {
        return print("Nothing was due.");
    }
    print(&format!(
        "Made {made} partitions for the coming years. Deleted {forgotten} old signals, {} expired \
         refresh tokens, {} forgotten failures to log in and {} old reservations of tokens.",
        tidied.refresh_tokens, tidied.throttles, done.reservations_forgotten
    ))
}
