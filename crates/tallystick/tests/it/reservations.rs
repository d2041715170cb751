//! Reservations of tokens, when what falls due is done.

use chrono::{TimeDelta, Utc};
use db::{Database, Tx};
use entity::{
    values::{ReservationStatus, TokenReservationId, TokenScope, UserId, UserRole},
    workflow::token_reservation::{Entity, Model},
};
use identity::Clock;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, PaginatorTrait};
use testkit::on_both_engines;

use crate::support::Home;

async fn expired(database: &Database, user: UserId, ago: TimeDelta) {
    let now = Clock::new(Utc::now).now();
    let row = Model {
        user_id: user,
        id: TokenReservationId::new(),
        scope: TokenScope::Reactive,
        estimated_tokens: 1,
        estimated_cost: None,
        cost_currency: None,
        status: ReservationStatus::Open,
        usage_id: None,
        expires_at: now - ago,
        closed_at: None,
        created_at: now,
        updated_at: now,
    };
    let row = row.into_active_model().reset_all();
    let work = async |tx: Tx| -> Result<(), db::Error> {
        Entity::insert(row.clone())
            .exec_without_returning(&tx)
            .await?;
        Ok(())
    };
    database.for_tenant(user.0).write(work).await.unwrap();
}

on_both_engines! {
    async fn old_reservations_of_all_users_are_forgotten_when_that_is_due(db) {
        let clock = Clock::new(Utc::now);
        let mut users = Vec::new();
        for email in ["ada@example.org", "bob@example.org"] {
            users.push(testkit::user(&db.database, clock, email, UserRole::User).await);
        }
        for user in &users {
            expired(&db.database, *user, TimeDelta::days(8)).await;
            expired(&db.database, *user, TimeDelta::days(6)).await;
        }
        let home = Home::on(&db.url);
        assert_eq!(home.json(&["maintain", "--json"])["reservations_forgotten"], 2);
        assert_eq!(home.json(&["maintain", "--json"])["reservations_forgotten"], 0);
        let owner = db.owner().await;
        assert_eq!(Entity::find().count(&owner).await.unwrap(), 2);
    }
}
