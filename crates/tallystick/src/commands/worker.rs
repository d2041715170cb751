//! `tallystick worker`: jobs, until it is told to stop.

use std::sync::Arc;

use serde_json::json;

use crate::{
    approvals,
    cli::Json,
    commands::stop::StopSignals,
    error::Error,
    output::{print, print_json},
    session,
    settings::Settings,
    webhooks,
    workers::Workers,
};

pub async fn run(settings: &Settings, output: Json) -> Result<(), Error> {
    let endpoints = webhooks::load(settings)?.map(Arc::new);
    let mut stop = StopSignals::new().map_err(Error::Signals)?;
    let database = session::open_database(settings).await?;
    approvals::register_endpoints(&database, endpoints.clone()).await;
    let workers = Workers::default();
    let modes = workers.begin(settings, &database, endpoints);
    let modes: Vec<&str> = modes.iter().map(|mode| mode.as_str()).collect();
    if output.json {
        print_json(&json!({ "modes": modes }))?;
    } else if modes.is_empty() {
        print(
            "The upkeep of jobs runs: leases, schedules, approvals. No modes of work are set up: see \
             [worker] and [webhooks] in docs/configuration.md. Ctrl-C stops it.",
        )?;
    } else {
        let modes = modes.join(", ");
        print(&format!(
            "Working on jobs of mode {modes}. Ctrl-C stops it."
        ))?;
    }
    stop.next().await;
    tracing::info!("stopping once the jobs under way have ended; again stops at once");
    tokio::select! {
        () = workers.end() => {}
        () = stop.next() => {}
    }
    database.close().await;
    Ok(())
}
