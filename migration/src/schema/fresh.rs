use std::time::Instant;

use db::Engine;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Statement};

use super::{
    Applied, Schema,
    run::{is_lock_trouble, pause},
};
use crate::{Error, Target, history};

/// What the schema itself holds, children before what they hang on where that matters; extensions'
/// objects are left out. Each row is a statement.
const DROP_ON_POSTGRES: &str = "
    WITH own AS (
        SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    )
    SELECT 'DROP VIEW IF EXISTS ' || name || ' CASCADE' AS sql, 1 AS rank FROM own WHERE relkind = 'v'
    UNION ALL
    SELECT 'DROP MATERIALIZED VIEW IF EXISTS ' || name || ' CASCADE', 1 FROM own WHERE relkind = 'm'
    UNION ALL
    SELECT 'DROP TABLE IF EXISTS ' || name || ' CASCADE', 2 FROM own WHERE relkind IN ('r', 'p')
    UNION ALL
    SELECT 'DROP SEQUENCE IF EXISTS ' || name || ' CASCADE', 3 FROM own WHERE relkind = 'S'
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', n.nspname, p.proname,
            pg_get_function_identity_arguments(p.oid)), 4
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_schema()
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    ORDER BY rank";

const DROP_ON_SQLITE: &str = "
    SELECT 'DROP ' || upper(type) || ' \"' || replace(name, '\"', '\"\"') || '\"' AS sql
    FROM sqlite_schema
    WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY type DESC";

impl Schema {
    /// Drops every table, view and function of the schema with all that is in them, record
    /// included, and applies every migration.
    pub async fn fresh(&self) -> Result<Vec<Applied>, Error> {
        self.alone(async || {
            self.change_with_retries(async |tx| drop_everything(tx, self.engine).await)
                .await?;
            let versions = self.versions().await?;
            self.apply(&versions, &self.known.iter().collect::<Vec<_>>())
                .await
        })
        .await
    }

    /// Takes every migration back, and drops the tables of versions.
    pub async fn reset(&self) -> Result<Vec<Applied>, Error> {
        let taken_back = match self.down(&Target::Base).await {
            Err(Error::NothingApplied) => Vec::new(),
            outcome => outcome?,
        };
        self.alone(async || {
            self.change_with_retries(async |tx| {
                for table in [history::TABLE, history::VERSIONS] {
                    tx.execute_unprepared(&format!("DROP TABLE IF EXISTS {table}"))
                        .await?;
                }
                Ok(())
            })
            .await
        })
        .await?;
        Ok(taken_back)
    }
}

impl Schema {
    /// A change that is no migration's, which lets go of its locks like one.
    async fn change_with_retries(
        &self,
        change: impl AsyncFn(&DatabaseTransaction) -> Result<(), DbErr>,
    ) -> Result<(), Error> {
        let started = Instant::now();
        let mut attempts = 0;
        loop {
            let tx = self.begin_alone().await?;
            if self.engine == Engine::Postgres {
                let limit = self.options.lock_timeout.as_millis();
                let limit = format!("SET LOCAL lock_timeout = {limit}");
                tx.execute_unprepared(&limit).await?;
            }
            let error = match change(&tx).await {
                Ok(()) => return Ok(tx.commit().await?),
                Err(error) => db::Error::from(error),
            };
            tx.rollback().await?;
            if !is_lock_trouble(&error) || started.elapsed() > self.options.patience {
                return Err(error.into());
            }
            attempts += 1;
            tokio::time::sleep(pause(attempts)).await;
        }
    }
}

async fn drop_everything(tx: &DatabaseTransaction, engine: Engine) -> Result<(), DbErr> {
    let ask = match engine {
        Engine::Postgres => DROP_ON_POSTGRES,
        Engine::Sqlite => DROP_ON_SQLITE,
    };
    let rows = tx
        .query_all_raw(Statement::from_string(tx.get_database_backend(), ask))
        .await?;
    for row in rows {
        let sql: String = row.try_get("", "sql")?;
        tx.execute_unprepared(&sql).await?;
    }
    Ok(())
}
