//! Sending a batch, and finding the row that an engine refused. Neither engine tells reliably: what
//! they say depends on the constraint, and on PostgreSQL on the server's language.

use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

use super::batch::Batch;
use crate::{Error, Tx, query::transaction::transaction};

impl Batch {
    pub async fn write(&self, tx: &Tx) -> Result<u64, Error> {
        let outcome = if tx.get_database_backend() == DbBackend::Sqlite {
            // A statement that SQLite refuses has changed nothing.
            self.send(tx, self.rows).await
        } else {
            transaction(tx, async |inner: Tx| self.send(&inner, self.rows).await).await
        };
        match outcome {
            Err(error) if error.is_about_a_row() => Err(self.name_the_row(tx, error).await),
            outcome => outcome,
        }
    }

    /// Halves the batch until it ends with the first row that fails.
    async fn name_the_row(&self, tx: &Tx, mut error: Error) -> Error {
        let (mut fit, mut failing) = (0, self.rows);
        while failing - fit > 1 {
            let middle = fit.midpoint(failing);
            match self.try_out(tx, middle).await {
                Ok(()) => fit = middle,
                Err(refusal) if refusal.is_about_a_row() => {
                    failing = middle;
                    error = refusal;
                }
                Err(other) => return other,
            }
        }
        let number = self.first + fit as u64;
        let source = Box::new(error);
        Error::Row { number, source }
    }

    /// Sends the first rows and takes them back.
    async fn try_out(&self, tx: &Tx, rows: usize) -> Result<(), Error> {
        let inner = tx.begin().await?;
        let sent = self.send(&inner, rows).await;
        inner.end_badly().await?;
        sent.map(|_| ())
    }
}
