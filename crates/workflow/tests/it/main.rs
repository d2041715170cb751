//! Conversations, under many writers at once, on both engines.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod approvals;
mod artifacts;
mod deployments;
mod faults_jobs;
mod jobs;
mod messages;
mod pages;
mod retention;
mod search;
mod threads;
mod tokens;
mod worker;

use db::{Database, Tx};
use entity::{
    identity::user,
    values::{MessageRole, ThreadId, UserId, UserRole},
    workflow::thread,
};
use identity::{Actor, Ctx};
use sea_orm::{EntityTrait, Set};
use workflow::{Error, messages::NewMessage};

/// A conversation of the scope's own.
async fn thread_of(ctx: &Ctx) -> ThreadId {
    made(ctx, "chat-1").await.id
}

async fn made(ctx: &Ctx, chat_id: &str) -> thread::Model {
    let work = async |tx: Tx| workflow::threads::get_or_create(ctx, &tx, "chat", chat_id).await;
    ctx.database.write(work).await.unwrap()
}

fn message(text: &str, platform_message_id: Option<&str>) -> NewMessage {
    NewMessage {
        platform_message_id: platform_message_id.map(str::to_owned),
        role: MessageRole::User,
        author: Some("ann".to_owned()),
        text: text.to_owned(),
        raw_payload: None,
    }
}

/// Another user beside the owner, in a context of their own.
async fn stranger(ctx: &Ctx, database: &Database) -> Ctx {
    let (id, now) = (UserId::new(), ctx.now());
    let row = user::ActiveModel {
        id: Set(id),
        email: Set("bob@example.org".to_owned()),
        display_name: Set("Bob".to_owned()),
        role: Set(UserRole::User),
        is_active: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let insert = async |tx: Tx| -> Result<(), Error> {
        let row = row.clone();
        user::Entity::insert(row)
            .exec_without_returning(&tx)
            .await?;
        Ok(())
    };
    database.write(insert).await.unwrap();
    Ctx::new(Actor::user(id), id, "test".into(), ctx.clock, database)
}
