//! What one process tells, another hears: after its commit, and again after a lost connection.

use std::time::Duration;

use db::{
    ConnectionTrait, Database, Error, Tx,
    hints::{Hint, Hints, tell, tell_soon},
};
use testkit::TestDatabase;
use tokio::time::timeout;

const CHANNEL: &str = "tests";
const PATIENCE: Duration = Duration::from_mins(1);

async fn heard(hints: &mut Hints) -> Hint {
    let hint = timeout(PATIENCE, hints.next()).await;
    hint.expect("nothing was heard").expect("it ended")
}

async fn tell_in(database: &Database, text: &'static str, is_kept: bool) {
    let told = database.write(async |tx: Tx| {
        tell(&tx, CHANNEL, text).await?;
        if is_kept {
            Ok(())
        } else {
            Err(Error::Unfinished(String::new()))
        }
    });
    assert_eq!(told.await.is_ok(), is_kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_is_heard_by_others_once_it_is_committed() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let here = Database::connect(&db.settings()).await.unwrap();
    let there = Database::connect(&db.settings()).await.unwrap();
    let mut hints = there.listen(CHANNEL);
    assert_eq!(heard(&mut hints).await, Hint::MayHaveMissed);
    tell_in(&here, "taken back", false).await;
    tell_in(&here, "PP_2025-10-21", true).await;
    assert_eq!(
        heard(&mut hints).await,
        Hint::Told("PP_2025-10-21".to_owned())
    );

    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '% hints' \
        AND datname = current_database()";
    let rows = db.owner().await.execute_unprepared(cut).await.unwrap();
    assert_eq!(rows.rows_affected(), 1);
    assert_eq!(heard(&mut hints).await, Hint::MayHaveMissed);
    tell_in(&here, "again", true).await;
    assert_eq!(heard(&mut hints).await, Hint::Told("again".to_owned()));

    drop(there);
    assert_eq!(timeout(PATIENCE, hints.next()).await, Ok(None));
}

/// As a hint that costs the transaction nothing.
async fn tell_soon_in(database: &Database, text: &'static str, is_kept: bool) {
    let told = database.write(async |tx: Tx| {
        tell_soon(&tx, CHANNEL, text.to_owned());
        if is_kept {
            Ok(())
        } else {
            Err(Error::Unfinished(String::new()))
        }
    });
    assert_eq!(told.await.is_ok(), is_kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_soon_is_heard_once_here_and_elsewhere() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let here = Database::connect(&db.settings()).await.unwrap();
    let there = Database::connect(&db.settings()).await.unwrap();
    let (mut own, mut other) = (here.listen(CHANNEL), there.listen(CHANNEL));
    for hints in [&mut own, &mut other] {
        assert_eq!(heard(hints).await, Hint::MayHaveMissed);
    }
    for text in ["first", "second"] {
        tell_soon_in(&here, "taken back", false).await;
        tell_soon_in(&here, text, true).await;
        for hints in [&mut own, &mut other] {
            assert_eq!(heard(hints).await, Hint::Told(text.to_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_very_many_hints_others_hear_that_there_were_some() {
    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let here = Database::connect(&db.settings()).await.unwrap();
    let there = Database::connect(&db.settings()).await.unwrap();
    let mut other = there.listen(CHANNEL);
    assert_eq!(heard(&mut other).await, Hint::MayHaveMissed);
    let told = here.write(async |tx: Tx| {
        for number in 0..1_000 {
            tell_soon(&tx, CHANNEL, number.to_string());
        }
        Ok::<_, Error>(())
    });
    told.await.unwrap();
    assert_eq!(heard(&mut other).await, Hint::MayHaveMissed);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_alone_or_behind_a_pooler_hears_itself() {
    let db = TestDatabase::sqlite().await;
    let database = Database::connect(&db.settings()).await.unwrap();
    let mut hints = database.listen(CHANNEL);
    tell_soon_in(&database, "taken back", false).await;
    tell_soon_in(&database, "itself", true).await;
    assert_eq!(heard(&mut hints).await, Hint::Told("itself".to_owned()));
    drop(database);
    assert_eq!(timeout(PATIENCE, hints.next()).await, Ok(None));

    let Some(db) = TestDatabase::postgres().await else {
        return;
    };
    let pooled = db::Settings {
        behind_pgbouncer: true,
        ..db.settings()
    };
    let database = Database::connect(&pooled).await.unwrap();
    let mut hints = database.listen(CHANNEL);
    tell_soon_in(&database, "itself", true).await;
    assert_eq!(heard(&mut hints).await, Hint::Told("itself".to_owned()));
    let past = db::Settings {
        direct_url: Some(pooled.url.clone()),
        ..pooled
    };
    let database = Database::connect(&past).await.unwrap();
    let mut hints = database.listen(CHANNEL);
    assert_eq!(heard(&mut hints).await, Hint::MayHaveMissed);
}
