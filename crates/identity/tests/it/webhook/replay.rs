use chrono::{TimeDelta, Utc};
use db::Tx;
use entity::{identity::user, received_webhook};
use futures_util::future::try_join_all;
use identity::webhook::{Producer, forget_old, receiver, remember};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, sea_query::Expr};
use testkit::{TestDatabase, on_both_engines};

async fn came(
    db: &TestDatabase,
    producer: &str,
    id: &str,
    ago: TimeDelta,
) -> Result<bool, db::Error> {
    let at = Utc::now() - ago;
    db.database
        .write(async |tx: Tx| remember(&tx, producer, id, at).await)
        .await
}

on_both_engines! {
    async fn a_message_comes_for_the_first_time_once(db) {
        let now = TimeDelta::zero();
        let once = try_join_all((0..12).map(|_| came(&db, "a", "msg_1", now))).await.unwrap();
        assert_eq!(once.iter().filter(|first| **first).count(), 1);
        assert!(came(&db, "b", "msg_1", now).await.unwrap(), "another producer's");
        assert!(came(&db, "a", "msg_2", now).await.unwrap());
    }

    async fn a_message_whose_work_failed_may_come_again(db) {
        let work = async |tx: Tx| -> Result<(), db::Error> {
            assert!(remember(&tx, "a", "msg_1", Utc::now()).await?);
            Err(db::Error::Unfinished("the test wants it so".to_owned()))
        };
        db.database.write(work).await.unwrap_err();
        assert!(came(&db, "a", "msg_1", TimeDelta::zero()).await.unwrap());
    }

    async fn messages_are_remembered_for_an_hour(db) {
        for (id, minutes) in [("new", 0), ("younger", 59), ("older", 61), ("old", 10_000)] {
            assert!(came(&db, "a", id, TimeDelta::minutes(minutes)).await.unwrap());
        }
        assert_eq!(forget_old(&db.database, Utc::now()).await.unwrap(), 2);
        assert_eq!(forget_old(&db.database, Utc::now()).await.unwrap(), 0);
        assert!(!came(&db, "a", "younger", TimeDelta::zero()).await.unwrap());
        let left = received_webhook::Entity::find().count(&db.database).await.unwrap();
        assert_eq!(left, 2);
    }

    async fn messages_go_to_a_user_who_is_active(db) {
        let ctx = db.ctx().await;
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let of = |user: &str| Producer::new("p", user, &[secret]).unwrap();
        let email = user::Entity::find_by_id(ctx.scope).one(&db.database).await.unwrap().unwrap().email;
        let found = receiver(&db.database, &of(&email.to_uppercase())).await.unwrap();
        assert_eq!(found, Some(ctx.scope));
        assert_eq!(receiver(&db.database, &of("nobody@example.org")).await.unwrap(), None);

        let leaves = user::Entity::update_many()
            .col_expr(user::Column::IsActive, Expr::value(false))
            .filter(user::Column::Id.eq(ctx.scope));
        leaves.exec(&db.database).await.unwrap();
        assert_eq!(receiver(&db.database, &of(&email)).await.unwrap(), None);
    }
}
