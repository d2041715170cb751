//! The audit log.

mod append;
mod head;
mod list;
mod random;
mod tamper;
mod verify;

use db::Database;
use entity::identity::{audit_entry, audit_head};
use identity::{Ctx, audit};
use sea_orm::{EntityTrait, QueryOrder};

/// Adds one row in a transaction of its own.
async fn add(ctx: &Ctx, database: &Database, entry: audit::Entry) -> i64 {
    let added = database.write(|tx| {
        let (ctx, entry) = (ctx.clone(), entry.clone());
        async move { audit::append(&ctx, &tx, entry).await }
    });
    added.await.unwrap()
}

async fn rows(database: &Database) -> Vec<audit_entry::Model> {
    let all = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Seq);
    all.all(database.reader()).await.unwrap()
}

async fn head(database: &Database) -> audit_head::Model {
    let head = audit_head::Entity::find().one(database.reader()).await;
    head.unwrap().unwrap()
}
