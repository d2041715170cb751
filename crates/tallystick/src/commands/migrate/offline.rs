//! What needs neither a database nor settings.

use migration::{Options, Range};

use super::{diagram, lint, look, new};
use crate::{
    cli::migrate::{Engine, Migrate},
    error::Error,
    output::print,
};

pub async fn run(command: Migrate) -> Result<(), Error> {
    match command {
        Migrate::Heads(output) => look::heads(output).await,
        Migrate::Sql { range, engine } => sql(&range, engine).await,
        Migrate::Lint(output) => lint::run(output).await,
        Migrate::Diagram => diagram::run().await,
        Migrate::New { name, dir, output } => new::run(&name, &dir, output),
        _ => Ok(()),
    }
}

async fn sql(range: &str, engine: Engine) -> Result<(), Error> {
    let engine = engine.into();
    let known = migration::known(engine).await?;
    let range = Range::parse(range, &known)?;
    let program = Options::default().author.program;
    print(migration::script(&known, &range, engine, &program)?.trim_end())
}
