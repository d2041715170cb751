//! Rows as they come.

use std::pin::Pin;

use futures_util::{TryStreamExt, stream::BoxStream};
use sea_orm::{DbBackend, DbErr, QueryResult, Statement, StreamTrait};

use super::{Intent, Reader};
use crate::{
    observe::is_reading,
    pool::Lease,
    refusal::{Refusal, query_error},
};

impl Reader {
    async fn lend_to_stream(&self, attempt: u32) -> Result<Lease, DbErr> {
        let mut lease = self.lend(Intent::Read, attempt).await?;
        let begun = self.begin_single(&mut lease, Intent::Read).await;
        begun.map_err(query_error)?;
        Ok(lease)
    }
}

impl StreamTrait for Reader {
    type Stream<'a> = BoxStream<'a, Result<QueryResult, DbErr>>;

    fn get_database_backend(&self) -> DbBackend {
        self.backend()
    }

    /// Repeated like any read, but not once a row has been given out.
    fn stream_raw<'a>(
        &'a self,
        statement: Statement,
    ) -> Pin<Box<dyn Future<Output = Result<Self::Stream<'a>, DbErr>> + 'a + Send>> {
        Box::pin(async move {
            if !is_reading(&statement.sql) {
                return Err(Refusal::Reader.into());
            }
            let mut first = Some(self.lend_to_stream(0).await?);
            let rows: Self::Stream<'a> = Box::pin(async_stream::try_stream! {
                let mut attempt = 0;
                let mut has_given = false;
                loop {
                    let mut lease = match first.take() {
                        Some(lease) => lease,
                        None => self.lend_to_stream(attempt).await?,
                    };
                    let failure = {
                        let mut rows = lease.stream(statement.clone());
                        loop {
                            match rows.try_next().await {
                                Ok(Some(row)) => {
                                    has_given = true;
                                    yield row;
                                }
                                Ok(None) => break None,
                                Err(error) => break Some(error),
                            }
                        }
                    };
                    let outcome = failure.map_or(Ok(()), Err);
                    if let Err(error) = lease.end_single(outcome).await {
                        if has_given || !self.may_read_again(&lease, &error, attempt) {
                            Err(query_error(error))?;
                        }
                        attempt += 1;
                        continue;
                    }
                    break;
                }
            });
            Ok(rows)
        })
    }
}
