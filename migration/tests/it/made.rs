//! Migrations that were made up for a test, and an empty database to apply them to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use migration::{Event, Options, Schema};
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use testkit::TestDatabase;

#[derive(Clone, Copy)]
pub struct Made {
    pub name: &'static str,
    pub up: &'static [&'static str],
    /// `None` for one that cannot be taken back.
    pub down: Option<&'static [&'static str]>,
    pub in_transaction: bool,
}

impl Made {
    pub const fn new(
        name: &'static str,
        up: &'static [&'static str],
        down: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            up,
            down: Some(down),
            in_transaction: true,
        }
    }
}

impl MigrationName for Made {
    fn name(&self) -> &'static str {
        self.name
    }
}

#[async_trait]
impl MigrationTrait for Made {
    fn use_transaction(&self) -> Option<bool> {
        Some(self.in_transaction)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(self.up, manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match self.down {
            Some(statements) => run(statements, manager).await,
            None => Err(DbErr::Migration("what it dropped is gone".to_owned())),
        }
    }
}

async fn run(statements: &[&str], manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    for statement in statements {
        manager
            .get_connection()
            .execute_unprepared(statement)
            .await?;
    }
    Ok(())
}

/// The schema of a database that holds nothing, with these migrations.
pub async fn schema(db: &TestDatabase, made: &[Made], options: Options) -> Schema {
    let product = Schema::of(&db.database, Options::default()).await.unwrap();
    product.reset().await.unwrap();
    product.close().await.unwrap();
    with(db, made, options).await
}

/// The schema of the database as it is, with these migrations.
pub async fn with(db: &TestDatabase, made: &[Made], options: Options) -> Schema {
    let boxed: Vec<Box<dyn MigrationTrait>> = made
        .iter()
        .map(|one| Box::new(*one) as Box<dyn MigrationTrait>)
        .collect();
    Schema::with(&db.database, &boxed, options).await.unwrap()
}

/// Options that write down what goes on.
pub fn watched(options: Options) -> (Options, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let log = Arc::clone(&seen);
    let progress =
        Arc::new(move |event: &Event<'_>| log.lock().unwrap().push(format!("{event:?}")));
    (
        Options {
            progress,
            ..options
        },
        seen,
    )
}

/// The first column of the first row, as text; `None` without a row.
pub async fn ask(connection: &impl ConnectionTrait, sql: &str) -> Option<String> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let row = connection.query_one_raw(statement).await.unwrap();
    row.map(|row| row.try_get_by_index(0).unwrap())
}

pub async fn tell(connection: &impl ConnectionTrait, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap();
}
