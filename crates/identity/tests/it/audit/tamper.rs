//! What somebody with the owner's rights can do to a log.

use db::{ConnectionTrait, Database, Engine};
use entity::identity::audit_entry;
use sea_orm::{EntityTrait, IntoActiveModel};
use sha2::{Digest, Sha256};
use testkit::TestDatabase;

/// The database's owner, whom no trigger stops any more.
pub async fn owner(db: &TestDatabase) -> Database {
    let owner = db.owner().await;
    let off = match owner.engine() {
        Engine::Sqlite => {
            "DROP TRIGGER audit_log_replace; DROP TRIGGER audit_log_update; \
             DROP TRIGGER audit_log_delete"
        }
        Engine::Postgres => "ALTER TABLE audit_log DISABLE TRIGGER ALL",
    };
    owner.execute_unprepared(off).await.unwrap();
    owner
}

pub async fn run(owner: &Database, sql: &str) {
    let done = owner.execute_unprepared(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A value that a column of row `seq` of the tests' logs does not have.
pub fn another_value(column: audit_entry::Column) -> &'static str {
    use audit_entry::Column;

    match column {
        Column::Seq => "seq + 1000",
        Column::At => "'2020-01-01T00:00:00+00:00'",
        Column::ActorUserId => "NULL",
        Column::ActorKind => "'system'",
        Column::Action
        | Column::ResourceType
        | Column::ResourceId
        | Column::UserAgent
        | Column::RequestId => "'forged'",
        Column::Details => r#"'{"forged":true}'"#,
        Column::Ip => "'203.0.113.9'",
        Column::Outcome => "CASE outcome WHEN 'done' THEN 'refused' ELSE 'done' END",
        Column::PrevHash | Column::Hash => {
            "'abababababababababababababababababababababababababababababababab'"
        }
    }
}

pub async fn edit(owner: &Database, column: audit_entry::Column, seq: i64) {
    use sea_orm::IdenStatic;

    let (name, value) = (column.as_str(), another_value(column));
    let sql = format!("UPDATE audit_log SET {name} = {value} WHERE seq = {seq}");
    run(owner, &sql).await;
}

pub async fn delete(owner: &Database, first: i64, last: i64) {
    let sql = format!("DELETE FROM audit_log WHERE seq BETWEEN {first} AND {last}");
    run(owner, &sql).await;
}

pub async fn swap(owner: &Database, one: i64, other: i64) {
    for (from, to) in [(one, 1_000_000), (other, one), (1_000_000, other)] {
        let sql = format!("UPDATE audit_log SET seq = {to} WHERE seq = {from}");
        run(owner, &sql).await;
    }
}

/// Gives the rows from `from` on a number that is greater or less by `by`.
pub async fn renumber(owner: &Database, from: i64, by: i64) {
    let away = format!("UPDATE audit_log SET seq = seq + 1000000 WHERE seq >= {from}");
    run(owner, &away).await;
    let back = format!("UPDATE audit_log SET seq = seq - 1000000 + ({by}) WHERE seq > 1000000");
    run(owner, &back).await;
}

pub async fn insert(owner: &Database, row: audit_entry::Model) {
    let inserted =
        audit_entry::Entity::insert(row.into_active_model()).exec_without_returning(owner);
    inserted.await.unwrap();
}

/// A row with a hash that fits, as docs/audit.md has it.
pub fn sealed(mut row: audit_entry::Model, prev_hash: &str) -> audit_entry::Model {
    let mut content = serde_json::json!({
        "action": row.action, "actor_kind": row.actor_kind, "actor_user_id": row.actor_user_id,
        "details": row.details, "ip": row.ip, "outcome": row.outcome, "request_id": row.request_id,
        "resource_id": row.resource_id, "resource_type": row.resource_type, "seq": row.seq,
        "user_agent": row.user_agent,
    });
    content["at"] = row.at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string().into();
    let mut bytes = hex::decode(prev_hash).unwrap();
    bytes.extend(serde_json_canonicalizer::to_vec(&content).unwrap());
    prev_hash.clone_into(&mut row.prev_hash);
    row.hash = hex::encode(Sha256::digest(bytes));
    row
}

/// Writes `rows` in the place of those with their numbers, each sealed over the one before.
pub async fn rewrite(owner: &Database, rows: Vec<audit_entry::Model>) -> String {
    let (first, last) = (rows.first().unwrap(), rows.last().unwrap());
    let mut before = first.prev_hash.clone();
    delete(owner, first.seq, last.seq).await;
    for row in rows {
        let row = sealed(row, &before);
        before.clone_from(&row.hash);
        insert(owner, row).await;
    }
    before
}

pub async fn set_head(owner: &Database, seq: i64, hash: &str) {
    let sql = format!("UPDATE audit_heads SET seq = {seq}, hash = '{hash}'");
    run(owner, &sql).await;
}
