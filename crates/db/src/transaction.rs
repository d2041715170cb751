//! An open transaction: what its statements do, how its savepoints nest, how it ends.

mod bulk;
pub(crate) mod traits;

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use sea_orm::{DbBackend, DbErr};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard};

use crate::{
    board::{Board, Told},
    error::{Transient, sqlite_code, sqlstate_of, transient},
    pool::Lease,
    refusal::{Refusal, exec_error, query_error},
    session::Session,
};

/// The open transaction of a unit of work, or a savepoint within it. Clones are the same one; what
/// outlives it is refused.
#[derive(Clone, Debug)]
pub struct Tx {
    pub(crate) unit: Arc<Unit>,
    savepoint: Option<Arc<Savepoint>>,
}

/// What the transaction and all its savepoints share.
pub(crate) struct Unit {
    backend: DbBackend,
    /// `None` once the transaction has ended.
    lease: AsyncMutex<Option<Lease>>,
    fate: Mutex<Fate>,
    savepoints: AtomicU32,
    /// Names the transaction's place in the log to the caller who committed.
    session: Option<Arc<Session>>,
    board: Arc<Board>,
    /// What the board gets once it has committed.
    told: Mutex<Vec<Told>>,
}

/// What has happened to a transaction.
#[derive(Default)]
struct Fate {
    /// PostgreSQL carries out nothing more until it is rolled back, at least to a savepoint.
    failed: bool,
    /// Why the whole of it may be worth another try.
    transient: Option<Transient>,
    /// Savepoints that were dropped without an end.
    abandoned: Vec<u32>,
}

#[derive(Debug)]
struct Savepoint {
    unit: Arc<Unit>,
    number: u32,
    ended: AtomicBool,
}

impl Drop for Savepoint {
    fn drop(&mut self) {
        if !self.ended.load(Ordering::Relaxed) {
            self.unit.fate().abandoned.push(self.number);
        }
    }
}

impl Tx {
    pub(crate) fn new(lease: Lease, session: Option<Arc<Session>>, board: Arc<Board>) -> Self {
        let unit = Unit {
            backend: lease.backend(),
            lease: AsyncMutex::new(Some(lease)),
            fate: Mutex::default(),
            savepoints: AtomicU32::new(0),
            session,
            board,
            told: Mutex::default(),
        };
        Self {
            unit: Arc::new(unit),
            savepoint: None,
        }
    }

    async fn begin_savepoint(&self) -> Result<Self, DbErr> {
        let number = self.unit.savepoints.fetch_add(1, Ordering::Relaxed) + 1;
        self.unit.run(&format!("SAVEPOINT s{number}")).await?;
        let savepoint = Savepoint {
            unit: Arc::clone(&self.unit),
            number,
            ended: AtomicBool::new(false),
        };
        Ok(Self {
            unit: Arc::clone(&self.unit),
            savepoint: Some(Arc::new(savepoint)),
        })
    }

    /// Commits the transaction, or releases the savepoint.
    pub(crate) async fn end_well(&self) -> Result<(), CommitError> {
        match &self.savepoint {
            None => self.unit.commit().await,
            Some(savepoint) => {
                let number = savepoint.number;
                let released = self.unit.run(&format!("RELEASE SAVEPOINT s{number}")).await;
                savepoint.ended.store(released.is_ok(), Ordering::Relaxed);
                released.map_err(CommitError::Refused)
            }
        }
    }

    /// Rolls the transaction back, or what was done since the savepoint.
    pub(crate) async fn end_badly(&self) -> Result<(), DbErr> {
        match &self.savepoint {
            None => self.unit.roll_back().await,
            Some(savepoint) => {
                savepoint.ended.store(true, Ordering::Relaxed);
                self.unit.roll_back_to(savepoint.number).await
            }
        }
    }
}

pub(crate) const FAILED_BEFORE: &str =
    "a statement of it had failed, and the work went on as if it had not";

/// Why a transaction was not committed, as far as one can know.
pub(crate) enum CommitError {
    /// It was rolled back.
    Refused(DbErr),
    /// The connection was lost while the server was at it.
    Unknown(DbErr),
    /// A statement had failed before, and its failure was passed over.
    Failed,
}

/// The right to send the next statement of a transaction.
pub(crate) struct Turn<'a> {
    unit: &'a Unit,
    lease: MutexGuard<'a, Option<Lease>>,
}

impl Turn<'_> {
    pub fn lease(&mut self) -> Result<&mut Lease, Refusal> {
        self.lease.as_mut().ok_or(Refusal::TransactionOver)
    }

    pub fn note<T>(&self, outcome: &Result<T, sqlx::Error>) {
        if let Err(error) = outcome {
            self.unit.note_failure(error);
        }
    }
}

