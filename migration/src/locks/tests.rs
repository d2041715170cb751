//! The locks by our reading against those that a server holds.

use std::collections::BTreeMap;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, TransactionTrait,
};

use super::{Lock, Mode, of, of_migration};
use crate::lint::Step;

const SCHEMA: &str = "
    CREATE TABLE parents (id bigint PRIMARY KEY, name text);
    CREATE TABLE others (id bigint PRIMARY KEY, parent_id bigint, name text, old text,
        CONSTRAINT others_name CHECK (name <> ''));
    CREATE TABLE children (id bigint PRIMARY KEY, parent_id bigint, name text);
    CREATE INDEX others_name_idx ON others (name);
    CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
    CREATE TABLE events_2021 (at date NOT NULL);
    ALTER TABLE others ADD CONSTRAINT later CHECK (old <> '') NOT VALID;
    ALTER TABLE children ADD CONSTRAINT children_parent FOREIGN KEY (parent_id)
        REFERENCES parents (id) NOT VALID;
    CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
    CREATE TRIGGER watch BEFORE INSERT ON others FOR EACH ROW EXECUTE FUNCTION nothing();
    CREATE POLICY own ON others USING (true);
    CREATE VIEW names AS SELECT name FROM others;
    CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM others;
    CREATE UNIQUE INDEX others_ready ON others (parent_id);
    ALTER TABLE others ADD COLUMN filled text NOT NULL DEFAULT '';
    CREATE TABLE lonely (id bigint)";

/// Statements that can run in a transaction on [`SCHEMA`].
const STATEMENTS: &[&str] = &[
    "SELECT * FROM others",
    "SELECT * FROM others FOR UPDATE",
    "INSERT INTO others (id) SELECT id FROM parents",
    "UPDATE others SET name = parents.name FROM parents WHERE parents.id = others.parent_id",
    "DELETE FROM others WHERE id = 1",
    "WITH gone AS (DELETE FROM others RETURNING id) INSERT INTO lonely SELECT id FROM gone",
    "CREATE INDEX other ON others (parent_id)",
    "DROP INDEX others_name_idx",
    "REINDEX TABLE lonely",
    "REINDEX INDEX others_name_idx",
    "CREATE TABLE fresh (id bigint PRIMARY KEY)",
    "CREATE TABLE fresh (id bigint PRIMARY KEY, parent_id bigint REFERENCES parents (id))",
    "CREATE TABLE fresh (LIKE others)",
    "CREATE TABLE fresh (id bigint) INHERITS (lonely)",
    "CREATE TABLE fresh AS SELECT * FROM others",
    "CREATE TABLE events_2022 PARTITION OF events FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')",
    "ALTER TABLE events ATTACH PARTITION events_2021 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
    "ALTER TABLE events DETACH PARTITION events_2020",
    "ALTER TABLE others ADD COLUMN more text",
    "ALTER TABLE lonely ADD COLUMN parent_id bigint REFERENCES parents (id)",
    "ALTER TABLE others DROP COLUMN old",
    "ALTER TABLE others ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
    "ALTER TABLE others ADD CONSTRAINT parent FOREIGN KEY (parent_id) REFERENCES parents (id) NOT VALID",
    "ALTER TABLE others VALIDATE CONSTRAINT later",
    "ALTER TABLE others ADD CONSTRAINT ready UNIQUE USING INDEX others_ready",
    "ALTER TABLE others DROP CONSTRAINT others_name",
    "ALTER TABLE others ALTER COLUMN name SET NOT NULL",
    "ALTER TABLE others ALTER COLUMN filled DROP NOT NULL",
    "ALTER TABLE others ALTER COLUMN name SET DEFAULT 'x'",
    "ALTER TABLE lonely ALTER COLUMN id TYPE numeric",
    "ALTER TABLE others ALTER COLUMN name SET STATISTICS 100",
    "ALTER TABLE others SET (fillfactor = 70)",
    "ALTER TABLE others RESET (fillfactor)",
    "ALTER TABLE others RENAME COLUMN old TO older",
    "ALTER TABLE others RENAME CONSTRAINT others_name TO named",
    "ALTER TABLE others RENAME TO all_others",
    "ALTER TABLE others ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE others FORCE ROW LEVEL SECURITY",
    "ALTER TABLE others DISABLE TRIGGER watch",
    "ALTER TABLE others REPLICA IDENTITY FULL",
    "CREATE POLICY more ON others USING (true)",
    "ALTER POLICY own ON others USING (false)",
    "DROP POLICY own ON others",
    "CREATE TRIGGER more AFTER INSERT ON others FOR EACH ROW EXECUTE FUNCTION nothing()",
    "DROP TRIGGER watch ON others",
    "GRANT SELECT ON others TO PUBLIC",
    "REVOKE ALL ON others FROM PUBLIC",
    "CREATE VIEW more AS SELECT others.id FROM others JOIN parents USING (id)",
    "CREATE OR REPLACE VIEW names AS SELECT name FROM others",
    "DROP VIEW names",
    "REFRESH MATERIALIZED VIEW lonely_totals",
    "COMMENT ON TABLE others IS 'x'",
    "COMMENT ON COLUMN others.name IS 'x'",
    "COMMENT ON CONSTRAINT others_name ON others IS 'x'",
    "TRUNCATE lonely",
    "LOCK TABLE others IN SHARE ROW EXCLUSIVE MODE",
    "LOCK TABLE others, parents",
    "ANALYZE others",
    "DROP TABLE lonely",
    "CREATE FUNCTION more() RETURNS bigint LANGUAGE sql AS 'SELECT 1'",
    "DO $$ BEGIN IF 1 = 2 THEN RAISE EXCEPTION 'no'; END IF; END $$",
];

