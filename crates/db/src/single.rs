//! The transaction of a single statement, where it needs one.

use uuid::Uuid;

use crate::{
    Engine,
    pool::Lease,
    reader::{Intent, Reader},
};

impl Reader {
    /// For whom the server is to be told that it works.
    pub(crate) fn bound_tenant(&self) -> Option<Uuid> {
        self.tenant.filter(|_| self.engine() == Engine::Postgres)
    }

    /// A transaction pooler may change the server between the steps of a statement, and what is said
    /// of the tenant holds within a transaction alone.
    pub(crate) async fn begin_single(
        &self,
        lease: &mut Lease,
        intent: Intent,
    ) -> Result<(), sqlx::Error> {
        if self.inner.settings.behind_pgbouncer || self.bound_tenant().is_some() {
            lease.begin(&self.begin_script(intent)).await?;
        }
        Ok(())
    }
}

impl Lease {
    /// Ends what [`Reader::begin_single`] began, if anything, by how the statement went.
    pub(crate) async fn end_single<T>(
        &mut self,
        outcome: Result<T, sqlx::Error>,
    ) -> Result<T, sqlx::Error> {
        if !self.is_in_transaction() {
            return outcome;
        }
        match &outcome {
            Ok(_) => {
                self.commit("COMMIT").await?;
            }
            // Where this fails, the connection is closed, which rolls back too.
            Err(_) if self.is_usable() => {
                let _ = self.roll_back().await;
            }
            Err(_) => {}
        }
        outcome
    }
}
