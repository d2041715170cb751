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
    let Done {
        partitions_made,
        webhooks_forgotten,
    } = done?;
    if output.json {
        return print_json(&json!({
            "partitions_made": partitions_made,
            "webhooks_forgotten": webhooks_forgotten,
        }));
    }
    if partitions_made + webhooks_forgotten == 0 {
        return print("Nothing was due.");
    }
    print(&format!(
        "Made {partitions_made} partitions for the coming years, and forgot {webhooks_forgotten} old \
         signals."
    ))
}
