//! Numbered writes that can be sent again, and a trace of each time that one was really done.

use std::collections::{HashMap, HashSet};

use db::{ConnectionTrait, Error};
use sea_orm::Statement;

use super::site::{Site, Witness};

/// `effects` has no key: a deed that was done twice shows there.
const SCHEMA: &str = "CREATE TABLE deeds (key text PRIMARY KEY);
     CREATE TABLE effects (key text NOT NULL)";

pub async fn prepare(site: &Site) {
    site.witness().await.run(SCHEMA).await;
}

/// What a unit of work does for `key`; the second time, nothing.
pub async fn do_once(tx: &impl ConnectionTrait, key: &str) -> Result<(), Error> {
    let is_new = insert(
        tx,
        "INSERT INTO deeds VALUES ($1) ON CONFLICT DO NOTHING",
        key,
    )
    .await?;
    if is_new {
        insert(tx, "INSERT INTO effects VALUES ($1)", key).await?;
    }
    Ok(())
}

/// What a single statement does for `key`.
pub async fn do_alone(connection: &impl ConnectionTrait, key: &str) -> Result<(), Error> {
    let sql = "WITH deed AS (INSERT INTO deeds VALUES ($1) RETURNING key)
         INSERT INTO effects SELECT key FROM deed";
    insert(connection, sql, key).await.map(drop)
}

async fn insert(to: &impl ConnectionTrait, sql: &str, key: &str) -> Result<bool, Error> {
    let backend = to.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, [key.into()]);
    Ok(to.execute_raw(statement).await?.rows_affected() == 1)
}

/// What the witness finds.
#[derive(Debug, Default)]
pub struct Found {
    pub done: usize,
    /// Acknowledged, but not there.
    pub lost: Vec<String>,
    /// Done more than once, or by half.
    pub doubled: Vec<String>,
}

impl Found {
    pub async fn compare(witness: &mut Witness, acknowledged: &[String]) -> Self {
        let deeds: HashSet<String> = witness
            .rows::<(String,)>("SELECT key FROM deeds")
            .await
            .into_iter()
            .map(|(key,)| key)
            .collect();
        let effects: HashMap<String, i64> = witness
            .rows("SELECT key, count(*) FROM effects GROUP BY key")
            .await
            .into_iter()
            .collect();
        let times = |key: &String| effects.get(key).copied().unwrap_or_default();
        let lost = acknowledged.iter().filter(|key| !deeds.contains(*key));
        let half = deeds.iter().filter(|key| times(key) != 1);
        let orphans = effects.keys().filter(|key| !deeds.contains(*key));
        Self {
            done: deeds.len(),
            lost: lost.cloned().collect(),
            doubled: half.chain(orphans).cloned().collect(),
        }
    }
}
