//! Jobs through the service's own functions, without HTTP: a part of `cargo xtask bench jobs`, which calls it
//! as `jobs_load WHAT name=value …` and reads its JSON.
#![allow(clippy::print_stdout)]

mod arguments;
mod finished;
mod latency;
mod queue;
mod work;

use anyhow::{Result, bail};
use chrono::Utc;
use db::{Database, Settings};
use entity::values::UserRole;
use identity::{Actor, Clock, Ctx};

use arguments::Arguments;

#[tokio::main]
async fn main() -> Result<()> {
    let (what, arguments) = Arguments::read(std::env::args().skip(1))?;
    let url = arguments.text("database")?;
    let database = Database::connect(&Settings::new(url)).await?;
    let ctx = context(&database).await;
    let answer = match what.as_str() {
        "enqueue" => queue::fill(&ctx, &arguments).await?,
        "add_finished" => finished::add(&ctx, arguments.number("jobs")?).await?,
        "work" => work::run(&ctx, &arguments).await?,
        "latency" => latency::measure(&ctx, url, &arguments).await?,
        unknown => bail!("unknown work: {unknown}"),
    };
    database.close().await;
    println!("{answer}");
    Ok(())
}

/// Of the one user who has all the jobs.
async fn context(database: &Database) -> Ctx {
    let clock = Clock::new(Utc::now);
    let user = testkit::user(database, clock, "bench@example.org", UserRole::User).await;
    Ctx::new(Actor::user(user), user, "bench".into(), clock, database)
}
