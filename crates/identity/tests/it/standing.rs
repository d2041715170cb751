//! What the guard asks about those who come.

use chrono::TimeDelta;
use entity::values::{SessionId, UserId, UserRole};
use identity::{
    ApiToken, Scope, Scopes, api_tokens,
    sessions::{self, Standing, StandingKey, StandsBy, standing},
    users,
};

use crate::support::{ADDRESS, PASSWORD, ada, ctx, login, write};

testkit::on_both_engines! {
    async fn many_are_told_of_in_one_answer_each_as_they_are(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let mut begun = Vec::new();
        for _ in 0..2 {
            begun.push(login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap().session);
        }
        write(&ctx, async |tx| sessions::logout(&ctx, &tx, ada.id, begun[1]).await).await.unwrap();
        let scopes: Scopes = [Scope::BooksRead, Scope::PacksWrite].into_iter().collect();
        let end = Some(ctx.now() + TimeDelta::days(1));
        let (token, row) = write(&ctx, async |tx| {
            api_tokens::create(&ctx, &tx, ada.id, "import", scopes, end).await
        }).await.unwrap();
        write(&ctx, async |tx| {
            users::set_role(&ctx, &tx, ada.id, UserRole::Manager).await
        }).await.unwrap();

        let of_session = |user, session| StandingKey::Session { user, session };
        let of_token = |token: &ApiToken| StandingKey::Token { hash: token.hash() };
        let keys = [
            of_token(&token),
            of_session(ada.id, begun[0]),
            of_session(ada.id, begun[1]),
            of_session(ctx.scope, begun[0]),
            of_session(ada.id, SessionId::new()),
            of_session(UserId::new(), begun[0]),
            of_token(&ApiToken::generate().unwrap()),
            of_session(ada.id, begun[0]),
        ];
        let by = |by| Some(Standing {
            user: ada.id,
            role: UserRole::Manager,
            is_active: true,
            session_version: 0,
            by,
        });
        let stands = by(StandsBy::Session);
        let by_token = by(StandsBy::Token {
            id: row.id,
            scopes,
            expires_at: end,
            revoked_at: None,
        });
        let expected = [by_token, stands.clone(), None, None, None, None, None, stands];
        let reader = ctx.database.reader();
        assert_eq!(standing(reader, &keys).await.unwrap(), expected);
        assert_eq!(standing(&ctx.shared(), &keys[..1]).await.unwrap(), expected[..1]);
        assert_eq!(standing(reader, &keys[1..2]).await.unwrap(), expected[1..2]);
        assert_eq!(standing(reader, &[]).await.unwrap(), []);
    }

    async fn what_changes_is_seen_at_once(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let session = login(&ctx, &ada.email, PASSWORD, ADDRESS).await.unwrap();
        let refreshed = crate::sessions::refresh(&ctx, &session.refresh_token).await.unwrap();
        let scopes = Scopes::from(Scope::Admin);
        let (token, _) = write(&ctx, async |tx| {
            api_tokens::create(&ctx, &tx, ada.id, "import", scopes, None).await
        }).await.unwrap();
        let keys = [
            StandingKey::Session { user: ada.id, session: refreshed.session },
            StandingKey::Token { hash: token.hash() },
        ];
        let found = standing(ctx.database.reader(), &keys).await.unwrap();
        assert_eq!(found[0].as_ref().unwrap().by, StandsBy::Session);
        write(&ctx, async |tx| users::set_active(&ctx, &tx, ada.id, false).await).await.unwrap();
        let found = standing(ctx.database.reader(), &keys).await.unwrap();
        assert_eq!(found[0], None);
        let program = found[1].as_ref().unwrap();
        assert_eq!((program.is_active, program.session_version), (false, 1));
        assert!(matches!(program.by, StandsBy::Token { revoked_at: Some(_), .. }));
    }
}
