//! Hints on their way: to whoever listens in this process at once, to other processes a moment later.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Database, Priority, database::Inner, hints::Hint, reader::Reader};

/// A channel's name, and what is told on it.
pub(crate) type Told = (&'static str, String);

/// Hints that wait for a slow listener of this process.
const WAITING: usize = 1024;
/// What is told within this time goes to other processes together.
const MOMENT: Duration = Duration::from_millis(5);
/// Of more texts at a time, others hear that they may have missed some.
const MOST_TEXTS: usize = 200;
/// Between two attempts to reach a server that is away.
const PAUSE: Duration = Duration::from_secs(1);
/// Stands for texts that were too many.
pub(crate) const MANY: &str = "*";

/// Where transactions put what they tell, once they have committed.
#[derive(Debug)]
pub(crate) struct Board {
    id: Uuid,
    channels: Mutex<HashMap<&'static str, broadcast::Sender<Hint>>>,
    /// `None` where there are no other processes.
    outside: Option<mpsc::UnboundedSender<Told>>,
}

impl Board {
    /// The board of a process that has the database for itself.
    pub fn alone() -> Self {
        Self::new(None)
    }

    /// A board, and what [`forward`] takes to other processes.
    pub fn among_others() -> (Self, mpsc::UnboundedReceiver<Told>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self::new(Some(sender)), receiver)
    }

    fn new(outside: Option<mpsc::UnboundedSender<Told>>) -> Self {
        Self {
            id: Uuid::now_v7(),
            channels: Mutex::default(),
            outside,
        }
    }

    pub fn post(&self, told: Vec<Told>) {
        for (channel, text) in told {
            if let Some(outside) = &self.outside {
                let _ = outside.send((channel, text.clone()));
            }
            self.pass_on(channel, Hint::Told(text));
        }
    }

    /// Tells those who listen in this process.
    pub fn pass_on(&self, channel: &'static str, hint: Hint) {
        let listeners = self.channels().get(channel).cloned();
        if let Some(listeners) = listeners {
            // That nobody listens any more is no fault.
            let _ = listeners.send(hint);
        }
    }

    /// Hears what is passed on, and says whether nobody has listened on this channel before.
    pub fn hear(&self, channel: &'static str) -> (broadcast::Receiver<Hint>, bool) {
        let mut channels = self.channels();
        let is_first = !channels.contains_key(channel);
        let listeners = channels.entry(channel);
        let listeners = listeners.or_insert_with(|| broadcast::Sender::new(WAITING));
        (listeners.subscribe(), is_first)
    }

    /// Begins what this process sends, so that it does not hear itself twice.
    pub fn mark(&self) -> String {
        format!("@{} ", self.id)
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<&'static str, broadcast::Sender<Hint>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells other processes what has been posted, until `stop`.
pub(crate) async fn forward(
    mut posted: mpsc::UnboundedReceiver<Told>,
    inner: Weak<Inner>,
    stop: CancellationToken,
) {
    let forwarding = async {
        while let Some(first) = posted.recv().await {
            tokio::time::sleep(MOMENT).await;
            let mut told: BTreeSet<Told> = BTreeSet::from([first]);
            while let Ok(next) = posted.try_recv() {
                told.insert(next);
            }
            let Some(inner) = inner.upgrade() else {
                return;
            };
            let database = Database {
                reader: Reader {
                    inner,
                    priority: Priority::Background,
                    session: std::sync::Arc::default(),
                    tenant: None,
                },
            };
            if let Err(error) = notify(&database, told).await {
                tracing::debug!(%error, "hints were not told to other processes");
                drop(database);
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = forwarding => {}
    }
}

async fn notify(database: &Database, told: BTreeSet<Told>) -> Result<(), DbErr> {
    let mark = database.reader.inner.board.mark();
    let mut by_channel: HashMap<&str, Vec<String>> = HashMap::new();
    for (channel, text) in told {
        by_channel.entry(channel).or_default().push(text);
    }
    for (channel, mut texts) in by_channel {
        if texts.len() > MOST_TEXTS {
            texts = vec![MANY.to_owned()];
        }
        for text in &mut texts {
            text.insert_str(0, &mark);
        }
        let sql =
            "SELECT count(pg_notify($1, text)) FROM jsonb_array_elements_text($2) AS told (text)";
        let values = [channel.into(), sea_orm::JsonValue::from(texts).into()];
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        database.query_one_raw(statement).await?;
    }
    Ok(())
}
