//! A handle of one user: whose rows it sees, and that no connection remembers for whom it worked.

use std::time::Duration;

use db::{ConnectionTrait, Database, Error, Settings, Tx};
use futures_util::TryStreamExt;
use sea_orm::{
    DbBackend, IsolationLevel, Statement, StreamTrait, TransactionOptions, TransactionTrait,
};
use testkit::TestDatabase;
use uuid::Uuid;

/// Two users with rows, and a pool of one connection.
struct Stage {
    database: Database,
    tenants: [Database; 2],
    users: [Uuid; 2],
    _db: TestDatabase,
}

impl Stage {
    async fn open() -> Option<Self> {
        let db = TestDatabase::postgres().await?;
        let users = [Uuid::now_v7(), Uuid::now_v7()];
        let owner = db.owner().await;
        for (user, rows) in users.iter().zip([2, 3]) {
            let sql = format!(
                "INSERT INTO users
                    VALUES ('{user}', '{user}@example.org', 'U', 'user', true, now(), now());
                 INSERT INTO portfolios SELECT '{user}', gen_random_uuid(), 'P' || n, 'USD', NULL,
                    'fifo', true, 0, now(), now() FROM generate_series(1, {rows}) AS n"
            );
            owner.execute_unprepared(&sql).await.unwrap();
        }
        let settings = Settings {
            pool_min_size: 0,
            pool_max_size: 1,
            max_overflow: 0,
            acquire_timeout: Duration::from_secs(20),
            ..db.settings()
        };
        let database = Database::connect(&settings).await.unwrap();
        Some(Self {
            tenants: users.map(|user| database.for_tenant(user)),
            database,
            users,
            _db: db,
        })
    }

    /// That the one connection tells each user of their own rows, and nobody of any.
    async fn expect_no_crossing(&self) {
        expect(&self.database, "", &[]).await.unwrap();
        for (tenant, user) in self.tenants.iter().zip(self.users) {
            expect(tenant, &user.to_string(), &[user]).await.unwrap();
        }
        expect(self.database.reader(), "", &[]).await.unwrap();
    }
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, text)
}

const WHOSE: &str = "SELECT coalesce(current_setting('app.user_id', true), '') AS told,
    ARRAY(SELECT DISTINCT user_id FROM portfolios)::text AS seen";

/// For whom the server works, and whose rows it shows.
async fn expect(db: &impl ConnectionTrait, told: &str, seen: &[Uuid]) -> Result<(), Error> {
    let row = db.query_one_raw(sql(WHOSE)).await?.unwrap();
    assert_eq!(row.try_get::<String>("", "told")?, told);
    let seen: Vec<_> = seen.iter().map(Uuid::to_string).collect();
    assert_eq!(
        row.try_get::<String>("", "seen")?,
        format!("{{{}}}", seen.join(","))
    );
    Ok(())
}

