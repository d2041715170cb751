//! Who is there, what they may be, and who is the last that may not go.

use chrono::TimeDelta;
use db::page::Page;
use entity::{
    books::portfolio,
    identity::user,
    values::{LotMethod, PortfolioId, UserId, UserRole},
};
use futures_util::future::join_all;
use identity::{
    Ctx, Error, Scope, Scopes, api_tokens,
    users::{self, Changed, UserFilter},
};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::support::{ADDRESS, HASH, PASSWORD, ada, add, ctx, login, pass, write};

async fn set_role(ctx: &Ctx, id: UserId, role: UserRole) -> Result<Changed, Error> {
    write(ctx, async |tx| users::set_role(ctx, &tx, id, role).await).await
}

async fn set_active(ctx: &Ctx, id: UserId, is_active: bool) -> Result<Changed, Error> {
    write(ctx, async |tx| {
        users::set_active(ctx, &tx, id, is_active).await
    })
    .await
}

/// The emails of those whom a filter lets through.
async fn emails(ctx: &Ctx, filter: UserFilter) -> Vec<String> {
    let page = Page {
        after: None,
        limit: 50,
    };
    let listed = users::list(ctx, ctx.database.reader(), &filter, &page)
        .await
        .unwrap();
    listed.items.into_iter().map(|user| user.email).collect()
}

