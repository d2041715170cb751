//! Load on the database through the product's own layer, without HTTP: a part of
//! `cargo xtask bench db`, which calls it as `db_load WHAT name=value …` and reads its JSON.
#![allow(clippy::print_stdout)]

mod arguments;
mod copy;
mod lending;
mod load;
mod work;

use anyhow::{Result, bail};
use db::{Database, Settings};

use arguments::Arguments;

#[tokio::main]
async fn main() -> Result<()> {
    let (what, arguments) = Arguments::read(std::env::args().skip(1))?;
    let database = Database::connect(&Settings::new(arguments.text("database")?)).await?;
    let answer = match what.as_str() {
        "pack_by_id" | "latest_pack" | "positions" | "own_positions" | "insert" => {
            load::run(&database, &what, &arguments).await?
        }
        "lending" => lending::measure(&database, arguments.number("times")?).await?,
        "copy" => copy::run(&database, arguments.text("file")?).await?,
        unknown => bail!("unknown work: {unknown}"),
    };
    database.close().await;
    println!("{answer}");
    Ok(())
}
