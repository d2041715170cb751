//! SQL that forgets every WHERE, by the role of the service.

use db::{ConnectionTrait, Database, Error};
use testkit::TestDatabase;
use uuid::Uuid;

use super::{refusal, texts};

/// Those that are referenced come first.
const TABLES: [&str; 11] = [
    "portfolios",
    "transactions",
    "lots",
    "lot_closures",
    "portfolio_cash_flows",
    "imports",
    "executions",
    "idempotency_keys",
    "threads",
    "messages",
    "artifacts",
];

/// A row in every table, for one user.
fn rows_of(user: Uuid) -> String {
    let [portfolio, buy, lot] = [Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()];
    format!(
        "INSERT INTO users VALUES ('{user}', '{user}@example.org', 'U', 'user', true, now(), now());
         INSERT INTO portfolios VALUES
            ('{user}', '{portfolio}', 'P', 'USD', NULL, 'fifo', true, 1, now(), now());
         INSERT INTO transactions (user_id, id, portfolio_id, kind, trade_date, quantity, amount,
            currency, fee, tax, source, books_revision, recorded_at, created_at) VALUES
            ('{user}', '{buy}', '{portfolio}', 'buy', now(), 1, -1, 'USD', 0, 0, 'manual', 1, now(),
            now());
         INSERT INTO lots SELECT '{user}', '{lot}', '{portfolio}', id, '{buy}', now(), 1, 1, 1, 1,
            'USD', NULL, NULL, NULL, 1, now(), now() FROM securities;
         INSERT INTO lot_closures VALUES ('{user}', '{lot}', '{portfolio}', '{lot}', '{buy}', 1, 1, 1,
            0, NULL, now(), 0, 1, now());
         INSERT INTO portfolio_cash_flows VALUES ('{user}', '{lot}', '{portfolio}', now(), 'deposit',
            1, 'USD', '{buy}', true, 1, now());
         INSERT INTO imports VALUES
            ('{user}', '{lot}', '{portfolio}', 'f', 'h', 'committed', '{{}}', '[]', now());
         INSERT INTO executions VALUES ('{user}', '{lot}', '{portfolio}', 'p', 'a', '{{}}', 'h', now(),
            'PP', 'h', NULL, 1, 'e', 'h', '{{}}', '[]', 1, NULL, now());
         INSERT INTO idempotency_keys VALUES
            ('{user}', 'POST', '/', 'k', 'h', 200, '', '{{}}', now(), now());
         INSERT INTO threads VALUES
            ('{user}', '{lot}', 'p', 'c', NULL, 'idle', '{{}}', now(), now());
         INSERT INTO messages VALUES
            ('{user}', '{lot}', '{lot}', 1, NULL, 'user', NULL, '', NULL, now());
         INSERT INTO artifacts VALUES ('{user}', '{lot}', '{lot}', 'signal', '{{}}', NULL, now());"
    )
}

const SHARED: &str =
    "INSERT INTO securities VALUES ('00000000-0000-0000-0000-000000000001', 'S', 'S', 'equity', 'USD',
        NULL, NULL, NULL, NULL, NULL, true, now(), now());
     INSERT INTO pricing_packs (id, asof_date, policy, revision, sources_json, status, is_fresh,
        prewarm_done, reconciliation_passed, reconciliation_failed, created_at, updated_at)
        VALUES ('PP', now(), 'P', 1, '[]', 'warming', false, false, false, false, now(), now());";

/// A database in which two users have a row in every table.
async fn two_users() -> Option<(TestDatabase, Uuid, Uuid)> {
    let db = TestDatabase::postgres().await?;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let sql = format!("{SHARED}{}{}", rows_of(a), rows_of(b));
    db.owner().await.execute_unprepared(&sql).await.unwrap();
    Some((db, a, b))
}

async fn seen(db: &impl ConnectionTrait, table: &str) -> Vec<String> {
    texts(db, &format!("SELECT user_id::text FROM {table} ORDER BY 1")).await
}

/// In a transaction that is rolled back.
async fn changed(database: &Database, sql: &str) -> Result<u64, Error> {
    let told = database
        .write(async |tx| -> Result<(), Told> {
            let done = tx.execute_unprepared(sql).await.map_err(Error::from)?;
            Err(Told::Rows(done.rows_affected()))
        })
        .await;
    match told {
        Err(Told::Rows(rows)) => Ok(rows),
        Err(Told::Failed(error)) => Err(error),
        Ok(()) => unreachable!("it always fails"),
    }
}

