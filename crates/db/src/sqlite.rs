//! The embedded engine: one writer in a fair queue, and readers that never wait for it.

use std::{path::Path, sync::Arc};

use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::Mutex;

use crate::{
    ConnectError, Priority, Settings, Synchronous,
    address::{SqliteAddress, SqliteMode},
    maker::{Maker, Rules, Source},
    observe::Observer,
    pool::{Pool, Size},
    pool_metrics::PoolFamilies,
};

/// An SQLite database and its pools.
pub(crate) struct File {
    pub writer: Pool,
    pub reader: Pool,
    pub background_reader: Pool,
    options: SqliteConnectOptions,
    /// A database in memory ends with its last connection, so this one never works.
    keeper: Option<Mutex<SqliteConnection>>,
}

pub(crate) async fn open(
    address: &SqliteAddress,
    settings: &Settings,
    observer: &Arc<Observer>,
    families: &PoolFamilies,
) -> Result<File, ConnectError> {
    let mut options = address
        .options()
        .synchronous(match settings.synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
        })
        .foreign_keys(true)
        .busy_timeout(settings.busy_timeout)
        .statement_cache_capacity(256)
        .disable_statement_logging();
    if address.mode() != SqliteMode::ReadOnly {
        options = options.journal_mode(SqliteJournalMode::Wal);
    }
    if address.mode() == SqliteMode::Create {
        make_parent_folder(address.file())?;
    }
    let first = options
        .connect()
        .await
        .map_err(|source| ConnectError::sqlite(options.get_filename(), source))?;
    let pool = |name: &str, options: &SqliteConnectOptions, size, priority| {
        let maker = Maker {
            source: Source::Sqlite(Box::new(options.clone())),
            rules: Rules::new(settings, priority),
            observer: Arc::clone(observer),
            metrics: Arc::new(families.of(name)),
        };
        Pool::new(maker, size)
    };
    let waiting = settings.max_waiting as usize;
    let writer = pool(
        "writer",
        &options,
        Size::fixed(1, waiting),
        Priority::Application,
    );
    let is_in_memory = address.file().is_none();
    let (reader, background_reader) = if is_in_memory {
        (writer.clone(), writer.clone())
    } else {
        let read_only = options.clone().pragma("query_only", "ON");
        (
            pool(
                "application",
                &read_only,
                Size::application(settings),
                Priority::Application,
            ),
            pool(
                "background",
                &read_only,
                Size::background(settings),
                Priority::Background,
            ),
        )
    };
    let keeper = if is_in_memory {
        Some(Mutex::new(first))
    } else {
        drop(first);
        None
    };
    Ok(File {
        writer,
        reader,
        background_reader,
        options,
        keeper,
    })
}

impl File {
    pub fn pools(&self) -> Vec<&Pool> {
        if self.keeper.is_some() {
            return vec![&self.writer];
        }
        vec![&self.writer, &self.reader, &self.background_reader]
    }

    pub fn options(&self) -> &SqliteConnectOptions {
        &self.options
    }

    /// Moves the write-ahead log into the file, so that a copy of the file alone is whole.
    pub async fn checkpoint(&self) {
        if self.keeper.is_some() {
            return;
        }
        let checkpoint = async {
            let mut connection = self
                .options
                .clone()
                .create_if_missing(false)
                .connect()
                .await?;
            sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut connection)
                .await?;
            connection.close().await
        };
        if let Err(error) = checkpoint.await {
            tracing::debug!(%error, "the write-ahead log was left for the next start");
        }
    }
}

fn make_parent_folder(file: Option<&Path>) -> Result<(), ConnectError> {
    match file.and_then(Path::parent) {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| ConnectError::Folder {
                path: folder.to_owned(),
                source,
            })
        }
        _ => Ok(()),
    }
}
