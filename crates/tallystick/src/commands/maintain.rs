//! `tallystick maintain`: what falls due with time.

use serde_json::json;

use crate::{
    cli::Json,
    error::Error,
    maintenance,
    output::{print, print_json},
    session,
    settings::Settings,
};

pub async fn run(settings: &Settings, output: Json) -> Result<(), Error> {
    let database = session::open_database(settings).await?;
    let done = maintenance::run(&database).await;
    database.close().await;
    let made = done?.partitions_made;
    if output.json {
        return print_json(&json!({ "partitions_made": made }));
    }
    match made {
        0 => print("Nothing was due."),
        made => print(&format!("Made {made} partitions for the coming years.")),
    }
}
