//! What a unit of work promises, on both engines.

use std::time::Duration;

use db::{ConnectionTrait, Connectivity, Database, Error, Settings, Tx};
use sea_orm::Statement;

async fn insert_user(tx: &Tx, email: &str) -> Result<(), Error> {
    let values = [
        uuid::Uuid::now_v7().into(),
        email.into(),
        chrono::DateTime::UNIX_EPOCH.into(),
    ];
    let sql = "INSERT INTO users
        (id, email, display_name, role, is_active, created_at, updated_at)
        VALUES ($1, $2, 'Test', 'user', TRUE, $3, $3)";
    tx.execute_raw(Statement::from_sql_and_values(
        tx.get_database_backend(),
        sql,
        values,
    ))
    .await?;
    Ok(())
}

async fn count_users(connection: &impl ConnectionTrait) -> i64 {
    let backend = connection.get_database_backend();
    let statement = Statement::from_string(backend, "SELECT count(*) AS users FROM users");
    let row = connection.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "users").unwrap()
}

testkit::on_both_engines! {
    async fn work_that_succeeds_is_kept_and_work_that_fails_is_not(db) {
        db.database.write(async |tx| insert_user(&tx, "kept@example.org").await).await.unwrap();
        let failed: Result<(), Error> = db
            .database
            .write(async |tx| {
                insert_user(&tx, "lost@example.org").await?;
                Err(Error::Unfinished("told to fail".to_owned()))
            })
            .await;

        assert!(failed.is_err());
        assert_eq!(count_users(db.database.reader()).await, 1);
    }

    async fn a_dropped_request_leaves_no_open_transaction_behind(db) {
        for delay in 0..40_u64 {
            let email = format!("dropped{delay}@example.org");
            let work = db.database.write(async |tx| {
                insert_user(&tx, &email).await?;
                tokio::time::sleep(Duration::from_micros(delay * 20)).await;
                insert_user(&tx, &format!("second-{email}")).await
            });
            let _ = tokio::time::timeout(Duration::from_micros(delay * 50), work).await;
        }

        db.database.write(async |tx| insert_user(&tx, "last@example.org").await).await.unwrap();

        let reopened = Database::connect(&Settings::new(db.url.as_str())).await.unwrap();
        let users = count_users(reopened.reader()).await;
        assert_eq!(users % 2, 1, "pairs are whole, and the last write was not swallowed: {users}");
    }

    async fn a_snapshot_does_not_see_what_is_written_meanwhile(db) {
        let other = db.database.clone();
        let (before, after) = db
            .database
            .read(async |tx| -> Result<_, Error> {
                let before = count_users(&tx).await;
                other.write(async |tx| insert_user(&tx, "new@example.org").await).await?;
                let after = count_users(&tx).await;
                Ok((before, after))
            })
            .await
            .unwrap();
        assert_eq!((before, after), (0, 0));
        assert_eq!(count_users(db.database.reader()).await, 1);
    }

    async fn a_reader_cannot_write(db) {
        let refused: Result<(), Error> =
            db.database.read(async |tx| insert_user(&tx, "reader@example.org").await).await;
        assert!(matches!(refused, Err(Error::ReadOnly(_))), "{refused:?}");
        let advice = match db.database.engine() {
            db::Engine::Sqlite => "the right to write to the file",
            db::Engine::Postgres => "the address of the primary",
        };
        assert!(refused.unwrap_err().to_string().contains(advice));
    }

    async fn a_second_row_with_the_same_key_is_told_apart(db) {
        let twice: Result<(), Error> = db
            .database
            .write(async |tx| {
                insert_user(&tx, "same@example.org").await?;
                insert_user(&tx, "same@example.org").await
            })
            .await;
        assert!(matches!(twice, Err(Error::Duplicate(_))), "{twice:?}");
    }

    async fn work_that_panics_is_an_error_and_the_next_goes_on(db) {
        let panicked: Result<(), Error> = db
            .database
            .write(async |tx| {
                insert_user(&tx, "panic@example.org").await?;
                panic!("on purpose")
            })
            .await;
        assert!(matches!(panicked, Err(Error::Unfinished(_))), "{panicked:?}");
        db.database.write(async |tx| insert_user(&tx, "next@example.org").await).await.unwrap();
        assert_eq!(count_users(db.database.reader()).await, 1);
    }

    async fn health_names_the_state_and_counts_connections(db) {
        assert_eq!(db.database.connectivity().await, Connectivity::Connected);
        count_users(db.database.reader()).await;
        let status = db.database.pool_status();
        assert!(status.size >= 1 && status.max_size >= status.size, "{status:?}");
        assert_eq!(status.waiting, 0);
    }
}

#[tokio::test]
async fn a_locked_sqlite_file_says_what_to_do() {
    let db = testkit::TestDatabase::sqlite().await;
    let impatient = Settings {
        busy_timeout: Duration::from_millis(50),
        ..Settings::new(&*db.url)
    };
    let other = Database::connect(&impatient).await.unwrap();
    let (locked, wait) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let holder = db.database.clone();
    let held = tokio::spawn(async move {
        holder
            .write_without_retry(async |tx| -> Result<(), Error> {
                insert_user(&tx, "holder@example.org").await?;
                let _ = locked.send(());
                let _ = released.await;
                Ok(())
            })
            .await
    });
    wait.await.unwrap();

    let refused: Result<(), Error> = other
        .write(async |tx| insert_user(&tx, "other@example.org").await)
        .await;

    assert!(matches!(refused, Err(Error::Locked(_))), "{refused:?}");
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("stop the other program")
    );
    release.send(()).unwrap();
    held.await.unwrap().unwrap();
}

#[tokio::test]
async fn addresses_that_cannot_be_used_say_why() {
    for (url, expected) in [
        ("mysql://localhost/x", "must begin with sqlite://"),
        ("data/tallystick.db", "must begin with sqlite://"),
        (
            "postgres://nobody:secret@127.0.0.1:1/none",
            "127.0.0.1:1 (database `none`)",
        ),
    ] {
        let error = Database::connect(&Settings::new(url))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(
        &file,
        "Dear reader, this is a letter and not a database. ".repeat(40),
    )
    .unwrap();
    let url = format!("sqlite://{}", file.display());
    let error = Database::connect(&Settings::new(url))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not an SQLite database"), "{error}");
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .starts_with("Dear reader")
    );
}
