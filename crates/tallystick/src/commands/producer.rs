//! `tallystick producer`: who may send signals.

use serde_json::json;

use crate::{
    cli::{
        Json,
        producer::{Add, Name, Producer},
    },
    error::Error,
    output::{print, print_json},
    producers::{self, ProducersFile},
    settings::Settings,
    table::{Column, table},
};

pub fn run(settings: &Settings, command: Producer) -> Result<(), Error> {
    let file = ProducersFile::open(settings)?;
    match command {
        Producer::Add(args) => add(file, &args),
        Producer::List(output) => list(&file, output),
        Producer::Remove(args) => remove(file, &args),
        Producer::Rotate(args) => rotate(file, &args),
    }
}

const RESTART: &str = "A service that runs knows it after a restart.";

fn add(mut file: ProducersFile, args: &Add) -> Result<(), Error> {
    let Add { name, user, output } = args;
    let secret = producers::new_secret()?;
    file.add(name, user, &secret)?;
    file.save()?;
    if output.json {
        return print_json(&json!({ "name": name, "user": user, "secret": secret }));
    }
    print(&format!(
        "{name} may send signals for {user}. Its secret, which is not shown again:\n\n  {secret}\n\n\
         {RESTART}"
    ))
}

fn list(file: &ProducersFile, output: Json) -> Result<(), Error> {
    let producers = file.producers()?;
    if output.json {
        let row = |producer: &identity::webhook::Producer| {
            json!({
                "name": producer.name,
                "user": producer.user,
                "secrets": producer.secrets.len(),
            })
        };
        return print_json(&producers.iter().map(row).collect::<Vec<_>>());
    }
    let columns = [
        Column::Words("Producer"),
        Column::Words("User"),
        Column::Numbers("Secrets"),
    ];
    let rows = producers.iter().map(|producer| {
        let secrets = producer.secrets.len().to_string();
        vec![producer.name.clone(), producer.user.clone(), secrets]
    });
    print(&table(&columns, rows))
}

fn remove(mut file: ProducersFile, args: &Name) -> Result<(), Error> {
    file.remove(&args.name)?;
    file.save()?;
    if args.output.json {
        return print_json(&json!({ "name": args.name }));
    }
    print(&format!(
        "{} may send no more signals. {RESTART}",
        args.name
    ))
}

fn rotate(mut file: ProducersFile, args: &Name) -> Result<(), Error> {
    let secret = producers::new_secret()?;
    file.rotate(&args.name, &secret)?;
    file.save()?;
    if args.output.json {
        return print_json(&json!({ "name": args.name, "secret": secret }));
    }
    print(&format!(
        "The new secret of {}, which is not shown again:\n\n  {secret}\n\nThe one before goes on \
         counting until the next rotation. {RESTART}",
        args.name
    ))
}
