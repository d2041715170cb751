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
    let done = maintenance::run(&database, &settings.retention).await;
    database.close().await;
    let done = done?;
    let (made, forgotten, tidied) = (done.partitions_made, done.webhooks_forgotten, done.tidied);
    let conversations = done.conversations;
    if output.json {
        return print_json(&json!({
            "partitions_made": made,
            "webhooks_forgotten": forgotten,
            "refresh_tokens_deleted": tidied.refresh_tokens,
            "throttles_deleted": tidied.throttles,
            "artifacts_deleted": conversations.artifacts_deleted,
            "messages_purged": conversations.messages_purged,
            "messages_indexed": conversations.messages_indexed,
            "reservations_forgotten": done.reservations_forgotten,
        }));
    }
    if done == Done::default() {
        return print("Nothing was due.");
    }
    print(&format!(
        "Made {made} partitions for the coming years. Deleted {forgotten} old signals, {} expired \
         refresh tokens, {} forgotten failures to log in and {} old artifacts; purged {} deleted \
         messages. Made {} messages of an earlier version searchable. Forgot {} old reservations of \
         tokens.",
        tidied.refresh_tokens,
        tidied.throttles,
        conversations.artifacts_deleted,
        conversations.messages_purged,
        conversations.messages_indexed,
        done.reservations_forgotten
    ))
}
