//! Who gets in, who waits, and what is said about it.

use std::net::IpAddr;

use chrono::TimeDelta;
use entity::{identity::login_throttle, values::UserRole};
use futures_util::future::join_all;
use identity::{
    Ctx,
    sessions::{self, LoginRefusal, Told},
    users,
};
use sea_orm::EntityTrait;

use crate::support::{ADDRESS, CHEAP_HASH, PASSWORD, ada, add, admit, ctx, login, pass, write};

async fn refusal(ctx: &Ctx, email: &str, password: &str) -> LoginRefusal {
    login(ctx, email, password, ADDRESS).await.unwrap_err()
}

/// One of many, each in another network.
fn address(number: u8) -> IpAddr {
    IpAddr::from([198, 51, 100, number])
}

async fn failures(ctx: &Ctx, subject: &str) -> Option<i64> {
    let found = login_throttle::Entity::find_by_id(subject)
        .one(&ctx.database)
        .await;
    found.unwrap().map(|row| row.failures)
}

testkit::on_both_engines! {
    async fn a_login_begins_a_session_of_its_own(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let first = login(&ctx, "Ada@Example.org", PASSWORD, ADDRESS).await.unwrap();
        let second = login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        assert_ne!(first.session, second.session);
        assert_eq!(first.user.id, ada.id);
        assert_eq!(first.refresh_expires_at, ctx.now() + TimeDelta::days(30));
        let stored = users::find(&ctx, ctx.database.reader(), ada.id).await.unwrap();
        assert_eq!(stored.last_login_at, Some(ctx.now()));
    }

    async fn a_refusal_is_told_apart_in_the_log_and_nowhere_else(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        add(&ctx, "bob@example.org", UserRole::User, None).await;
        assert_eq!(refusal(&ctx, &ada.email, "kettle-moss-42").await, LoginRefusal::WrongPassword);
        assert_eq!(refusal(&ctx, "bob@example.org", PASSWORD).await, LoginRefusal::NoPassword);
        assert_eq!(refusal(&ctx, "eve@example.org", PASSWORD).await, LoginRefusal::UnknownUser);
        assert_eq!(refusal(&ctx, "no address", PASSWORD).await, LoginRefusal::UnknownUser);
        write(&ctx, async |tx| users::set_active(&ctx, &tx, ada.id, false).await).await.unwrap();
        assert_eq!(refusal(&ctx, &ada.email, PASSWORD).await, LoginRefusal::Disabled);
        let wrong = refusal(&ctx, &ada.email, "kettle-moss-42").await;
        assert_eq!(wrong, LoginRefusal::WrongPassword);
        for refusal in [
            LoginRefusal::WrongPassword, LoginRefusal::NoPassword, LoginRefusal::UnknownUser,
            LoginRefusal::Disabled,
        ] {
            assert_eq!(refusal.told(), Told::Refused);
        }
    }

    async fn an_account_is_slowed_down_after_five_failures_known_or_not(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        for email in ["ada@example.org", "nobody@example.org"] {
            for number in 0..5 {
                let refused = login(&ctx, email, "wrong", address(number)).await.unwrap_err();
                assert_eq!(refused.told(), Told::Refused, "{email}, {number}");
            }
            // From any address, and with the right password too.
            let refused = login(&ctx, email, PASSWORD, address(9)).await.unwrap_err();
            assert_eq!(refused, LoginRefusal::AccountLocked { seconds: 1 });
            assert_eq!(refused.told(), Told::Wait { seconds: 1 });
            pass(TimeDelta::seconds(1));
            login(&ctx, email, "wrong", address(9)).await.unwrap_err();
            let refused = login(&ctx, email, "wrong", address(9)).await.unwrap_err();
            assert_eq!(refused, LoginRefusal::AccountLocked { seconds: 2 });
            pass(TimeDelta::milliseconds(600));
            let refused = login(&ctx, email, "wrong", address(9)).await.unwrap_err();
            assert_eq!(refused, LoginRefusal::AccountLocked { seconds: 2 }, "rounded up");
        }
        pass(TimeDelta::seconds(2));
        login(&ctx, "ada@example.org", PASSWORD, address(9)).await.unwrap();
        assert_eq!(failures(&ctx, "account:ada@example.org").await, None);
        assert_eq!(failures(&ctx, "account:nobody@example.org").await, Some(6));
    }

    async fn an_address_is_slowed_down_after_twenty_failures(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        for number in 0..20 {
            let email = format!("guess{number}@example.org");
            let refused = login(&ctx, &email, "wrong", ADDRESS).await.unwrap_err();
            assert_eq!(refused, LoginRefusal::UnknownUser, "{number}");
        }
        let refused = login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap_err();
        assert_eq!(refused, LoginRefusal::AddressLocked { seconds: 1 });
        login(&ctx, &ada.email, PASSWORD, address(1)).await.unwrap();
        // A login of one's own forgives nothing but itself.
        pass(TimeDelta::seconds(1));
        login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        assert_eq!(failures(&ctx, "address:192.0.2.7").await, Some(20));
    }

    async fn the_wait_ends_at_a_quarter_of_an_hour_and_failures_are_forgotten(db) {
        let ctx = ctx(&db).await;
        for _ in 0..16 {
            admit(&ctx, "ada@example.org", ADDRESS).await.unwrap();
            pass(TimeDelta::minutes(15));
        }
        admit(&ctx, "ada@example.org", ADDRESS).await.unwrap();
        let refused = admit(&ctx, "ada@example.org", ADDRESS).await.unwrap_err();
        assert_eq!(refused, LoginRefusal::AccountLocked { seconds: 900 });
        pass(TimeDelta::days(1));
        for _ in 0..5 {
            admit(&ctx, "ada@example.org", ADDRESS).await.unwrap();
        }
        admit(&ctx, "ada@example.org", ADDRESS).await.unwrap_err();
    }

    async fn guesses_that_come_at_once_are_each_counted(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let two = (0..2).map(|number| login(&ctx, &ada.email, "wrong", address(number)));
        for refused in join_all(two).await {
            assert_eq!(refused.unwrap_err(), LoginRefusal::WrongPassword);
        }
        assert_eq!(failures(&ctx, "account:ada@example.org").await, Some(2));
        let many = (0..30).map(|number| login(&ctx, &ada.email, "wrong", address(number)));
        let refused = join_all(many).await.into_iter().map(Result::unwrap_err);
        let tried = refused.filter(|refusal| *refusal == LoginRefusal::WrongPassword);
        assert_eq!(tried.count(), 3, "no more than the free ones that were left");
    }

    async fn an_attempt_that_was_no_guess_is_taken_back(db) {
        let ctx = ctx(&db).await;
        for _ in 0..30 {
            let attempt = admit(&ctx, "ada@example.org", ADDRESS).await.unwrap();
            write(&ctx, async |tx| sessions::withdraw(&ctx, &tx, &attempt).await).await.unwrap();
        }
        assert_eq!(failures(&ctx, "account:ada@example.org").await, Some(0));
        assert_eq!(failures(&ctx, "address:192.0.2.7").await, Some(0));
    }

    async fn a_hash_that_cost_less_is_made_anew_at_login(db) {
        let ctx = ctx(&db).await;
        let ada = add(&ctx, "ada@example.org", UserRole::User, Some(CHEAP_HASH)).await;
        let hash = async || {
            users::password_hash(&ctx, ctx.database.reader(), ada.id).await.unwrap().unwrap()
        };
        login(&ctx, &ada.email, "wrong", ADDRESS).await.unwrap_err();
        assert_eq!(hash().await, CHEAP_HASH);
        login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        let made = hash().await;
        assert!(made.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{made}");
        login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        assert_eq!(hash().await, made);
    }

    async fn a_password_that_was_replaced_meanwhile_begins_nothing(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let attempt = admit(&ctx, &ada.email, ADDRESS).await.unwrap();
        let password = PASSWORD.to_owned().into();
        let passwords = identity::Passwords::default();
        let reader = ctx.database.reader();
        let proof = sessions::check(&ctx, reader, &passwords, &attempt, &password).await;
        let proof = proof.unwrap().unwrap_or_else(|refusal| panic!("{refusal:?}"));
        write(&ctx, async |tx| {
            users::set_password(&ctx, &tx, ada.id, CHEAP_HASH.to_owned()).await
        }).await.unwrap();
        let begun = write(&ctx, async |tx| {
            sessions::begin(&ctx, &tx, &attempt, proof.clone(), TimeDelta::days(30)).await
        });
        assert!(matches!(begun.await, Err(identity::Error::LoginOvertaken)));
    }
}
