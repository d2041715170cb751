use db::Database;
use migration::{Down, Entry, Options, Recording, Schema, Version, Versions};
use serde_json::{Value, json};

use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
    table::{Column, or_dash, table},
};

/// As the owner sees them, where one is configured.
async fn versions(database: &Database) -> Result<Versions, Error> {
    let schema = Schema::of(database, Options::default()).await?;
    let versions = schema.versions().await;
    schema.close().await?;
    Ok(versions?)
}

pub async fn status(database: &Database, output: Json) -> Result<(), Error> {
    let versions = versions(database).await?.0;
    if output.json {
        let migrations: Vec<Value> = versions.iter().map(version_json).collect();
        return print_json(&json!({ "migrations": migrations }));
    }
    let row = |version: Version| {
        let record = version
            .record
            .as_ref()
            .filter(|entry| entry.action.applies());
        vec![
            version.name.clone(),
            version.state.as_str().to_owned(),
            if version.is_contracting {
                "contracts"
            } else {
                ""
            }
            .to_owned(),
            or_dash(record.map(|entry| &entry.started_at)),
            or_dash(record.map(|entry| &entry.operator)),
        ]
    };
    let columns = [
        Column::Words("migration"),
        Column::Words("state"),
        Column::Words(""),
        Column::Words("applied at"),
        Column::Words("by"),
    ];
    print(&table(&columns, versions.into_iter().map(row)))
}

fn version_json(version: &Version) -> Value {
    json!({
        "name": version.name,
        "state": version.state.as_str(),
        "is_contracting": version.is_contracting,
        "record": version.record.as_ref().map(entry_json),
    })
}

fn entry_json(entry: &Entry) -> Value {
    json!({
        "seq": entry.seq,
        "version": entry.version,
        "action": entry.action.as_str(),
        "checksum": entry.checksum,
        "program": entry.program,
        "operator": entry.operator,
        "started_at": entry.started_at,
        "finished_at": entry.finished_at,
        "duration_ms": entry.duration_ms,
    })
}

pub async fn history(database: &Database, output: Json) -> Result<(), Error> {
    let schema = Schema::of(database, Options::default()).await?;
    let entries = schema.history().await;
    schema.close().await?;
    let entries = entries?;
    if output.json {
        let entries: Vec<Value> = entries.iter().map(entry_json).collect();
        return print_json(&json!({ "history": entries }));
    }
    if entries.is_empty() {
        return print("Nothing was recorded yet.");
    }
    let row = |entry: Entry| {
        vec![
            entry.seq.to_string(),
            entry.started_at,
            entry.action.as_str().to_owned(),
            entry.version,
            entry
                .duration_ms
                .map_or_else(|| "not ended".to_owned(), |ms| format!("{ms} ms")),
            entry.operator,
            entry.program,
        ]
    };
    let columns = [
        Column::Numbers("#"),
        Column::Words("at"),
        Column::Words("action"),
        Column::Words("migration"),
        Column::Numbers("took"),
        Column::Words("by"),
        Column::Words("program"),
    ];
    print(&table(&columns, entries.into_iter().map(row)))
}

pub async fn current(database: &Database, output: Json) -> Result<(), Error> {
    let versions = versions(database).await?;
    let current = versions.current();
    if output.json {
        return print_json(&json!({ "current": current, "pending": versions.pending().len() }));
    }
    print(current.unwrap_or("base"))
}

pub async fn show(database: &Database, version: &str, output: Json) -> Result<(), Error> {
    let known = migration::known(database.engine()).await?;
    let recording = migration::find(&known, version)?;
    let versions = versions(database).await?;
    let found = versions.0.iter().find(|found| found.name == recording.name);
    let state = found.map_or("pending", |found| found.state.as_str());
    let record = found.and_then(|found| found.record.as_ref());
    if output.json {
        return print_json(&shown_json(recording, state, record));
    }
    print(&shown(recording, state, record))
}

fn shown_json(recording: &Recording, state: &str, record: Option<&Entry>) -> Value {
    let (down, irreversible) = match &recording.down {
        Down::Statements(statements) => (Some(statements), None),
        Down::Irreversible(reason) => (None, Some(reason)),
    };
    json!({
        "name": recording.name,
        "state": state,
        "is_contracting": recording.is_contracting(),
        "in_transaction": recording.in_transaction,
        "checksum": recording.checksum(),
        "record": record.map(entry_json),
        "up": recording.up,
        "down": down,
        "irreversible": irreversible,
    })
}

fn shown(recording: &Recording, state: &str, record: Option<&Entry>) -> String {
    let contracts = if recording.is_contracting() {
        "contracts: older programs cannot live with it"
    } else {
        "expands: older programs live with it"
    };
    let transaction = if recording.in_transaction {
        "in a transaction"
    } else {
        "outside of a transaction"
    };
    let mut lines = vec![
        format!("{} ({state})", recording.name),
        format!("{contracts}; runs {transaction}"),
        format!("checksum {}", recording.checksum()),
    ];
    lines.extend(record.map(|entry| {
        format!(
            "{} on {} by {} with {}, checksum {}",
            entry.action.as_str(),
            entry.started_at,
            entry.operator,
            entry.program,
            entry.checksum
        )
    }));
    let ended = |statement: &String| format!("{statement};");
    lines.push("\n-- up".to_owned());
    lines.extend(recording.up.iter().map(ended));
    match &recording.down {
        Down::Statements(down) => {
            lines.push("\n-- down".to_owned());
            lines.extend(down.iter().map(ended));
        }
        Down::Irreversible(reason) => lines.push(format!("\n-- irreversible: {reason}")),
    }
    lines.join("\n")
}

/// The newest version of the program's own, for which no database is asked.
pub async fn heads(output: Json) -> Result<(), Error> {
    let known = migration::known(db::Engine::Postgres).await?;
    let head = known.last().map(|recording| recording.name.as_str());
    if output.json {
        return print_json(&json!({ "heads": head.into_iter().collect::<Vec<_>>() }));
    }
    print(head.unwrap_or("base"))
}
