//! The face that sea-orm's own tools see.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DatabaseExecutor, DbErr};
use sea_orm_migration::{IntoSchemaManagerConnection, MigrationTrait, MigratorTrait};

use crate::{Event, Options, Schema, Target};

/// What `sea-orm-cli migrate` drives. It applies and takes back as `tallystick migrate` does, and
/// leaves what destroys data to that.
#[derive(Debug)]
pub struct Migrator;

#[async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        crate::migrations()
    }

    async fn up<'c, C>(db: C, steps: Option<u32>) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let schema = schema(&db.into_database_executor()).await?;
        let applied = schema
            .up(&steps.map_or(Target::Head, in_steps))
            .await
            .map_err(|error| told(&error))?;
        if applied.is_empty() {
            tracing::info!(target: LOG, "No pending migrations");
        }
        schema.close().await.map_err(|error| told(&error))
    }

    async fn down<'c, C>(db: C, steps: Option<u32>) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        let schema = schema(&db.into_database_executor()).await?;
        schema
            .down(&steps.map_or(Target::Base, in_steps))
            .await
            .map_err(|error| told(&error))?;
        schema.close().await.map_err(|error| told(&error))
    }

    async fn fresh<'c, C>(_: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        Err(refused("fresh"))
    }

    async fn refresh<'c, C>(_: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        Err(refused("fresh"))
    }

    async fn reset<'c, C>(_: C) -> Result<(), DbErr>
    where
        C: IntoSchemaManagerConnection<'c>,
    {
        Err(refused("reset"))
    }
}

const fn in_steps(steps: u32) -> Target {
    Target::Steps(steps as usize)
}

/// Where `sea-orm-cli` looks for what to print.
const LOG: &str = "sea_orm_migration";

async fn schema(db: &DatabaseExecutor<'_>) -> Result<Schema, DbErr> {
    let DatabaseExecutor::Connection(connection) = db else {
        let advice = "migrations begin transactions of their own: give a connection";
        return Err(DbErr::Migration(advice.to_owned()));
    };
    let options = Options {
        progress: Arc::new(|event| match event {
            Event::WaitingForAnother => {
                tracing::info!(target: LOG, "another program migrates: waiting");
            }
            Event::Applying { version, .. } => tracing::info!(target: LOG, "Applying {version}"),
            Event::TakingBack { version, .. } => {
                tracing::info!(target: LOG, "Taking back {version}");
            }
            Event::Done { version, duration } => {
                tracing::info!(target: LOG, "{version} done in {} ms", duration.as_millis());
            }
            Event::LockedOut {
                version,
                attempt,
                holders,
            } => {
                tracing::info!(target: LOG, "{version} waits for others (attempt {attempt}).{holders}");
            }
        }),
        ..Options::default()
    };
    Schema::on(connection, &crate::migrations(), options)
        .await
        .map_err(|error| told(&error))
}

fn told(error: &crate::Error) -> DbErr {
    DbErr::Migration(error.to_string())
}

fn refused(command: &str) -> DbErr {
    DbErr::Migration(format!(
        "refused, since it destroys data: `tallystick migrate {command} --i-know-this-destroys-data` \
         does it, outside of production"
    ))
}
