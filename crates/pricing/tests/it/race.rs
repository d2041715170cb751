//! An insert and a freeze at once, on PostgreSQL, where two transactions can be open: whichever
//! comes first, the hash is that of the content. (SQLite has one writer at a time.)

use std::time::Duration;

use identity::Ctx;
use pricing::{Error, load::Format, packs};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use testkit::TestDatabase;
use tokio::sync::oneshot;

use crate::{add_securities, load_prices, mark_fresh, new_pack};

const INSERT: &str = "INSERT INTO prices
    SELECT 'PP_2025-10-21', id, 7, 'USD', NULL, NULL, NULL, NULL, 'raw sql', 'raw', now()
    FROM securities WHERE symbol = 'NKE'";

/// A warming pack with one price, and a security without one.
async fn warming_pack(db: &TestDatabase) -> Ctx {
    let ctx = db.ctx().await;
    add_securities(&ctx, &[("AAPL", "USD"), ("NKE", "USD")]).await;
    let pack = new_pack(&ctx, "2025-10-21").await;
    load_prices(
        &ctx,
        &pack.id,
        Format::Csv,
        "symbol,close,currency\nAAPL,1,USD\n",
    )
    .await
    .unwrap();
    ctx
}

async fn insert(tx: &db::Tx) -> Result<(), Error> {
    tx.execute_unprepared(INSERT).await?;
    Ok(())
}

/// Returns once some session waits for another's lock.
async fn wait_until_one_waits(ctx: &Ctx) {
    let question = "SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..1_000 {
        let statement = Statement::from_string(DbBackend::Postgres, question);
        if ctx
            .database
            .reader()
            .query_one_raw(statement)
            .await
            .unwrap()
            .is_some()
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nobody waits");
}

async fn assert_hash_is_of_content(ctx: &Ctx, rows: usize) {
    let verified = packs::verify(ctx, ctx.database.reader(), "PP_2025-10-21")
        .await
        .unwrap();
    assert!(verified.matches, "{verified:?}");
    assert_eq!(verified.rows, rows);
}

#[tokio::test]
async fn a_freeze_waits_for_an_open_insert_and_covers_it() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let ctx = warming_pack(&db).await;
    let (inserted, when_inserted) = oneshot::channel();
    let (end, when_ended) = oneshot::channel::<()>();
    let writer = ctx.database.write_without_retry(async |tx| {
        insert(&tx).await?;
        inserted.send(()).unwrap();
        when_ended.await.unwrap();
        Ok::<_, Error>(())
    });
    let freezer = async {
        when_inserted.await.unwrap();
        mark_fresh(&ctx, "PP_2025-10-21").await
    };
    let referee = async {
        wait_until_one_waits(&ctx).await;
        end.send(()).unwrap();
    };
    let (written, frozen, ()) = tokio::join!(writer, freezer, referee);
    written.unwrap();
    frozen.unwrap();
    assert_hash_is_of_content(&ctx, 2).await;
}

#[tokio::test]
async fn an_insert_waits_for_an_open_freeze_and_is_refused() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let ctx = warming_pack(&db).await;
    let (frozen, when_frozen) = oneshot::channel();
    let (end, when_ended) = oneshot::channel::<()>();
    let caller = ctx.clone();
    let freezer = ctx.database.write_without_retry(async |tx| {
        packs::mark_fresh(&caller, &tx, "PP_2025-10-21").await?;
        frozen.send(()).unwrap();
        when_ended.await.unwrap();
        Ok::<_, Error>(())
    });
    let writer = async {
        when_frozen.await.unwrap();
        ctx.database.write(async |tx| insert(&tx).await).await
    };
    let referee = async {
        wait_until_one_waits(&ctx).await;
        end.send(()).unwrap();
    };
    let (frozen, written, ()) = tokio::join!(freezer, writer, referee);
    frozen.unwrap();
    let refusal = written.unwrap_err();
    assert!(
        matches!(refusal, Error::Database(db::Error::Refused(_))),
        "{refusal}"
    );
    assert_hash_is_of_content(&ctx, 1).await;
}

#[tokio::test]
async fn loads_and_a_freeze_at_once_leave_a_hash_of_the_content() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let ctx = warming_pack(&db).await;
    let nke = "symbol,close,currency\nNKE,2,USD\n";
    let load = || load_prices(&ctx, "PP_2025-10-21", Format::Csv, nke);
    let (one, other, frozen) = tokio::join!(load(), load(), mark_fresh(&ctx, "PP_2025-10-21"));
    frozen.unwrap();
    let loaded = [one, other].into_iter().filter_map(Result::ok).sum::<u64>();
    assert!(loaded <= 1, "{loaded}");
    assert_hash_is_of_content(&ctx, 1 + usize::try_from(loaded).unwrap()).await;
}