async fn connect() -> Option<DatabaseConnection> {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        println!("TEST_DATABASE_URL is not set: the locks are not compared with a server's");
        return None;
    };
    Some(Database::connect(url).await.unwrap())
}

/// The locks on tables and views that were there before, as the server holds them.
async fn held(connection: &impl ConnectionTrait, before: &str) -> BTreeMap<String, Mode> {
    let sql = format!(
        "SELECT relation::bigint AS id, mode FROM pg_locks
         WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation IN ({before})"
    );
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let mut held = BTreeMap::new();
    for row in connection.query_all_raw(statement).await.unwrap() {
        let words: String = row.try_get("", "mode").unwrap();
        let id: i64 = row.try_get("", "id").unwrap();
        let mode = Mode::ALL
            .into_iter()
            .find(|mode| words == format!("{}Lock", camel(mode.name())))
            .unwrap();
        let strongest = held.entry(id.to_string()).or_insert(mode);
        *strongest = mode.max(*strongest);
    }
    held
}

fn camel(words: &str) -> String {
    let words = words
        .split(' ')
        .map(|word| word[..1].to_owned() + &word[1..].to_lowercase());
    words.collect()
}

async fn relations(connection: &impl ConnectionTrait, schema: &str) -> BTreeMap<String, String> {
    let sql = format!(
        "SELECT oid::bigint AS id, relname::text AS name FROM pg_class
         WHERE relnamespace = '{schema}'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
    );
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    let names = rows.iter().map(|row| {
        let id: i64 = row.try_get("", "id").unwrap();
        (id.to_string(), row.try_get("", "name").unwrap())
    });
    names.collect()
}

#[tokio::test]
async fn a_server_takes_the_locks_that_are_told() {
    let Some(connection) = connect().await else {
        return;
    };
    let schema = format!("locks_{}", std::process::id());
    let outer = connection.begin().await.unwrap();
    let run = format!(
        "CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}; {SCHEMA};
         CREATE MATERIALIZED VIEW lonely_totals AS SELECT 1 AS n"
    );
    outer.execute_unprepared(&run).await.unwrap();
    outer.commit().await.unwrap();

    let mut differences = Vec::new();
    for statement in STATEMENTS {
        let transaction = connection.begin().await.unwrap();
        let path = format!("SET LOCAL search_path = {schema}");
        transaction.execute_unprepared(&path).await.unwrap();
        let before = relations(&transaction, &schema).await;
        transaction.execute_unprepared(statement).await.unwrap();
        let ids = before.keys().cloned().collect::<Vec<_>>().join(", ");
        let server: BTreeMap<String, Mode> = held(&transaction, &ids)
            .await
            .into_iter()
            .map(|(id, mode)| (before[&id].clone(), mode))
            .collect();
        transaction.rollback().await.unwrap();
        let told: BTreeMap<String, Mode> = of(statement)
            .into_iter()
            .map(|lock| {
                (
                    lock.table
                        .replace("(the table of the index others_name_idx)", "others"),
                    lock.mode,
                )
            })
            .collect();
        if server != told {
            differences.push(format!(
                "{statement}\n  server {server:?}\n  told   {told:?}"
            ));
        }
    }
    let drop = format!("DROP SCHEMA {schema} CASCADE");
    connection.execute_unprepared(&drop).await.unwrap();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_migration_is_told_by_its_strongest_locks_on_what_was_there() {
    let statements = [
        "CREATE TABLE notes (id uuid PRIMARY KEY, user_id uuid REFERENCES users (id))",
        "CREATE INDEX notes_user_idx ON notes (user_id)",
        "CREATE INDEX users_name_idx ON users (name)",
        "ALTER TABLE securities ADD COLUMN note text",
        "SELECT count(*) FROM securities",
    ]
    .map(str::to_owned);
    let step = Step {
        migration: "m20270101_000001_notes",
        statements: &statements,
        in_transaction: true,
    };
    let lock = |table: &str, mode| Lock {
        table: table.to_owned(),
        mode,
    };
    assert_eq!(
        of_migration(&step, &["users", "securities"]),
        [
            lock("securities", Mode::AccessExclusive),
            lock("users", Mode::ShareRowExclusive)
        ]
    );
}

#[test]
fn what_cannot_run_in_a_transaction_is_told_after_the_documentation() {
    let told = |sql: &str| {
        of(sql)
            .into_iter()
            .map(|lock| lock.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        told("CREATE INDEX CONCURRENTLY i ON lots (closed_on)"),
        ["SHARE UPDATE EXCLUSIVE on lots blocks other schema changes"]
    );
    assert_eq!(
        told("DROP INDEX CONCURRENTLY IF EXISTS i"),
        ["SHARE UPDATE EXCLUSIVE on (the table of the index i) blocks other schema changes"]
    );
    assert_eq!(
        told("VACUUM FULL lots"),
        ["ACCESS EXCLUSIVE on lots blocks reads and writes"]
    );
    assert_eq!(
        told("ALTER TABLE what IS THIS"),
        ["ACCESS EXCLUSIVE on (unknown) blocks reads and writes"]
    );
}
