//! The schema that the migrations make, read from where they have just made it.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, Statement, TransactionTrait,
};

use crate::{
    catalogue::{Catalogue, read},
    history, known,
    state::engine_of,
};

/// What `apply` makes of nothing, on the engine of this connection. On SQLite that is done in
/// memory. On PostgreSQL it is done in a schema of its own, in one transaction that is rolled back
/// whatever happens: no table of the live schema is locked, and nothing stays. The connection's
/// role must be allowed to create a schema.
pub async fn expected(
    connection: &DatabaseConnection,
    apply: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
) -> Result<Catalogue, DbErr> {
    if connection.get_database_backend() == DbBackend::Sqlite {
        return expected_on_sqlite(apply).await;
    }
    let transaction = connection.begin().await?;
    let catalogue = match own_schema(&transaction).await {
        Ok(schema) => {
            let apply = async |tx: &_| with_stand_in(tx, apply).await;
            applied(&transaction, Some(&schema), apply).await
        }
        Err(error) => Err(error),
    };
    transaction.rollback().await?;
    catalogue
}

/// As [`expected`] on SQLite, for which no database is needed.
pub async fn expected_on_sqlite(
    apply: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
) -> Result<Catalogue, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .min_connections(1)
        .max_connections(1)
        .sqlx_logging(false);
    let memory = Database::connect(options).await?;
    let transaction = memory.begin().await?;
    let catalogue = applied(&transaction, None, apply).await;
    transaction.rollback().await?;
    memory.close().await?;
    catalogue
}

async fn applied(
    transaction: &DatabaseTransaction,
    schema: Option<&str>,
    apply: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
) -> Result<Catalogue, DbErr> {
    apply(transaction).await?;
    read(transaction, schema).await
}

/// Where hypertables are asked for: the extension's own function is not in the path, and would do more
/// than the comparison needs.
async fn with_stand_in(
    transaction: &DatabaseTransaction,
    apply: impl AsyncFnOnce(&DatabaseTransaction) -> Result<(), DbErr>,
) -> Result<(), DbErr> {
    let make = "CREATE FUNCTION create_hypertable(regclass, text, chunk_time_interval interval)
        RETURNS void LANGUAGE sql AS 'SELECT'";
    transaction.execute_unprepared(make).await?;
    apply(transaction).await?;
    let drop = "DROP FUNCTION create_hypertable(regclass, text, interval)";
    transaction.execute_unprepared(drop).await.map(|_| ())
}

/// The live schema is not in the path, so that no migration can reach it by a plain name.
async fn own_schema(transaction: &DatabaseTransaction) -> Result<String, DbErr> {
    let question = Statement::from_string(
        DbBackend::Postgres,
        "SELECT 'tallystick_expected_' || replace(gen_random_uuid()::text, '-', '') AS name",
    );
    let row = transaction.query_one_raw(question).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("a random name".to_owned()))?;
    let name: String = row.try_get("", "name")?;
    let create = format!("CREATE SCHEMA {name}");
    if let Err(error) = transaction.execute_unprepared(&create).await {
        return Err(DbErr::Custom(format!(
            "the schema to compare with cannot be made: {error}; ask the primary, with a role that \
             may make schemas (GRANT CREATE ON DATABASE … TO …)"
        )));
    }
    let path = format!("SET LOCAL search_path TO {name}");
    transaction.execute_unprepared(&path).await?;
    Ok(name)
}

/// Applies the migrations, the newest being `until` or else the program's newest. A database that
/// is behind is compared with what its own version makes.
pub async fn apply(transaction: &DatabaseTransaction, until: Option<&str>) -> Result<(), DbErr> {
    let engine = engine_of(transaction);
    // A migration may grant rights on the tables of versions.
    for statement in history::tables(engine) {
        transaction.execute_unprepared(&statement).await?;
    }
    let known = known(engine)
        .await
        .map_err(|error| DbErr::Migration(error.to_string()))?;
    for recording in known {
        if until.is_some_and(|until| recording.name.as_str() > until) {
            break;
        }
        for statement in &recording.up {
            // Nobody looks at this schema meanwhile, and a transaction has no room for it.
            let statement = statement.replace(" CONCURRENTLY", "");
            transaction.execute_unprepared(&statement).await?;
        }
    }
    Ok(())
}
