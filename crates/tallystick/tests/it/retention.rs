//! What `tallystick maintain` clears away of conversations.

use chrono::{DateTime, TimeDelta, Utc};
use db::Tx;
use entity::{
    values::{ArtifactId, ArtifactKind, MessageId, MessageRole, UserRole},
    workflow::{artifact, message, message_word},
};
use identity::{Actor, Clock, Ctx};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};
use serde_json::json;
use testkit::{TestDatabase, on_both_engines};
use workflow::{Error, messages, threads};

use crate::support::Home;

/// Another user, with a message for each of the things that are cleared away.
struct Speaker {
    ctx: Ctx,
    deleted: MessageId,
    unsearched: MessageId,
}

async fn speaker(db: &TestDatabase, email: &str) -> Speaker {
    let clock = Clock::new(Utc::now);
    let id = testkit::user(&db.database, clock, email, UserRole::User).await;
    let ctx = Ctx::new(Actor::user(id), id, "test".into(), clock, &db.database);
    let say = async |text: &str| {
        let new = messages::NewMessage {
            platform_message_id: None,
            role: MessageRole::User,
            author: None,
            text: text.to_owned(),
            raw_payload: None,
        };
        let work = async |tx: Tx| -> Result<MessageId, Error> {
            let thread = threads::get_or_create(&ctx, &tx, "chat", "c").await?;
            Ok(messages::append(&ctx, &tx, thread.id, new.clone())
                .await?
                .message
                .id)
        };
        ctx.database.write(work).await.unwrap()
    };
    let (deleted, unsearched) = (say("a secret").await, say("an old word").await);
    Speaker {
        ctx,
        deleted,
        unsearched,
    }
}

impl Speaker {
    async fn attach(&self, made: DateTime<Utc>) -> ArtifactId {
        let milliseconds = u64::try_from(made.timestamp_millis()).unwrap();
        let id = uuid::Builder::from_unix_timestamp_millis(milliseconds, &[7; 10]).into_uuid();
        let row = artifact::Model {
            user_id: self.ctx.scope,
            id: ArtifactId(id),
            message_id: self.unsearched,
            kind: ArtifactKind::OcrText,
            content_json: Some(json!(1)),
            uri: None,
            created_at: made,
            revision: 1,
            updated_at: None,
        };
        let insert = async |tx: Tx| -> Result<(), Error> {
            let row = row.clone().into_active_model().reset_all();
            artifact::Entity::insert(row)
                .exec_without_returning(&tx)
                .await?;
            Ok(())
        };
        self.ctx.database.write(insert).await.unwrap();
        row.id
    }

    /// Deletes a message so long ago, and takes the words of the other.
    async fn age(&self, ago: TimeDelta) {
        let at = Utc::now() - ago;
        let age = async |tx: Tx| -> Result<(), Error> {
            messages::delete(&self.ctx, &tx, self.deleted).await?;
            message::Entity::update_many()
                .col_expr(message::Column::DeletedAt, Expr::value(at))
                .filter(message::Column::Id.eq(self.deleted))
                .exec(&tx)
                .await?;
            message_word::Entity::delete_many().exec(&tx).await?;
            message::Entity::update_many()
                .col_expr(message::Column::IsIndexed, Expr::value(false))
                .filter(message::Column::Id.eq(self.unsearched))
                .exec(&tx)
                .await?;
            Ok(())
        };
        self.ctx.database.write(age).await.unwrap();
    }

    async fn stored_text(&self) -> String {
        let found = message::Entity::find_by_id((self.ctx.scope, self.deleted));
        found.one(&self.ctx.database).await.unwrap().unwrap().text
    }
}

on_both_engines! {
    async fn what_is_kept_long_enough_goes_of_every_user(db) {
        let home = Home::on(&db.url);
        let people = [speaker(&db, "ann@example.org").await, speaker(&db, "bob@example.org").await];
        let now = Utc::now();
        for one in &people {
            one.attach(now - TimeDelta::days(91)).await;
            one.attach(now - TimeDelta::days(89)).await;
            one.age(TimeDelta::days(29)).await;
        }
        let done = home.json(&["maintain", "--json"]);
        assert_eq!(done["artifacts_deleted"], 2);
        assert_eq!((&done["messages_purged"], &done["messages_indexed"]), (&json!(0), &json!(2)));
        assert_eq!(people[0].stored_text().await, "a secret");

        let shorter = Home::on(&db.url).with("TALLYSTICK__RETENTION__DELETED_MESSAGES_DAYS", "28");
        let done = shorter.json(&["maintain", "--json"]);
        assert_eq!((&done["artifacts_deleted"], &done["messages_purged"]), (&json!(0), &json!(2)));
        for one in &people {
            assert_eq!(one.stored_text().await, "");
            let left = artifact::Entity::find().all(&one.ctx.database).await.unwrap();
            let theirs = left.iter().filter(|artifact| artifact.user_id == one.ctx.scope);
            assert_eq!(theirs.count(), 1);
        }
        let done = shorter.json(&["maintain", "--json"]);
        assert_eq!((&done["messages_purged"], &done["messages_indexed"]), (&json!(0), &json!(0)));
    }
}
