//! `tallystick keys`: what the service signs with.

use std::path::Path;

use identity::{
    KeySet,
    audit::Entry,
    keys::{PublicKey, Rotation},
};
use serde_json::{Value, json};

use crate::{
    cli::keys::Keys,
    error::Error,
    output::{print, print_json, warn},
    session,
    settings::Settings,
    table::{Column, table},
    transaction::in_one_transaction,
};

pub async fn run(settings: &Settings, command: Keys) -> Result<(), Error> {
    let folder = &settings.auth.keys_dir;
    match command {
        Keys::List(output) => list(folder, output.json),
        Keys::Rotate(output) => {
            let rotation = KeySet::rotate(folder, session::clock())?;
            tell(&rotation, output.json)?;
            write_down(settings, &rotation).await;
            Ok(())
        }
    }
}

fn list(folder: &Path, json: bool) -> Result<(), Error> {
    let keys = KeySet::load(folder)?;
    let states = ["signs", "verifies"].into_iter();
    let active = keys.active().zip(states);
    let retired = keys.retired().iter().map(|key| (key, "retired"));
    let all: Vec<_> = active.chain(retired).collect();
    if json {
        let items: Vec<_> = all.iter().map(|(key, state)| as_json(key, state)).collect();
        return print_json(&json!({ "items": items }));
    }
    if all.is_empty() {
        return print("There is no key yet; the service makes one when it starts.");
    }
    let columns = ["Key", "State", "Made"].map(Column::Words);
    let rows = all.iter().map(|(key, state)| {
        let made = key.created_at.format("%Y-%m-%d %H:%M").to_string();
        vec![key.kid.clone(), (*state).to_owned(), made]
    });
    print(&table(&columns, rows))
}

fn as_json(key: &PublicKey, state: &str) -> Value {
    json!({ "kid": key.kid, "state": state, "created_at": key.created_at })
}

fn tell(rotation: &Rotation, json: bool) -> Result<(), Error> {
    let Rotation { made, retired } = rotation;
    if json {
        return print_json(&json!({ "made": made, "retired": retired }));
    }
    print(&format!("The service signs with {made} from now on."))?;
    match retired.as_slice() {
        [] => Ok(()),
        retired => print(&format!("Not good any more: {}.", retired.join(", "))),
    }
}

/// The keys are files, so that they can be rotated while the database is away; then a warning says so.
async fn write_down(settings: &Settings, rotation: &Rotation) {
    let entry = Entry::done("keys.rotate", "key")
        .of(&rotation.made)
        .with("retired", rotation.retired.clone());
    let written = async {
        let ctx = session::open_shared(settings).await?;
        let written = in_one_transaction(&ctx, async |_| Ok(((), entry.clone()))).await;
        ctx.database.close().await;
        written
    };
    if let Err(error) = written.await {
        warn(&format!(
            "the audit log does not say that the keys were rotated: {error}"
        ));
    }
}
