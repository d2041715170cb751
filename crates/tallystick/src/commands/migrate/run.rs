use db::Database;
use migration::{Applied, Options, Stamp, Target};
use serde_json::json;

use super::with_schema;
use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
};

pub async fn up(
    database: &Database,
    options: Options,
    target: &str,
    output: Json,
) -> Result<(), Error> {
    let target = Target::from(target);
    let applied = with_schema(database, options, async |schema| schema.up(&target).await).await?;
    if output.json {
        return print_json(&json!({ "applied": names(&applied) }));
    }
    match applied.as_slice() {
        [] => print("Nothing to do: the database is up to date."),
        applied => print(&list("Applied", applied)),
    }
}

pub async fn down(
    database: &Database,
    options: Options,
    target: &str,
    output: Json,
) -> Result<(), Error> {
    let target = Target::from(target);
    let work = async |schema: &migration::Schema| schema.down(&target).await;
    let taken_back = with_schema(database, options, work).await?;
    if output.json {
        return print_json(&json!({ "taken_back": names(&taken_back) }));
    }
    match taken_back.as_slice() {
        [] => print("Nothing to do: no later migration is applied."),
        taken_back => print(&list("Taken back", taken_back)),
    }
}

pub async fn redo(database: &Database, options: Options, output: Json) -> Result<(), Error> {
    let redone = with_schema(database, options, async |schema| schema.redo().await).await?;
    if output.json {
        return print_json(&json!({ "redone": names(&redone) }));
    }
    print(&list("Taken back and applied again", &redone))
}

pub async fn stamp(
    database: &Database,
    options: Options,
    version: &str,
    stamp: Stamp,
    output: Json,
) -> Result<(), Error> {
    let work = async |schema: &migration::Schema| schema.stamp(version, stamp).await;
    let stamped = with_schema(database, options, work).await?;
    if output.json {
        return print_json(&json!({
            "applied": stamped.applied,
            "not_applied": stamped.not_applied,
        }));
    }
    let mut lines = Vec::new();
    for (what, names) in [
        ("Declared to be applied", &stamped.applied),
        ("Declared not to be applied", &stamped.not_applied),
    ] {
        if !names.is_empty() {
            lines.push(format!("{what}:\n  {}", names.join("\n  ")));
        }
    }
    if lines.is_empty() {
        return print("Nothing to do: the record says so already.");
    }
    lines.push("`tallystick migrate check` tells whether the schema agrees.".to_owned());
    print(&lines.join("\n"))
}

pub fn names(applied: &[Applied]) -> Vec<&str> {
    applied.iter().map(|one| one.version.as_str()).collect()
}

pub fn list(what: &str, applied: &[Applied]) -> String {
    let line = |one: &Applied| format!("\n  {} ({} ms)", one.version, one.duration.as_millis());
    format!("{what}:{}", applied.iter().map(line).collect::<String>())
}
