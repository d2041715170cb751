//! What needs neither a database nor settings.

use migration::{Options, Range};

use super::{diagram, lint, look, new};
use crate::{
    cli::migrate::{Engine, Offline},
    error::Error,
    output::print,
};

pub async fn run(command: Offline) -> Result<(), Error> {
    match command {
        Offline::Heads(output) => look::heads(output).await,
        Offline::Sql { range, engine } => sql(&range, engine).await,
        Offline::Lint(output) => lint::run(output).await,
        Offline::Diagram => diagram::run().await,
        Offline::New { name, dir, output } => new::run(&name, &dir, output),
    }
}

async fn sql(range: &str, engine: Engine) -> Result<(), Error> {
    let engine = engine.into();
    let known = migration::known(engine).await?;
    let range = Range::parse(range, &known)?;
    let program = Options::default().author.program;
    print(migration::script(&known, &range, engine, &program)?.trim_end())
}
