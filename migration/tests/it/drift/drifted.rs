//! Runs tables of drifts: each is made by hand, found, mended by its own fix, and gone.

use migration::{catalogue::Catalogue, drift::Fix};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use testkit::TestDatabase;

use super::{connect, differences, expected, lines, run};

/// One way in which a database may come to differ.
pub struct Drift {
    pub name: &'static str,
    /// What somebody has done; a statement behind `fails: ` is one that does fail.
    pub sql: &'static [&'static str],
    /// What the line, or each line in its order, says.
    pub says: &'static [&'static [&'static str]],
}

pub const fn one(
    name: &'static str,
    sql: &'static [&'static str],
    says: &'static [&'static [&'static str]],
) -> Drift {
    Drift { name, sql, says }
}

/// Makes each drift in turn. A database is used again while the fixes leave it clean. `extra` is
/// made on both sides.
pub async fn run_all(
    new_database: impl AsyncFn() -> Option<TestDatabase>,
    extra: &[&str],
    drifts: &[Drift],
) {
    let mut clean: Option<(TestDatabase, DatabaseConnection)> = None;
    let mut schema: Option<Catalogue> = None;
    let mut failures = Vec::new();
    for drift in drifts {
        let (db, connection) = if let Some(kept) = clean.take() {
            kept
        } else {
            let Some(db) = new_database().await else {
                return;
            };
            let connection = connect(&db).await;
            for sql in extra {
                run(&connection, sql).await;
            }
            (db, connection)
        };
        if schema.is_none() {
            schema = Some(expected(&connection, extra).await);
        }
        match story(schema.as_ref().unwrap(), &connection, drift).await {
            Ok(true) => clean = Some((db, connection)),
            Ok(false) => {}
            Err(failure) => failures.push(format!("{}: {failure}", drift.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Whether the database is clean again.
async fn story(
    expected: &Catalogue,
    connection: &DatabaseConnection,
    drift: &Drift,
) -> Result<bool, String> {
    for sql in drift.sql {
        match sql.strip_prefix("fails: ") {
            Some(sql) => assert!(connection.execute_unprepared(sql).await.is_err(), "{sql}"),
            None => run(connection, sql).await,
        }
    }
    let found = differences(expected, connection).await;
    let told = lines(&found);
    let as_expected = told.len() == drift.says.len()
        && told.iter().zip(drift.says).all(|(line, words)| {
            !line.contains('\n') && words.iter().all(|word| line.contains(word))
        });
    if !as_expected {
        return Err(told.join("\n"));
    }

    let mut mended = true;
    for difference in &found {
        match difference.fix() {
            Fix::Sql(sql) => {
                if let Err(error) = connection.execute_unprepared(sql).await {
                    return Err(format!("the fix fails: {error}: {sql}"));
                }
            }
            Fix::Advice(_) => mended = false,
        }
    }
    let left = lines(&differences(expected, connection).await);
    if mended && !left.is_empty() {
        return Err(format!("the fix leaves {}", left.join("\n")));
    }
    Ok(mended)
}
