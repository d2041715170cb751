use db::{ConnectionTrait, Tx};
use entity::identity::{audit_entry, audit_head};
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, IntoActiveModel, QuerySelect, QueryTrait,
    sea_query::{CommonTableExpression, Query, UpdateStatement},
};

use super::{Entry, plain, seal::seal};
use crate::Ctx;

/// The only row of `audit_heads`.
pub(super) const HEAD: i64 = 1;

/// Adds a row to the log and answers with its number.
///
/// It is the last that a transaction does before its commit: from here on everybody else who has
/// something to add waits for that. For the same reason a transaction that locks more afterwards
/// may meet one that waits for it, and be run again.
pub async fn append(ctx: &Ctx, tx: &Tx, entry: Entry) -> Result<i64, db::Error> {
    let head = lock_head(tx).await?;
    let row = follow(ctx, head, entry).ok_or_else(damaged_head)?;
    let seq = row.seq;
    write(tx, row).await?;
    Ok(seq)
}

/// PostgreSQL answers with what the last writer committed; on SQLite there is one writer at a time.
async fn lock_head(tx: &Tx) -> Result<audit_head::Model, db::Error> {
    let head = audit_head::Entity::find_by_id(HEAD)
        .lock_exclusive()
        .one(tx)
        .await?;
    head.ok_or_else(damaged_head)
}

fn damaged_head() -> db::Error {
    let advice = "audit_heads does not hold the end of the audit log: see what \
        `tallystick audit verify` says of it";
    DbErr::Custom(advice.to_owned()).into()
}

/// The row after `head`. Its time is taken behind the lock, so that times stand in the rows' order.
fn follow(ctx: &Ctx, head: audit_head::Model, entry: Entry) -> Option<audit_entry::Model> {
    let mut details = entry.details;
    if let Some(token) = ctx.actor.token_id {
        details.insert("token_id".to_owned(), token.to_string().into());
    }
    let mut row = audit_entry::Model {
        seq: head.seq.checked_add(1)?,
        at: ctx.now(),
        actor_user_id: ctx.actor.user_id,
        actor_kind: ctx.actor.kind,
        action: plain::text(&entry.action),
        resource_type: plain::text(&entry.resource_type),
        resource_id: entry.resource_id.as_deref().map(plain::text),
        details: plain::details(details),
        ip: ctx.origin.ip.map(|ip| ip.to_string()),
        user_agent: ctx.origin.user_agent.as_deref().map(plain::text),
        request_id: plain::text(&ctx.request_id),
        outcome: entry.outcome,
        prev_hash: head.hash,
        hash: String::new(),
    };
    row.hash = seal(&row.prev_hash, &row)?;
    Some(row)
}

/// In one statement where there is a network to cross.
async fn write(tx: &Tx, row: audit_entry::Model) -> Result<(), db::Error> {
    let new_head = move_head(row.seq, &row.hash);
    let insert = audit_entry::Entity::insert(row.into_active_model()).into_query();
    if tx.get_database_backend() == DbBackend::Postgres {
        let mut added = CommonTableExpression::new();
        added.table_name("added").query(insert);
        db::query::execute(tx, &new_head.with(added.into())).await?;
    } else {
        db::query::execute(tx, &insert).await?;
        db::query::execute(tx, &new_head).await?;
    }
    Ok(())
}

fn move_head(seq: i64, hash: &str) -> UpdateStatement {
    use audit_head::{Column, Entity};

    Query::update()
        .table(Entity)
        .value(Column::Seq, seq)
        .value(Column::Hash, hash)
        .and_where(Column::Id.eq(HEAD))
        .take()
}
