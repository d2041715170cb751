//! What becomes of the tokens of programs.

use chrono::TimeDelta;
use db::page::Page;
use entity::{
    identity::{api_token, user},
    values::{ApiTokenId, UserId, UserRole},
};
use identity::{
    ApiToken, Ctx, Error, Scope, Scopes,
    api_tokens::{self, TokenUses},
    users,
};

use crate::support::{ada, add, ctx, pass, write};

async fn make(ctx: &Ctx, owner: &user::Model, name: &str) -> (ApiToken, api_token::Model) {
    let scopes = Scopes::from(Scope::BooksRead);
    write(ctx, async |tx| {
        api_tokens::create(ctx, &tx, owner.id, name, scopes, None).await
    })
    .await
    .unwrap()
}

async fn refusal(ctx: &Ctx, owner: UserId, name: &str, scopes: Scopes, days: i64) -> Error {
    let end = Some(ctx.now() + TimeDelta::days(days));
    write(ctx, async |tx| {
        api_tokens::create(ctx, &tx, owner, name, scopes, end).await
    })
    .await
    .unwrap_err()
}

testkit::on_both_engines! {
    async fn a_token_is_kept_as_its_hash_and_found_by_it(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let (token, row) = make(&ctx, &ada, "nightly import").await;
        assert_eq!(row.token_hash, token.hash());
        assert_eq!(row.prefix, token.prefix());
        let shown = serde_json::to_string(&row.scopes).unwrap();
        assert_eq!(shown, r#"["books:read"]"#);

        let reader = ctx.database.reader();
        let parsed = ApiToken::parse(token.expose()).unwrap();
        let found = api_tokens::find_by_hash(reader, &parsed.hash()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&row));
        assert_eq!(api_tokens::scopes_of(&row), Scopes::from(Scope::BooksRead));
        let unknown = ApiToken::generate().unwrap().hash();
        assert_eq!(api_tokens::find_by_hash(reader, &unknown).await.unwrap(), None);
    }

    async fn tokens_are_listed_by_pages_and_only_their_owners(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let bob = add(&ctx, "bob@example.org", UserRole::User, None).await;
        let mut made = Vec::new();
        for name in ["one", "two", "three"] {
            made.push(make(&ctx, &ada, name).await.1);
        }
        let (_, bobs) = make(&ctx, &bob, "bob's").await;
        let reader = ctx.database.reader();
        let mut page = Page { after: None, limit: 2 };
        let first = api_tokens::list(&ctx, reader, ada.id, &page).await.unwrap();
        assert_eq!((&*first.items, first.has_more), (&made[..2], true));
        page.after = Some(made[1].id);
        let second = api_tokens::list(&ctx, reader, ada.id, &page).await.unwrap();
        assert_eq!((&*second.items, second.has_more), (&made[2..], false));

        let anothers = api_tokens::find(&ctx, reader, ada.id, bobs.id).await.unwrap_err();
        assert!(matches!(anothers, Error::TokenNotFound { .. }));
        let anothers = write(&ctx, async |tx| {
            api_tokens::revoke(&ctx, &tx, ada.id, bobs.id).await
        });
        assert!(matches!(anothers.await, Err(Error::TokenNotFound { .. })));
        let still = api_tokens::find(&ctx, reader, bob.id, bobs.id).await.unwrap();
        assert_eq!(still, bobs);
    }

    async fn a_token_is_revoked_once(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let (_, row) = make(&ctx, &ada, "import").await;
        let revoke = || write(&ctx, async |tx| {
            api_tokens::revoke(&ctx, &tx, ada.id, row.id).await
        });
        let first = revoke().await.unwrap();
        assert_eq!(first.revoked_at, Some(ctx.now()));
        pass(TimeDelta::hours(1));
        assert_eq!(revoke().await.unwrap(), first);
        let kept = api_tokens::find_any(&ctx, ctx.database.reader(), row.id).await.unwrap();
        assert_eq!(kept, first);
    }

    async fn a_token_needs_a_name_scopes_a_future_and_an_active_owner(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let read = Scopes::from(Scope::BooksRead);
        for (name, scopes, days, field) in [
            ("", read, 1, "/name"),
            (" import", read, 1, "/name"),
            ("im\nport", read, 1, "/name"),
            ("import", Scopes::NONE, 1, "/scopes"),
            ("import", read, 0, "/expires_at"),
            ("import", read, -1, "/expires_at"),
        ] {
            let refused = refusal(&ctx, ada.id, name, scopes, days).await;
            assert!(matches!(refused, Error::Invalid { field: at, .. } if at == field), "{refused}");
        }
        let nobody = refusal(&ctx, UserId::new(), "import", read, 1).await;
        assert!(matches!(nobody, Error::UserNotFound { .. }));
        write(&ctx, async |tx| users::set_active(&ctx, &tx, ada.id, false).await).await.unwrap();
        let disabled = refusal(&ctx, ada.id, "import", read, 1).await;
        assert!(matches!(disabled, Error::UserDisabled { .. }));
    }

    async fn the_last_use_is_written_down_once_a_minute(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let (_, row) = make(&ctx, &ada, "import").await;
        let uses = TokenUses::new(&ctx.database);
        let first = ctx.now();
        uses.note(row.id, first);
        wait_for_use(&ctx, row.id, first).await;
        uses.note(row.id, first + TimeDelta::seconds(59));
        uses.note(row.id, first + TimeDelta::seconds(60));
        wait_for_use(&ctx, row.id, first + TimeDelta::seconds(60)).await;
        // Another program has seen it used earlier: that is no news.
        let (_, probe) = make(&ctx, &ada, "probe").await;
        let other = TokenUses::new(&ctx.database);
        other.note(row.id, first + TimeDelta::seconds(30));
        other.note(probe.id, first);
        wait_for_use(&ctx, probe.id, first).await;
        wait_for_use(&ctx, row.id, first + TimeDelta::seconds(60)).await;
    }
}

async fn wait_for_use(ctx: &Ctx, id: ApiTokenId, at: chrono::DateTime<chrono::Utc>) {
    for _ in 0..2_000 {
        let reader = ctx.database.reader();
        let row = api_tokens::find_any(ctx, reader, id).await.unwrap();
        if row.last_used_at == Some(at) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the use at {at} was not written down");
}