enum Told {
    Rows(u64),
    Failed(Error),
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

#[tokio::test]
async fn each_user_sees_and_changes_their_own_rows_and_nobody_no_row() {
    let Some((db, a, b)) = two_users().await else {
        return;
    };
    let of_a = db.database.for_tenant(a);
    for table in TABLES {
        assert!(
            seen(&db.database, table).await.is_empty(),
            "{table}, as nobody"
        );
        assert!(
            seen(db.database.reader(), table).await.is_empty(),
            "{table}, as nobody"
        );
        assert_eq!(seen(&of_a, table).await, [a.to_string()], "{table}");
        assert_eq!(seen(of_a.reader(), table).await, [a.to_string()], "{table}");
        assert_eq!(
            seen(&db.owner().await, table).await.len(),
            2,
            "{table}, all there is"
        );

        let delete = format!("DELETE FROM {table}");
        let touch = format!("UPDATE {table} SET created_at = now()");
        for sql in [&delete, &touch] {
            assert_eq!(
                changed(&db.database, sql).await.unwrap(),
                0,
                "{sql}, as nobody"
            );
            assert_eq!(changed(&of_a, sql).await.unwrap(), 1, "{sql}");
        }
        let give_away = format!("UPDATE {table} SET user_id = '{b}'");
        let error = changed(&of_a, &give_away).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{give_away}: {error}");
        // The table's own columns, but for whom the row is.
        let columns = format!(
            "SELECT string_agg(CASE attname WHEN 'user_id' THEN '''{b}''::uuid'
                ELSE quote_ident(attname) END, ', ' ORDER BY attnum)
             FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0"
        );
        let columns = texts(&db.database, &columns).await.remove(0);
        let plant = format!("INSERT INTO {table} SELECT {columns} FROM {table}");
        let error = changed(&of_a, &plant).await.unwrap_err().to_string();
        assert!(error.contains("row-level security"), "{plant}: {error}");
    }
    for root in ["portfolios", "threads"] {
        let all = format!("DELETE FROM {root}");
        of_a.execute_unprepared(&all).await.unwrap();
    }
    for table in TABLES.iter().filter(|table| **table != "idempotency_keys") {
        assert_eq!(
            seen(&db.owner().await, table).await,
            [b.to_string()],
            "{table}"
        );
    }
}

#[tokio::test]
async fn the_service_cannot_open_the_lock() {
    let Some((db, a, b)) = two_users().await else {
        return;
    };
    let database = db.database.for_tenant(a);
    for table in TABLES {
        for sql in [
            format!("TRUNCATE {table} CASCADE"),
            format!("ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"),
            format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("ALTER TABLE {table} ADD COLUMN more text"),
            format!("ALTER TABLE {table} OWNER TO tallystick_app"),
            format!("DROP POLICY tenant ON {table}"),
            format!("CREATE POLICY mine ON {table} USING (true)"),
            format!("DROP TABLE {table} CASCADE"),
            format!("SET LOCAL row_security = off; DELETE FROM {table}"),
        ] {
            let said = refusal(&database, &sql).await;
            let is_denied = ["permission denied", "must be owner", "row-level security"];
            assert!(
                is_denied.iter().any(|part| said.contains(part)),
                "{sql}: {said}"
            );
        }
    }
    for sql in [
        "SET LOCAL ROLE tallystick_admin",
        "SET LOCAL session_replication_role = replica",
        "ALTER ROLE tallystick_app BYPASSRLS",
        "GRANT tallystick_admin TO tallystick_app",
        "INSERT INTO seaql_migrations VALUES ('m99991231_000001_x', 0)",
        "DELETE FROM seaql_migrations",
        "TRUNCATE users, securities, pricing_packs, prices, fx_rates CASCADE",
    ] {
        let said = refusal(&database, sql).await;
        assert!(
            said.contains("permission denied") || said.contains("must "),
            "{sql}: {said}"
        );
    }
    assert_eq!(
        seen(&db.owner().await, "lots").await,
        [a.to_string(), b.to_string()]
    );
}

#[tokio::test]
async fn an_administrator_sees_all_and_a_reader_changes_nothing() {
    let Some((db, a, _)) = two_users().await else {
        return;
    };
    let owner = db.owner().await;
    for table in TABLES {
        let work = async |tx: db::Tx| -> Result<(), Error> {
            tx.execute_unprepared("SET LOCAL ROLE tallystick_admin")
                .await?;
            assert_eq!(seen(&tx, table).await.len(), 2, "{table}");
            Ok(())
        };
        owner.write(work).await.unwrap();
        let work = async |tx: db::Tx| -> Result<(), Error> {
            tx.execute_unprepared("SET LOCAL ROLE tallystick_readonly")
                .await?;
            assert_eq!(seen(&tx, table).await, [a.to_string()], "{table}");
            let said = refusal(&tx, &format!("DELETE FROM {table}")).await;
            assert!(said.contains("permission denied"), "{said}");
            Err(Error::Unfinished("as it should".to_owned()))
        };
        let ended = owner.for_tenant(a).write(work).await;
        assert!(matches!(ended, Err(Error::Unfinished(_))), "{ended:?}");
    }
}
