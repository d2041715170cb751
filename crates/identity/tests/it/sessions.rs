//! How sessions go on and end.

use chrono::TimeDelta;
use entity::identity::{login_throttle, refresh_token};
use futures_util::future::join_all;
use identity::{
    Ctx,
    sessions::{self, NewSession, RefreshRefusal, RefreshToken, Refreshed, Tidied},
};
use sea_orm::{EntityTrait, PaginatorTrait};

use crate::support::{ADDRESS, PASSWORD, ada, admit, ctx, login, month, pass, write};

pub async fn refresh(ctx: &Ctx, token: &RefreshToken) -> Result<NewSession, RefreshRefusal> {
    refresh_for(ctx, token, month()).await
}

async fn refresh_for(
    ctx: &Ctx,
    token: &RefreshToken,
    lifetime: TimeDelta,
) -> Result<NewSession, RefreshRefusal> {
    let refreshed = write(ctx, async |tx| {
        sessions::refresh(ctx, &tx, token, lifetime).await
    });
    match refreshed.await.unwrap() {
        Refreshed::GoesOn(session) => Ok(session),
        Refreshed::Refused(refusal) => Err(refusal),
    }
}

async fn begin(ctx: &Ctx) -> NewSession {
    login(ctx, "ada@example.org", PASSWORD, ADDRESS)
        .await
        .unwrap()
}

async fn tidy(ctx: &Ctx) -> Tidied {
    write(ctx, async |tx| sessions::tidy(ctx.clock, &tx).await)
        .await
        .unwrap()
}

testkit::on_both_engines! {
    async fn a_session_goes_on_with_a_new_token_each_time(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        let first = begin(&ctx).await;
        let mut token = first.refresh_token;
        for _ in 0..3 {
            pass(TimeDelta::days(29));
            let next = refresh(&ctx, &token).await.unwrap();
            assert_eq!(next.session, first.session);
            assert_eq!(next.refresh_expires_at, ctx.now() + month());
            assert_ne!(next.refresh_token, token);
            token = next.refresh_token;
        }
        pass(month());
        let refused = refresh(&ctx, &token).await.unwrap_err();
        assert_eq!(refused.as_str(), "expired");
        let unknown = RefreshToken::generate().unwrap();
        assert_eq!(refresh(&ctx, &unknown).await.unwrap_err(), RefreshRefusal::Unknown);
    }

    async fn a_token_that_is_used_twice_ends_its_session_and_no_other(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let (stolen, other) = (begin(&ctx).await, begin(&ctx).await);
        let next = refresh(&ctx, &stolen.refresh_token).await.unwrap();
        let refused = refresh(&ctx, &stolen.refresh_token).await.unwrap_err();
        let reused = RefreshRefusal::Reused { user: ada.id, session: stolen.session };
        assert_eq!(refused, reused);
        let refused = refresh(&ctx, &next.refresh_token).await.unwrap_err();
        assert_eq!(refused.as_str(), "session_ended");
        refresh(&ctx, &other.refresh_token).await.unwrap();
    }

    async fn of_two_that_use_a_token_at_once_one_wins_and_the_session_ends(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        let session = begin(&ctx).await;
        let uses = (0..4).map(|_| refresh(&ctx, &session.refresh_token));
        let (won, lost): (Vec<_>, Vec<_>) =
            join_all(uses).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 3));
        for refused in lost {
            assert_eq!(refused.unwrap_err().as_str(), "token_reused");
        }
        let winners = won.into_iter().next().unwrap().unwrap().refresh_token;
        assert_eq!(refresh(&ctx, &winners).await.unwrap_err().as_str(), "session_ended");
    }

    async fn a_stolen_token_cannot_outrun_the_end_of_its_session(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        for _ in 0..5 {
            let session = begin(&ctx).await;
            let next = refresh(&ctx, &session.refresh_token).await.unwrap();
            let (reused, raced) = futures_util::future::join(
                Box::pin(refresh(&ctx, &session.refresh_token)),
                Box::pin(refresh(&ctx, &next.refresh_token)),
            ).await;
            assert_eq!(reused.unwrap_err().as_str(), "token_reused");
            if let Ok(raced) = raced {
                let refused = refresh(&ctx, &raced.refresh_token).await.unwrap_err();
                assert_eq!(refused.as_str(), "session_ended");
            }
        }
    }

    async fn a_logout_ends_one_session(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let (one, other) = (begin(&ctx).await, begin(&ctx).await);
        let logout = async |user| write(&ctx, async |tx| {
            sessions::logout(&ctx, &tx, user, one.session).await
        }).await;
        assert!(!logout(ctx.scope).await.unwrap(), "another user's");
        assert!(logout(ada.id).await.unwrap());
        assert!(!logout(ada.id).await.unwrap());
        let refused = refresh(&ctx, &one.refresh_token).await.unwrap_err();
        assert_eq!(refused.as_str(), "session_ended");
        refresh(&ctx, &other.refresh_token).await.unwrap();
    }

    async fn a_logout_everywhere_ends_them_all(db) {
        let ctx = ctx(&db).await;
        let ada = ada(&ctx).await;
        let begun = [begin(&ctx).await, begin(&ctx).await];
        let changed = write(&ctx, async |tx| {
            sessions::logout_everywhere(&ctx, &tx, ada.id).await
        });
        assert_eq!(changed.await.unwrap().after.session_version, 1);
        for session in begun {
            let refused = refresh(&ctx, &session.refresh_token).await.unwrap_err();
            assert_eq!(refused.as_str(), "session_ended");
        }
        assert_eq!(begin(&ctx).await.user.session_version, 1);
    }

    async fn what_expired_a_day_ago_is_tidied_away(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        begin(&ctx).await;
        admit(&ctx, "nobody@example.org", ADDRESS).await.unwrap();
        assert_eq!(tidy(&ctx).await, Tidied::default());
        pass(TimeDelta::days(1));
        assert_eq!(tidy(&ctx).await, Tidied { refresh_tokens: 0, throttles: 2 });
        pass(month());
        begin(&ctx).await;
        assert_eq!(tidy(&ctx).await, Tidied { refresh_tokens: 1, throttles: 0 });
        let tokens = refresh_token::Entity::find().count(&ctx.database).await.unwrap();
        let throttles = login_throttle::Entity::find().count(&ctx.database).await.unwrap();
        assert_eq!((tokens, throttles), (1, 1));
    }

    async fn a_used_token_stays_used_though_its_successor_is_tidied_away(db) {
        let ctx = ctx(&db).await;
        ada(&ctx).await;
        let session = begin(&ctx).await;
        refresh_for(&ctx, &session.refresh_token, TimeDelta::hours(1)).await.unwrap();
        pass(TimeDelta::days(2));
        assert_eq!(tidy(&ctx).await.refresh_tokens, 0);
        let refused = refresh(&ctx, &session.refresh_token).await.unwrap_err();
        assert_eq!(refused.as_str(), "token_reused");
    }
}