testkit::on_both_engines! {
    async fn an_address_is_one_users_however_it_is_typed(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        assert_eq!(ada.email, "ada@example.org");
        let again = write(&ctx, async |tx| users::add(&ctx, &tx, users::NewUser {
            email: "ADA@Example.org".to_owned(),
            display_name: "Another".to_owned(),
            role: UserRole::Viewer,
            password_hash: None,
        }).await);
        assert!(matches!(again.await, Err(Error::EmailTaken { .. })));

        let reader = ctx.database.reader();
        for typed in ["ada@example.org", "Ada@Example.ORG"] {
            let found = users::find_by_email(&ctx, reader, typed).await.unwrap();
            assert_eq!(found.as_ref(), Some(&ada));
        }
        for unknown in ["ada@example.com", "ada", "", "a\0@example.org"] {
            assert_eq!(users::find_by_email(&ctx, reader, unknown).await.unwrap(), None);
        }
        assert_eq!(users::find(&ctx, reader, ada.id).await.unwrap(), ada);
        let unknown = users::find(&ctx, reader, UserId::new()).await.unwrap_err();
        assert!(matches!(unknown, Error::UserNotFound { .. }));
    }

    async fn users_are_listed_by_text_and_state(db) {
        let ctx = ctx(&db).await;
        for name in ["ada", "adam", "a_da", "bob"] {
            add(&ctx, &format!("{name}@example.org"), UserRole::User, None).await;
        }
        let bob = users::find_by_email(&ctx, ctx.database.reader(), "bob@example.org").await;
        set_active(&ctx, bob.unwrap().unwrap().id, false).await.unwrap();
        let of = |text: &str, is_active| UserFilter {
            text: Some(text.to_owned()),
            is_active,
        };
        assert_eq!(emails(&ctx, UserFilter::default()).await.len(), 5);
        assert_eq!(emails(&ctx, of("ADA", None)).await, ["ada@example.org", "adam@example.org"]);
        assert_eq!(emails(&ctx, of("a_d", None)).await, ["a_da@example.org"]);
        assert_eq!(emails(&ctx, of("%", None)).await, [""; 0]);
        assert_eq!(emails(&ctx, of("SOMEBODY", Some(false))).await, ["bob@example.org"]);
        assert_eq!(emails(&ctx, of("somebody", Some(true))).await.len(), 3);
    }

    async fn a_change_says_what_was_and_what_is(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let changed = set_role(&ctx, ada.id, UserRole::Manager).await.unwrap();
        assert_eq!(changed.before, ada);
        assert_eq!(changed.after.role, UserRole::Manager);
        assert!(changed.after.updated_at > ada.updated_at);
        assert_eq!(changed.after.session_version, 0);
        let again = set_role(&ctx, ada.id, UserRole::Manager).await.unwrap();
        assert_eq!(again.before, again.after);

        let named = write(&ctx, async |tx| {
            users::set_display_name(&ctx, &tx, ada.id, "Ada King").await
        });
        assert_eq!(named.await.unwrap().after.display_name, "Ada King");
        let stored = users::find(&ctx, ctx.database.reader(), ada.id).await.unwrap();
        assert_eq!((stored.role, &*stored.display_name), (UserRole::Manager, "Ada King"));
        let nameless = write(&ctx, async |tx| {
            users::set_display_name(&ctx, &tx, ada.id, " ").await
        });
        assert!(matches!(nameless.await, Err(Error::Invalid { .. })));
    }

    async fn the_default_portfolio_is_one_of_ones_own(db) {
        let ctx = ctx(&db).await;
        let own = portfolio::Model {
            user_id: ctx.scope,
            id: PortfolioId::new(),
            name: "Own".to_owned(),
            base_currency: "EUR".to_owned(),
            benchmark_security_id: None,
            lot_method: LotMethod::Fifo,
            is_active: true,
            is_recorded: false,
            allows_shorts: false,
            former_rules: None,
            books_revision: 0,
            created_at: ctx.now(),
            updated_at: ctx.now(),
        };
        let row = own.clone().into_active_model().reset_all();
        portfolio::Entity::insert(row).exec_without_returning(&ctx.database).await.unwrap();
        let set = async |user, portfolio| write(&ctx, async |tx| {
            users::set_default_portfolio(&ctx, &tx, user, portfolio).await
        }).await;
        let changed = set(ctx.scope, Some(own.id)).await.unwrap();
        assert_eq!(changed.after.default_portfolio_id, Some(own.id));
        let unknown = set(ctx.scope, Some(PortfolioId::new())).await;
        assert!(matches!(unknown, Err(Error::PortfolioNotFound { .. })));
        let ada = ada(&ctx).await;
        let anothers = set(ada.id, Some(own.id)).await;
        assert!(matches!(anothers, Err(Error::PortfolioNotFound { .. })));
        assert_eq!(set(ctx.scope, None).await.unwrap().after.default_portfolio_id, None);
    }

    async fn whoever_is_disabled_is_out_at_once_and_stays_out(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let session = login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        let scopes = Scopes::from(Scope::BooksRead);
        let (_, token) = write(&ctx, async |tx| {
            api_tokens::create(&ctx, &tx, ada.id, "import", scopes, None).await
        }).await.unwrap();

        let disabled = set_active(&ctx, ada.id, false).await.unwrap().after;
        assert_eq!((disabled.is_active, disabled.session_version), (false, 1));
        let enabled = set_active(&ctx, ada.id, true).await.unwrap().after;
        assert_eq!((enabled.is_active, enabled.session_version), (true, 1));
        let token = api_tokens::find(&ctx, ctx.database.reader(), ada.id, token.id).await;
        assert!(token.unwrap().revoked_at.is_some());
        let refreshed = crate::sessions::refresh(&ctx, &session.refresh_token).await;
        assert_eq!(refreshed.unwrap_err().as_str(), "session_ended");
        login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
    }

    async fn a_new_password_ends_the_sessions_and_the_wait(db) {
        let ctx = ctx(&db).await;
        let ada = add(&ctx, "ada@example.org", UserRole::User, None).await;
        for _ in 0..5 {
            login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap_err();
        }
        let set = || write(&ctx, async |tx| {
            users::set_password(&ctx, &tx, ada.id, HASH.to_owned()).await
        });
        assert_eq!(set().await.unwrap().after.session_version, 1);
        let session = login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        pass(TimeDelta::minutes(1));
        assert_eq!(set().await.unwrap().after.session_version, 2);
        let refreshed = crate::sessions::refresh(&ctx, &session.refresh_token).await;
        assert_eq!(refreshed.unwrap_err().as_str(), "session_ended");
    }

    async fn the_last_active_admin_stays(db) {
        let ctx = ctx(&db).await;
        let owner = ctx.scope;
        let refused = set_role(&ctx, owner, UserRole::User).await;
        assert!(matches!(refused, Err(Error::LastAdmin { .. })));
        let refused = set_active(&ctx, owner, false).await;
        assert!(matches!(refused, Err(Error::LastAdmin { .. })));
        set_role(&ctx, owner, UserRole::Admin).await.unwrap();

        let second = add(&ctx, "second@example.org", UserRole::Admin, None).await;
        set_active(&ctx, second.id, false).await.unwrap();
        let refused = set_role(&ctx, owner, UserRole::Viewer).await;
        assert!(matches!(refused, Err(Error::LastAdmin { .. })), "a disabled one does not count");
        set_active(&ctx, second.id, true).await.unwrap();
        set_role(&ctx, owner, UserRole::Viewer).await.unwrap();
    }

    async fn of_admins_who_degrade_each_other_at_once_one_is_left(db) {
        let ctx = ctx(&db).await;
        let mut admins = vec![ctx.scope];
        for name in ["b", "c", "d"] {
            let email = format!("{name}@example.org");
            admins.push(add(&ctx, &email, UserRole::Admin, None).await.id);
        }
        let fall = |(turn, id): (usize, UserId)| {
            let ctx = &ctx;
            async move {
                if turn % 2 == 0 {
                    set_role(ctx, id, UserRole::User).await
                } else {
                    set_active(ctx, id, false).await
                }
            }
        };
        let falls = join_all(admins.iter().copied().enumerate().map(fall)).await;
        let refused: Vec<_> = falls.into_iter().filter_map(Result::err).collect();
        assert!(matches!(&*refused, [Error::LastAdmin { .. }]), "{refused:?}");
        let left = user::Entity::find().all(&ctx.database).await.unwrap();
        let is_admin = |user: &&user::Model| user.is_active && user.role == UserRole::Admin;
        assert_eq!(left.iter().filter(is_admin).count(), 1);
    }
}