impl Unit {
    fn fate(&self) -> std::sync::MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tell(&self, told: Told) {
        let mut all = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&told) {
            all.push(told);
        }
    }

    fn post(&self) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        self.board.post(std::mem::take(&mut *told));
    }

    /// Why the whole unit may be worth another try.
    pub fn transient(&self) -> Option<Transient> {
        self.fate().transient
    }

    pub async fn suspect_server(&self) {
        if let Some(lease) = &*self.lease.lock().await {
            lease.suspect_server();
        }
    }

    /// Waits until the statement before has ended, and undoes savepoints that were dropped.
    async fn turn(&self) -> Result<Turn<'_>, DbErr> {
        let mut lease = self.lease.lock().await;
        let held = lease.as_mut().ok_or(Refusal::TransactionOver)?;
        if !held.is_usable() {
            return Err(self.over(held));
        }
        let abandoned = std::mem::take(&mut self.fate().abandoned);
        // The outermost undoes those within it.
        if let Some(outermost) = abandoned.into_iter().min() {
            self.undo_to(held, outermost).await?;
        }
        Ok(Turn { unit: self, lease })
    }

    /// The server revoked the connection, or a statement's future was dropped.
    fn over(&self, lease: &Lease) -> DbErr {
        if lease.is_revoked() {
            self.fate().transient.get_or_insert(Transient::Lost);
        }
        Refusal::TransactionOver.into()
    }

    fn note_failure(&self, error: &sqlx::Error) {
        let mut fate = self.fate();
        fate.failed |= self.backend == DbBackend::Postgres;
        if let Some(reason) = transient(error) {
            fate.transient.get_or_insert(reason);
        }
    }

    async fn run(&self, sql: &str) -> Result<(), DbErr> {
        let mut turn = self.turn().await?;
        let outcome = turn.lease()?.script(sql).await;
        turn.note(&outcome);
        outcome.map(|_| ()).map_err(exec_error)
    }

    async fn roll_back_to(&self, savepoint: u32) -> Result<(), DbErr> {
        let mut turn = self.turn().await?;
        self.undo_to(turn.lease()?, savepoint).await
    }

    /// Where this fails, since the savepoint went with an outer one, the transaction has failed.
    async fn undo_to(&self, lease: &mut Lease, savepoint: u32) -> Result<(), DbErr> {
        let sql = format!("ROLLBACK TO SAVEPOINT s{savepoint}; RELEASE SAVEPOINT s{savepoint}");
        let undone = lease.script(&sql).await;
        match &undone {
            Ok(_) => self.fate().failed = false,
            Err(error) => self.note_failure(error),
        }
        undone.map(|_| ()).map_err(exec_error)
    }

    async fn commit(&self) -> Result<(), CommitError> {
        // A dropped savepoint is undone first.
        let mut turn = self.turn().await.map_err(CommitError::Refused)?;
        let mut lease = turn
            .lease
            .take()
            .ok_or(Refusal::TransactionOver)
            .map_err(|refusal| CommitError::Refused(refusal.into()))?;
        // PostgreSQL answers COMMIT of a failed transaction with a rollback and no error.
        if self.fate().failed {
            return Err(CommitError::Failed);
        }
        let asks_for_position = self.session.is_some();
        let outcome = lease
            .commit(if asks_for_position {
                COMMIT_AND_TELL
            } else {
                "COMMIT"
            })
            .await;
        match outcome {
            Ok(position) => {
                if let Some(session) = &self.session {
                    session.note_answer(position);
                }
                self.post();
                Ok(())
            }
            Err(error) => {
                self.note_failure(&error);
                let is_known =
                    is_verdict(&error) && (!asks_for_position || is_of_the_commit(&error));
                if !is_known {
                    lease.suspect_server();
                }
                Err(if is_known {
                    CommitError::Refused(exec_error(error))
                } else {
                    // It may have committed, and a hint does no harm.
                    self.post();
                    CommitError::Unknown(exec_error(error))
                })
            }
        }
    }

    async fn roll_back(&self) -> Result<(), DbErr> {
        let lease = self.lease.lock().await.take();
        match lease {
            Some(mut lease) if lease.is_usable() => lease.roll_back().await.map_err(query_error),
            // Closing the connection rolls back.
            _ => Ok(()),
        }
    }
}

/// Whether the engine itself said that it did not commit.
fn is_verdict(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(_))
        && transient(error) != Some(Transient::Lost)
        // SQLite's failures of input and output: what reached the disk is unknown.
        && sqlite_code(error).is_none_or(|code| code & 0xff != 10)
}

/// Whether the server refused the COMMIT itself, and not the question behind it: a broken
/// constraint (23), a conflict (40), a trigger's own refusal (P0).
fn is_of_the_commit(error: &sqlx::Error) -> bool {
    let code = sqlstate_of(error).unwrap_or_default();
    ["23", "40", "P0"]
        .iter()
        .any(|class| code.starts_with(class))
}

/// One round trip for both, since a position asked for later would be another.
const COMMIT_AND_TELL: &str = "COMMIT; SELECT pg_current_wal_insert_lsn()::text";
/// The position alone.
pub(crate) const TELL: &str = "SELECT pg_current_wal_insert_lsn()::text";

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unit").finish_non_exhaustive()
    }
}
