//! What `sea-orm-cli migrate` runs: sea-orm's own command line, by a connection of the product's.
// It talks to people through the terminal; there is no log to write to.
#![allow(clippy::print_stderr)]

use clap::{ArgMatches, CommandFactory};
use db::{ConnectionTrait, Database, Settings};
use migration::{Error, Migrator};
use sea_orm::{DatabaseConnection, DbBackend, Statement};
use sea_orm_migration::cli::{Cli, run_cli_with_custom_connection};

#[tokio::main]
async fn main() {
    // As sea-orm's command line does; a project without a `.env` is none the worse.
    dotenvy::dotenv().ok();
    let given = Cli::command().get_matches();
    run_cli_with_custom_connection(Migrator, async || match connect(&given).await {
        Ok(connection) => Ok(connection),
        // sea-orm would panic.
        Err(fault) => {
            eprintln!("error: {fault}");
            std::process::exit(1);
        }
    })
    .await;
}

async fn connect(given: &ArgMatches) -> Result<DatabaseConnection, String> {
    let Some(url) = given.get_one::<String>("database_url") else {
        let advice = "set DATABASE_URL to the database of the tables' owner, or give it with -u";
        return Err(format!("no database is named: {advice}"));
    };
    let settings = Settings {
        pool_min_size: 0,
        ..Settings::new(url)
    };
    let database = Database::connect(&settings).await;
    let database = database.map_err(|error| error.to_string())?;
    let schema = given.get_one::<String>("database_schema");
    let connection = open(&database, schema).await;
    database.close().await;
    connection.map_err(|error| error.to_string())
}

async fn open(database: &Database, schema: Option<&String>) -> Result<DatabaseConnection, Error> {
    let connection = database.schema_connection().await?;
    if let Some(schema) = schema
        && connection.get_database_backend() == DbBackend::Postgres
    {
        let set = "SELECT set_config('search_path', quote_ident($1), false)";
        let set = Statement::from_sql_and_values(DbBackend::Postgres, set, [schema.into()]);
        connection.query_one_raw(set).await?;
    }
    Ok(connection)
}
