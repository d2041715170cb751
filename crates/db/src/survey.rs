//! What a database server says of itself, for the operator who looks for trouble.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::{Database, Engine, Error, Priority, database::Backend};

/// A database from the inside.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// `PostgreSQL 15.18 …`, `SQLite 3.50.4`
    pub version: String,
    /// The role that this program has there, and what it may do; `None` on SQLite.
    pub role: Option<Role>,
    pub settings: Vec<ServerSetting>,
    /// Installed extensions with their versions.
    pub extensions: Vec<String>,
    /// The largest tables, with their indexes.
    pub tables: Vec<TableSize>,
    /// Connections to this database by the name that their program gave.
    pub connections: Vec<Connections>,
    /// What may lie between this program and the server.
    pub pooler: Option<Pooler>,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Role {
    pub name: String,
    pub is_superuser: bool,
    pub bypasses_row_security: bool,
    /// Whether it owns tables, or may act as a role that does: it could take their lock away.
    pub owns_tables: bool,
    /// Whether it is a member of `tallystick_admin`, who sees the rows of all users.
    pub is_administrator: bool,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct ServerSetting {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct TableSize {
    pub name: String,
    pub bytes: i64,
}

#[derive(Clone, Debug, FromQueryResult)]
pub struct Connections {
    pub application: String,
    pub number: i64,
}

/// How the pooled way to the server compares with what was asked of it.
#[derive(Clone, Debug)]
pub struct Pooler {
    /// Whether the settings told it.
    pub is_configured: bool,
    /// Whether a session kept the statement timeout that was set when it was opened: behind a
    /// pooler it does not.
    pub keeps_session_settings: bool,
    /// Whether the direct address leads to the same server; `None` without one.
    pub direct_is_same_server: Option<bool>,
}

const SETTINGS: &str = "SELECT name, setting || coalesce(' ' || unit, '') AS value FROM pg_settings
    WHERE name IN ('max_connections', 'superuser_reserved_connections', 'fsync', 'synchronous_commit',
        'full_page_writes', 'default_transaction_isolation', 'default_transaction_read_only',
        'shared_buffers', 'work_mem')
    ORDER BY name";
const ROLE: &str = "SELECT rolname::text AS name, rolsuper AS is_superuser,
        rolbypassrls AS bypasses_row_security,
        EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p')
            AND relnamespace = current_schema()::regnamespace
            AND pg_has_role(relowner, 'MEMBER')) AS owns_tables,
        EXISTS (SELECT FROM pg_roles AS admin WHERE admin.rolname = 'tallystick_admin'
            AND pg_has_role(admin.oid, 'MEMBER')) AS is_administrator
    FROM pg_roles WHERE rolname = current_user";
const EXTENSIONS: &str =
    "SELECT extname::text AS name, extversion AS value FROM pg_extension ORDER BY 1";
const TABLES: &str = "SELECT oid::regclass::text AS name, pg_total_relation_size(oid) AS bytes
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
    ORDER BY 2 DESC, 1 LIMIT 10";
const CONNECTIONS: &str =
    "SELECT coalesce(nullif(application_name, ''), '(unnamed)') AS application,
        count(*) AS number
    FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1 ORDER BY 2 DESC, 1";
const SERVER_ID: &str = "SELECT pg_postmaster_start_time()::text AS name,
        coalesce(inet_server_port()::text, '') AS value";

impl Database {
    /// Asks the server about itself; reads only.
    pub async fn survey(&self) -> Result<Survey, Error> {
        match self.engine() {
            Engine::Sqlite => self.survey_sqlite().await,
            Engine::Postgres => self.survey_postgres().await,
        }
    }

    async fn survey_postgres(&self) -> Result<Survey, Error> {
        let version: Vec<ServerSetting> = self.ask("SELECT '' AS name, version() AS value").await?;
        let extensions: Vec<ServerSetting> = self.ask(EXTENSIONS).await?;
        let named = |extension: ServerSetting| format!("{} {}", extension.name, extension.value);
        Ok(Survey {
            version: version.into_iter().map(|row| row.value).collect(),
            role: self.ask::<Role>(ROLE).await?.pop(),
            settings: self.ask(SETTINGS).await?,
            extensions: extensions.into_iter().map(named).collect(),
            tables: self.ask(TABLES).await?,
            connections: self.ask(CONNECTIONS).await?,
            pooler: Some(self.look_for_pooler().await?),
        })
    }

    async fn look_for_pooler(&self) -> Result<Pooler, Error> {
        let settings = &self.reader.inner.settings;
        // In milliseconds, as the pool asked for it when it opened the connection.
        let timeout: Vec<ServerSetting> = self
            .ask("SELECT name, setting AS value FROM pg_settings WHERE name = 'statement_timeout'")
            .await?;
        let expected = settings.command_timeout.as_millis().to_string();
        let keeps = timeout.first().is_some_and(|row| row.value == expected);
        Ok(Pooler {
            is_configured: settings.behind_pgbouncer,
            keeps_session_settings: keeps && !settings.behind_pgbouncer,
            direct_is_same_server: self.compare_direct().await?,
        })
    }

    async fn compare_direct(&self) -> Result<Option<bool>, Error> {
        let settings = &self.reader.inner.settings;
        if settings.direct_url.is_none()
            || !matches!(self.reader.inner.backend, Backend::Postgres(_))
        {
            return Ok(None);
        }
        let pooled: Vec<ServerSetting> = self.ask(SERVER_ID).await?;
        let schema = self.with_priority(Priority::Schema);
        let direct: Vec<ServerSetting> = schema.ask(SERVER_ID).await?;
        let same = pooled
            .first()
            .zip(direct.first())
            .map(|(pooled, direct)| pooled.name == direct.name);
        Ok(Some(same.unwrap_or(false)))
    }

    async fn survey_sqlite(&self) -> Result<Survey, Error> {
        let version: Vec<ServerSetting> = self
            .ask("SELECT '' AS name, 'SQLite ' || sqlite_version() AS value")
            .await?;
        let tables = "SELECT name, sum(pgsize) AS bytes FROM dbstat
            WHERE name NOT LIKE 'sqlite_%' GROUP BY name ORDER BY 2 DESC, 1 LIMIT 10";
        let settings = "SELECT 'journal_mode' AS name, journal_mode AS value FROM pragma_journal_mode
            UNION ALL SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous
            UNION ALL SELECT 'foreign_keys', CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys
            UNION ALL SELECT 'page_count', CAST(page_count AS TEXT) FROM pragma_page_count
            UNION ALL SELECT 'freelist_count', CAST(freelist_count AS TEXT) FROM pragma_freelist_count";
        Ok(Survey {
            version: version.into_iter().map(|row| row.value).collect(),
            settings: self.ask(settings).await?,
            // Not every build of SQLite counts its pages by table.
            tables: self.ask(tables).await.unwrap_or_default(),
            ..Survey::default()
        })
    }

    async fn ask<T: FromQueryResult>(&self, question: &str) -> Result<Vec<T>, Error> {
        let statement = Statement::from_string(self.reader.backend(), question);
        let rows = self.reader.query_all_raw(statement).await?;
        let read = rows.iter().map(|row| T::from_query_result(row, ""));
        Ok(read.collect::<Result<_, _>>()?)
    }

    /// The most connections that this program opens to the primary.
    pub fn most_connections(&self) -> usize {
        // One more watches the server.
        self.pool_status().max_size + usize::from(self.engine() == Engine::Postgres)
    }
}
