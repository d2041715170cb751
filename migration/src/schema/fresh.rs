use db::Engine;
use sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

use super::{Applied, Schema};
use crate::{Error, Target};

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
    SELECT 'DROP ROUTINE IF EXISTS ' || p.oid::regprocedure || ' CASCADE', 4 FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace
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
            let tx = self.begin_alone().await?;
            drop_everything(&tx, self.engine).await?;
            tx.commit().await?;
            self.apply_pending(&Target::All).await
        })
        .await
    }

    /// Takes every migration back, and drops the tables of versions.
    pub async fn reset(&self) -> Result<Vec<Applied>, Error> {
        let taken_back = match self.down(&Target::All).await {
            Err(Error::NothingApplied) => Vec::new(),
            outcome => outcome?,
        };
        self.alone(async || {
            let tx = self.begin_alone().await?;
            for table in [crate::history::TABLE, crate::history::VERSIONS] {
                tx.execute_unprepared(&format!("DROP TABLE IF EXISTS {table}"))
                    .await?;
            }
            Ok(tx.commit().await?)
        })
        .await?;
        Ok(taken_back)
    }
}

async fn drop_everything(tx: &DatabaseTransaction, engine: Engine) -> Result<(), Error> {
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
