use db::{Database, Engine};
use migration::{
    Options, Planned, Recording, Target,
    catalogue::{self, Kind},
    locks::Lock,
};
use serde_json::{Value, json};

use super::with_schema;
use crate::{
    cli::Json,
    error::Error,
    output::{print, print_json},
};

pub async fn run(database: &Database, target: &str, output: Json) -> Result<(), Error> {
    let target = Target::from(target);
    let engine = database.engine();
    let planned = with_schema(database, Options::default(), async |schema| {
        let found = catalogue::read(schema.connection(), None).await?;
        let tables: Vec<String> = found
            .of_kind(Kind::Table)
            .map(|table| table.key.name.clone())
            .collect();
        schema.plan(&target, &tables).await
    })
    .await?;
    if output.json {
        let listed: Vec<Value> = planned.iter().map(planned_json).collect();
        return print_json(&json!({ "engine": engine.to_string(), "plan": listed }));
    }
    if planned.is_empty() {
        return print("Nothing to do: the database is up to date.");
    }
    let described: Vec<String> = planned.iter().map(|one| describe(one, engine)).collect();
    print(&described.join("\n"))
}

fn planned_json(planned: &Planned) -> Value {
    let Planned {
        recording,
        locks,
        needs_word,
    } = planned;
    let locks: Vec<Value> = locks.iter().map(lock_json).collect();
    json!({
        "name": recording.name,
        "is_contracting": recording.is_contracting(),
        "needs_contract": needs_word,
        "in_transaction": recording.in_transaction,
        "locks": locks,
        "statements": recording.up,
    })
}

fn lock_json(lock: &Lock) -> Value {
    json!({ "table": lock.table, "mode": lock.mode.name(), "blocks": lock.mode.blocks() })
}

fn describe(planned: &Planned, engine: Engine) -> String {
    let Planned {
        recording,
        locks,
        needs_word,
    } = planned;
    let mut lines = vec![recording.name.clone()];
    if *needs_word {
        lines.push("  contracts: older programs cannot live with it; wants --contract".to_owned());
    }
    if !recording.in_transaction {
        lines.push("  runs outside of a transaction".to_owned());
    }
    if recording.up.is_empty() {
        lines.push("  has nothing to do on this engine".to_owned());
    }
    lines.extend(statements(recording));
    match (engine, locks.as_slice()) {
        (Engine::Sqlite, _) => lines.push("  locks: other writers wait, readers do not".to_owned()),
        (Engine::Postgres, []) => {
            lines.push("  locks: none on a table that is there already".to_owned());
        }
        (Engine::Postgres, locks) => {
            lines.extend(locks.iter().map(|lock| format!("  lock: {lock}")));
        }
    }
    lines.join("\n")
}

const WIDTH: usize = 96;

/// The first line of each says enough; `show` has the whole.
fn statements(recording: &Recording) -> impl Iterator<Item = String> {
    recording.up.iter().map(|statement| {
        let is_said = |line: &&str| !line.trim_start().starts_with("--");
        let mut lines = statement.lines().filter(is_said);
        let first = lines.next().unwrap_or_default();
        let shown: String = first.chars().take(WIDTH).collect();
        let is_whole = shown.len() == first.len() && lines.next().is_none();
        format!("  {shown}{}", if is_whole { "" } else { " …" })
    })
}
