//! One program at a time makes a pack.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::MetadataExt,
    path::PathBuf,
    time::Duration,
};

use chrono::NaiveDate;
use db::{Engine, Tx};
use identity::Ctx;
use sea_orm::{ConnectionTrait, Statement};
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{error::Error, settings::Settings};

/// A server takes some time to notice that a program that held the lock is gone.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(200);
/// Well within what a transaction may idle.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);

/// The right to make the pack of a day and a policy; it ends with the program, however that ends.
pub enum Turn {
    /// On SQLite, whose database is on this machine: the lock of a file.
    File { path: PathBuf, file: File },
    /// On PostgreSQL: an advisory lock, held by a transaction that does nothing else.
    Session(oneshot::Sender<()>, JoinHandle<()>),
    /// A database in memory has no other program.
    Alone,
}

impl Turn {
    /// `None` where another program has it.
    pub async fn take(
        settings: &Settings,
        ctx: &Ctx,
        asof: NaiveDate,
        policy: &str,
    ) -> Result<Option<Self>, Error> {
        for attempt in 1.. {
            let turn = match ctx.database.engine() {
                Engine::Sqlite => lock_file(settings, asof, policy)?,
                Engine::Postgres => lock_session(ctx, asof, policy).await?,
            };
            if turn.is_some() || attempt == ATTEMPTS {
                return Ok(turn);
            }
            sleep(PAUSE).await;
        }
        Ok(None)
    }

    pub async fn end(self) {
        // What is let go of already is no matter.
        match self {
            Self::File { path, file } => {
                drop(fs::remove_file(path));
                drop(file.unlock());
            }
            Self::Session(release, holder) => {
                let _ = release.send(());
                let _ = holder.await;
            }
            Self::Alone => {}
        }
    }
}

/// The file goes with the turn, so that a file that another program has just taken away is no lock.
fn lock_file(settings: &Settings, asof: NaiveDate, policy: &str) -> Result<Option<Turn>, Error> {
    let Some(database) = settings.database.url.sqlite_file() else {
        return Ok(Some(Turn::Alone));
    };
    let mut name = database.as_os_str().to_owned();
    name.push(format!(".nightly-{asof}-{policy}"));
    let path = PathBuf::from(name);
    let in_file = |source| Error::File {
        path: path.clone(),
        source,
    };
    let file = File::create(&path).map_err(in_file)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(source)) => return Err(in_file(source)),
    }
    let locked = file.metadata().map_err(in_file)?.ino();
    let is_there = fs::metadata(&path).is_ok_and(|there| there.ino() == locked);
    Ok(is_there.then_some(Turn::File { path, file }))
}

async fn lock_session(ctx: &Ctx, asof: NaiveDate, policy: &str) -> Result<Option<Turn>, Error> {
    let (release, released) = oneshot::channel();
    let (tell, told) = oneshot::channel();
    let (database, name) = (ctx.database.clone(), format!("nightly {asof} {policy}"));
    let holder = tokio::spawn(async move {
        let work = |tx: Tx| async move { hold(&tx, &name, tell, released).await };
        // A lock that is lost is taken over, which the steps find out.
        let _ = database.write_without_retry(work).await;
    });
    match told.await {
        Ok(Ok(true)) => Ok(Some(Turn::Session(release, holder))),
        Ok(Err(error)) => Err(error.into()),
        // Another has it, or the connection was lost before it was asked for.
        Ok(Ok(false)) | Err(_) => Ok(None),
    }
}

async fn hold(
    tx: &Tx,
    name: &str,
    tell: oneshot::Sender<Result<bool, db::Error>>,
    mut released: oneshot::Receiver<()>,
) -> Result<(), db::Error> {
    let lock = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7430188))";
    let backend = tx.get_database_backend();
    let lock = Statement::from_sql_and_values(backend, lock, [name.into()]);
    let row = tx.query_one_raw(lock).await;
    let locked = row.and_then(|row| row.map_or(Ok(false), |row| row.try_get_by_index(0)));
    let is_locked = matches!(locked, Ok(true));
    let _ = tell.send(locked.map_err(db::Error::from));
    if !is_locked {
        return Ok(());
    }
    while timeout(SIGN_OF_LIFE, &mut released).await.is_err() {
        tx.execute_unprepared("SELECT 1").await?;
    }
    Ok(())
}
