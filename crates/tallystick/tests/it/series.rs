//! The tables of series: their partitions, and `TimescaleDB`'s hypertables in their place.

use std::{process::Stdio, time::Duration};

use db::{ConnectionTrait, Database, Engine};
use sea_orm::{DbBackend, Statement, TransactionSession, TransactionTrait};
use serde_json::json;
use testkit::on_both_engines;

use crate::support::Home;

/// Locks the table as a writer does, and no row.
const WRITE: &str = "UPDATE portfolios SET name = name WHERE false";
const SERIES: &str = "'portfolio_daily_values', 'portfolio_metrics', 'currency_attribution'";

/// Every row as one line of text.
async fn lines(database: &Database, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let rows = database.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// Columns, keys, indexes, policies and grants.
async fn shape(owner: &Database) -> Vec<String> {
    let tables = format!(
        "SELECT oid, relname, relrowsecurity, relforcerowsecurity, relacl
        FROM pg_class WHERE relname IN ({SERIES}) AND relnamespace = 'public'::regnamespace"
    );
    let sql = format!(
        "WITH t AS ({tables})
        SELECT relname || ' row security ' || relrowsecurity || relforcerowsecurity AS line FROM t
        UNION ALL SELECT relname || ' column ' || attname || ' ' || format_type(atttypid, atttypmod)
            || attnotnull FROM t JOIN pg_attribute ON attrelid = t.oid WHERE attnum > 0 AND NOT attisdropped
        UNION ALL SELECT relname || ' constraint ' || conname || ' ' || pg_get_constraintdef(c.oid)
            FROM t JOIN pg_constraint c ON conrelid = t.oid
        UNION ALL SELECT relname || ' ' || replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
            FROM t JOIN pg_index ON indrelid = t.oid
        UNION ALL SELECT relname || ' policy ' || polname || ' ' || polroles::regrole[]::text || polcmd::text
            || pg_get_expr(polqual, polrelid) || pg_get_expr(polwithcheck, polrelid)
            FROM t JOIN pg_policy ON polrelid = t.oid
        UNION ALL SELECT relname || ' grant ' || acl::text FROM t, unnest(relacl) AS acl
        ORDER BY 1");
    lines(owner, &sql).await
}

async fn kinds(owner: &Database) -> String {
    let sql = format!(
        "SELECT string_agg(DISTINCT relkind::text, '') FROM pg_class WHERE relname IN ({SERIES})"
    );
    lines(owner, &sql).await.concat()
}

on_both_engines! {
    async fn the_service_makes_the_partitions_that_are_due_once(db) {
        let home = Home::on(&db.url);
        let due = if db.database.engine() == Engine::Postgres { 3 } else { 0 };
        let made = home.json(&["maintain", "--json"]);
        assert_eq!(made["partitions_made"], json!(due));
        assert_eq!(home.json(&["maintain", "--json"])["partitions_made"], 0);
        let said = home.run(&["maintain"]).succeeded().stdout;
        assert!(said.contains("Nothing was due"), "{said}");
    }

    async fn writers_go_on_while_partitions_wait_for_one_of_them(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let home = Home::on(&db.url);
        let owner = db.owner().await;
        let writer = owner.begin().await.unwrap();
        writer.execute_unprepared(WRITE).await.unwrap();
        let mut maintain = home.command(&["maintain"]).stdout(Stdio::null()).spawn().unwrap();

        let queued = "SELECT pid::text FROM pg_locks WHERE NOT granted
            AND relation = 'portfolios'::regclass";
        while lines(&owner, queued).await.is_empty() {
            assert!(maintain.try_wait().unwrap().is_none());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // It is answered although the first writer goes on: who waits before it gives up in time.
        owner.execute_unprepared(WRITE).await.unwrap();
        writer.commit().await.unwrap();
        assert!(maintain.wait().unwrap().success());
        assert_eq!(home.json(&["maintain", "--json"])["partitions_made"], 0);
    }

    async fn hypertables_without_the_extension_are_refused_before_anything_is_changed(db) {
        let home = Home::of(&db).with("TALLYSTICK__DATABASE__TIMESCALE", "on");
        if db.database.engine() == Engine::Sqlite {
            home.run(&["migrate", "up"]).failed_with(&["database.timescale"]);
            return;
        }
        home.run(&["migrate", "up"])
            .failed_in_one_line_with(&["partitioned tables already", "nothing was changed"]);
        home.run(&["migrate", "down", "20261121_000005"]).succeeded();
        home.run(&["migrate", "up", "--contract"])
            .failed_in_one_line_with(&["the extension timescaledb is not in the database"]);
        let current = home.json(&["migrate", "current", "--json"])["current"].to_string();
        assert!(current.contains("_000005_"), "{current}");
    }

    async fn with_the_extension_the_series_are_hypertables(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let owner = db.owner().await;
        let ask = "SELECT name::text FROM pg_available_extensions WHERE name = 'timescaledb'";
        if lines(&owner, ask).await.is_empty() {
            println!("skipped: the server does not have the extension timescaledb");
            return;
        }
        let home = Home::of(&db).with("TALLYSTICK__DATABASE__TIMESCALE", "on");
        home.run(&["migrate", "down", "row_security"]).succeeded();
        owner.execute_unprepared("CREATE EXTENSION timescaledb").await.unwrap();
        home.run(&["migrate", "up"]).succeeded();
        let made = "SELECT hypertable_name::text FROM timescaledb_information.hypertables";
        assert_eq!(lines(&owner, made).await.len(), 3);
        home.run(&["migrate", "check"]).succeeded();
    }

    async fn a_hypertable_has_all_that_a_partitioned_table_has(db) {
        if db.database.engine() == Engine::Sqlite {
            return;
        }
        let owner = db.owner().await;
        let partitioned = shape(&owner).await;
        assert_eq!(kinds(&owner).await, "p");
        let home = Home::of(&db);
        home.run(&["migrate", "down", "row_security"]).succeeded();
        // In place of the extension: it notes what it was asked for, and of which interval.
        let stand_in = "
            CREATE TABLE asked_for (line text);
            CREATE FUNCTION create_hypertable(regclass, text, chunk_time_interval interval)
                RETURNS void LANGUAGE sql
                AS $$ INSERT INTO asked_for VALUES (concat_ws(' ', $1, $2, chunk_time_interval)) $$;
            DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET tallystick.timescale = ''on''', current_database());
            END $$";
        owner.execute_unprepared(stand_in).await.unwrap();
        home.run(&["migrate", "up"]).succeeded();

        assert_eq!(kinds(&owner).await, "r");
        assert_eq!(shape(&owner).await, partitioned);
        assert_eq!(lines(&owner, "SELECT line FROM asked_for ORDER BY 1").await, [
            "currency_attribution asof_date 1 year",
            "portfolio_daily_values valuation_date 1 year",
            "portfolio_metrics asof_date 1 year",
        ]);
        assert_eq!(home.json(&["maintain", "--json"])["partitions_made"], 0);
        let gone = "DROP FUNCTION create_hypertable(regclass, text, interval); DROP TABLE asked_for";
        owner.execute_unprepared(gone).await.unwrap();
        home.run(&["migrate", "check"]).succeeded();
        home.run(&["migrate", "down"]).succeeded();
    }
}
