//! How far the streams of threads reach.

use std::collections::HashMap;

use db::{ConnectionTrait, query};
use entity::{
    values::ThreadId,
    workflow::{job_queue, stream_event},
};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait},
};

use crate::Error;

/// Few enough for the parameters of one statement.
const AT_ONCE: usize = 500;

/// The number of the newest event of each of these threads that has one, whosever they are: for those who watch
/// threads that they were let into.
pub async fn newest_events(
    db: &impl ConnectionTrait,
    threads: &[ThreadId],
) -> Result<HashMap<ThreadId, i64>, Error> {
    let mut newest = HashMap::with_capacity(threads.len());
    for threads in threads.chunks(AT_ONCE) {
        let select = job_queue::Entity::find()
            .select_only()
            .column(job_queue::Column::ThreadId)
            .expr_as(last_of_queue(), "newest")
            .filter(job_queue::Column::ThreadId.is_in(threads.iter().copied()))
            .into_query();
        let rows: Vec<Row> = query::fetch_all(db, &select).await?;
        let known = rows
            .into_iter()
            .filter_map(|row| Some((row.thread_id, row.newest?)));
        newest.extend(known);
    }
    Ok(newest)
}

/// One step into the key for each thread, however long its stream is.
fn last_of_queue() -> Expr {
    let of_thread = Expr::col((stream_event::Entity, stream_event::Column::ThreadId))
        .eq(Expr::col((job_queue::Entity, job_queue::Column::ThreadId)));
    let last = stream_event::Entity::find()
        .select_only()
        .column(stream_event::Column::Seq)
        .filter(of_thread)
        .order_by_desc(stream_event::Column::Seq)
        .limit(1)
        .into_query();
    Expr::SubQuery(None, Box::new(last.into()))
}

#[derive(FromQueryResult)]
struct Row {
    thread_id: ThreadId,
    newest: Option<i64>,
}
