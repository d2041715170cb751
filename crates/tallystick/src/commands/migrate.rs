//! `tallystick migrate`: the schema's version.

use db::Database;
use migration::Version;
use serde_json::json;

use crate::{
    cli::Migrate,
    error::Error,
    output::{print, print_json},
    settings::Settings,
    table::{Column, table},
};

pub async fn run(settings: &Settings, command: Migrate) -> Result<(), Error> {
    let database = Database::connect(&settings.database.connection()).await?;
    let outcome = match command {
        Migrate::Up(output) => up(&database, output.json).await,
        Migrate::Down { steps, output } => down(&database, steps, output.json).await,
        Migrate::Status(output) => status(&database, output.json).await,
    };
    database.close().await;
    outcome
}

async fn up(database: &Database, json: bool) -> Result<(), Error> {
    let applied = migration::up(database).await?;
    if json {
        return print_json(&json!({ "applied": applied }));
    }
    match applied.as_slice() {
        [] => print("Nothing to do: the database is up to date."),
        names => print(&list("Applied", names)),
    }
}

async fn down(database: &Database, steps: u32, json: bool) -> Result<(), Error> {
    let taken_back = migration::down(database, steps).await?;
    if json {
        return print_json(&json!({ "taken_back": taken_back }));
    }
    print(&list("Taken back", &taken_back))
}

async fn status(database: &Database, json: bool) -> Result<(), Error> {
    let versions = migration::versions(database).await?;
    if json {
        let migrations: Vec<_> = versions
            .iter()
            .map(|version| json!({ "name": version.name, "state": version.state.as_str() }))
            .collect();
        return print_json(&json!({ "migrations": migrations }));
    }
    let row = |version: Version| vec![version.name, version.state.as_str().to_owned()];
    let columns = [Column::Words("migration"), Column::Words("state")];
    print(&table(&columns, versions.into_iter().map(row)))
}

fn list(what: &str, names: &[String]) -> String {
    format!("{what}:\n  {}", names.join("\n  "))
}
