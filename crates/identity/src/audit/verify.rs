//! Reading a log from its beginning and comparing each row with its hash.

use db::{ConnectionTrait, Database, Reads, Tx};
use entity::identity::audit_entry::{Column, Entity, Model};
use sea_orm::{
    ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QueryResult, QuerySelect, QueryTrait, Select, sea_query::IntoCondition,
};

use super::{Fault, Head, fault::diagnose, head::current_head, seal::seal};

/// So many rows are in memory at once.
const PAGE: u64 = 500;

/// What came of reading a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How far the log is as it was written, as far as its hashes tell.
    pub good: Head,
    /// The first fault, if there is one.
    pub fault: Option<Fault>,
}

/// Compares every row with its hash and with the row before, on one snapshot of the primary, and the
/// whole with a head that was kept before. Says how many rows are done from time to time.
///
/// Without a head that the database's owner had no hand on, a log that was cut off together with
/// `audit_heads`, or written anew from some row to its end, looks like any other.
pub async fn verify(
    database: &Database,
    known: Option<&Head>,
    progress: &(dyn Fn(i64) + Sync),
) -> Result<Verdict, db::Error> {
    let primary = database.for_caller(Reads::Primary, None);
    primary
        .read(async |tx| walk(&tx, known, progress).await)
        .await
}

async fn walk(
    tx: &Tx,
    known: Option<&Head>,
    progress: &(dyn Fn(i64) + Sync),
) -> Result<Verdict, db::Error> {
    let mut place = Place::beginning();
    let mut after = None;
    loop {
        let page = page(tx, after).await?;
        for found in &page {
            if !place.step(found) {
                let fault = diagnose(tx, &place, found).await?;
                return Ok(place.verdict(Some(fault)));
            }
            if known.is_some_and(|known| known.seq == found.seq && known.hash != place.head.hash) {
                let seq = found.seq;
                return Ok(place.verdict(Some(Fault::Rewritten { seq })));
            }
        }
        progress(place.head.seq);
        match page.last() {
            Some(last) => after = Some(last.seq),
            None => break,
        }
    }
    let end = current_head(tx).await?;
    let fault = fault_at_end(&place.head, known, end.as_ref());
    Ok(place.verdict(fault))
}

fn fault_at_end(last: &Head, known: Option<&Head>, end: Option<&Head>) -> Option<Fault> {
    let seq = last.seq + 1;
    let longest = [known, end]
        .into_iter()
        .flatten()
        .map(|head| head.seq)
        .max();
    if let Some(known) = longest.filter(|known| *known > last.seq) {
        return Some(Fault::Truncated { seq, known });
    }
    (end != Some(last)).then_some(Fault::HeadDiffers { seq: last.seq })
}

/// How far a log was found to be right.
pub(super) struct Place {
    pub head: Head,
    /// The hash before that of the last row.
    pub prev_hash: Option<String>,
}

impl Place {
    fn beginning() -> Self {
        Self {
            head: Head::of_nothing(),
            prev_hash: None,
        }
    }

    /// Goes on to a row if it is the next one, as it was written.
    fn step(&mut self, found: &Found) -> bool {
        let Row::Readable(row) = &found.row else {
            return false;
        };
        let is_next = row.seq == self.head.seq + 1
            && row.prev_hash == self.head.hash
            && seal(&row.prev_hash, row).as_ref() == Some(&row.hash);
        if is_next {
            let (seq, hash) = (row.seq, row.hash.clone());
            let before = std::mem::replace(&mut self.head, Head { seq, hash });
            self.prev_hash = Some(before.hash);
        }
        is_next
    }

    /// A last row that turned out to be wrong itself is not good.
    fn verdict(self, fault: Option<Fault>) -> Verdict {
        let is_last = match &fault {
            Some(Fault::Inserted { seq } | Fault::Rewritten { seq }) => *seq == self.head.seq,
            _ => false,
        };
        let good = match self.prev_hash {
            Some(hash) if is_last => Head {
                seq: self.head.seq - 1,
                hash,
            },
            _ => self.head,
        };
        Verdict { good, fault }
    }
}

/// A row as it stands in the table.
pub(super) struct Found {
    pub seq: i64,
    pub row: Row,
}

pub(super) enum Row {
    Readable(Box<Model>),
    /// It holds what no row was ever written with.
    Unreadable,
}

async fn page(tx: &Tx, after: Option<i64>) -> Result<Vec<Found>, db::Error> {
    let rest = Condition::all().add_option(after.map(|seq| Column::Seq.gt(seq)));
    let rows = Entity::find()
        .filter(rest)
        .order_by_asc(Column::Seq)
        .limit(PAGE);
    find(tx, rows).await
}

pub(super) async fn find_row(
    tx: &Tx,
    filter: impl IntoCondition,
) -> Result<Option<Found>, db::Error> {
    let row = Entity::find().filter(filter.into_condition()).limit(1);
    Ok(find(tx, row).await?.pop())
}

async fn find(tx: &Tx, select: Select<Entity>) -> Result<Vec<Found>, db::Error> {
    let rows = tx.query_all(&select.into_query()).await?;
    let engine = tx.get_database_backend();
    let found = rows.iter().map(|row| read(engine, row));
    Ok(found.collect::<Result<_, DbErr>>()?)
}

fn read(engine: DbBackend, row: &QueryResult) -> Result<Found, DbErr> {
    let readable = Model::from_query_result(row, "")
        .ok()
        .filter(|model| engine != DbBackend::Sqlite || is_written_so(row, model));
    Ok(Found {
        seq: row.try_get("", "seq")?,
        row: readable.map_or(Row::Unreadable, |model| Row::Readable(Box::new(model))),
    })
}

/// SQLite keeps the text of details: of a name that stands there twice, other readers may take the
/// other value.
fn is_written_so(row: &QueryResult, model: &Model) -> bool {
    let text = row.try_get::<String>("", "details").ok();
    text.is_some() && text == serde_json::to_string(&model.details).ok()
}