async fn backend(db: &impl ConnectionTrait) -> i32 {
    let row = db.query_one_raw(sql("SELECT pg_backend_pid()")).await;
    row.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// Every way into the database, in turn.
async fn work(stage: &Stage, number: usize) {
    let at = number % 2;
    let (tenant, user) = (&stage.tenants[at], stage.users[at]);
    let told = user.to_string();
    match number / 2 % 8 {
        0 => expect(tenant, &told, &[user]).await.unwrap(),
        1 => expect(tenant.reader(), &told, &[user]).await.unwrap(),
        2 => {
            let work = async |tx: Tx| expect(&tx, &told, &[user]).await;
            tenant.read(work).await.unwrap();
        }
        3 => {
            let work = async |tx: Tx| -> Result<(), Error> {
                let inner = tx.begin().await?;
                inner
                    .execute_unprepared("UPDATE portfolios SET is_active = true")
                    .await?;
                drop(inner);
                expect(&tx, &told, &[user]).await
            };
            tenant.write(work).await.unwrap();
        }
        4 => {
            let fails = async |tx: Tx| -> Result<(), Error> {
                tx.execute_unprepared("SELECT 1 / 0").await?;
                Ok(())
            };
            tenant.write(fails).await.unwrap_err();
        }
        5 => {
            let twice = "INSERT INTO portfolios SELECT * FROM portfolios";
            tenant.execute_raw(sql(twice)).await.unwrap_err();
            tenant
                .reader()
                .query_one_raw(sql("SELECT 1 / 0"))
                .await
                .unwrap_err();
        }
        6 => {
            let rows = tenant
                .stream_raw(sql("SELECT user_id FROM portfolios"))
                .await
                .unwrap();
            let rows: Vec<_> = rows.try_collect().await.unwrap();
            let whose = rows
                .iter()
                .map(|row| row.try_get_by_index::<Uuid>(0).unwrap());
            assert!(!rows.is_empty() && whose.clone().all(|one| one == user));
        }
        _ => expect(&stage.database, "", &[]).await.unwrap(),
    }
}

#[tokio::test]
async fn ten_thousand_units_of_two_users_share_one_connection_and_nothing_else() {
    let Some(stage) = Stage::open().await else {
        return;
    };
    let first = backend(&stage.database).await;
    for number in 0..10_000 {
        work(&stage, number).await;
    }
    assert_eq!(
        backend(&stage.database).await,
        first,
        "errors cost no connection"
    );
    stage.expect_no_crossing().await;
}

#[tokio::test]
async fn who_goes_away_at_any_point_leaves_nothing_to_the_next() {
    let Some(stage) = Stage::open().await else {
        return;
    };
    let slow = "SELECT pg_sleep(0.002), user_id FROM portfolios";
    for number in 0..400 {
        let tenant = &stage.tenants[number % 2];
        let point = Duration::from_micros(number as u64 * 37 % 9_000);
        let leaving = async {
            match number / 2 % 4 {
                0 => tenant.query_all_raw(sql(slow)).await.map(drop),
                1 => tenant.reader().query_all_raw(sql(slow)).await.map(drop),
                2 => {
                    let mut rows = tenant.reader().stream_raw(sql(slow)).await?;
                    rows.try_next().await.map(drop)
                }
                _ => {
                    let work = async |tx: Tx| -> Result<(), Error> {
                        tx.query_all_raw(sql(slow)).await?;
                        Ok(())
                    };
                    tenant.write(work).await.unwrap();
                    Ok(())
                }
            }
        };
        let _ = tokio::time::timeout(point, leaving).await;
        let other = 1 - number % 2;
        let user = stage.users[other];
        expect(&stage.database, "", &[]).await.unwrap();
        expect(&stage.tenants[other], &user.to_string(), &[user])
            .await
            .unwrap();
    }
    stage.expect_no_crossing().await;
}

#[tokio::test]
async fn the_rest_of_a_handle_keeps_its_user() {
    let Some(stage) = Stage::open().await else {
        return;
    };
    let ([tenant, _], [user, _]) = (&stage.tenants, stage.users);
    let told = user.to_string();
    for handle in [
        tenant.with_priority(db::Priority::Background),
        tenant.for_caller(db::Reads::Replica, None),
    ] {
        expect(&handle, &told, &[user]).await.unwrap();
    }
    let options = TransactionOptions {
        isolation_level: Some(IsolationLevel::Serializable),
        ..TransactionOptions::default()
    };
    let tx = tenant.begin_with_options(options).await.unwrap();
    expect(&tx, &told, &[user]).await.unwrap();
    let level = tx.query_one_raw(sql("SHOW transaction_isolation")).await;
    let level: String = level.unwrap().unwrap().try_get_by_index(0).unwrap();
    assert_eq!(level, "serializable");
    drop(tx);

    let other = Uuid::now_v7();
    expect(&tenant.for_tenant(other), &other.to_string(), &[])
        .await
        .unwrap();
    let rows = "DELETE FROM portfolios";
    let deleted = tenant.execute_unprepared(rows).await.unwrap();
    assert_eq!(deleted.rows_affected(), 2);
    stage.database.execute_unprepared(rows).await.unwrap();
    expect(
        &stage.tenants[1],
        &stage.users[1].to_string(),
        &[stage.users[1]],
    )
    .await
    .unwrap();
}

testkit::on_both_engines! {
    async fn a_handle_of_a_user_writes_and_reads_as_any(db) {
        let user = Uuid::now_v7();
        let own = db.database.for_tenant(user);
        let insert = "INSERT INTO users (id, email, display_name, role, is_active, created_at, updated_at)
            VALUES ($1, 'u@example.org', 'U', 'user', TRUE, $2, $2)";
        let backend = ConnectionTrait::get_database_backend(&own);
        let values = [user.into(), chrono::DateTime::UNIX_EPOCH.into()];
        own.execute_raw(Statement::from_sql_and_values(backend, insert, values)).await.unwrap();
        let count = Statement::from_string(backend, "SELECT count(*) FROM users");
        let row = own.reader().query_one_raw(count).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1);
    }
}
