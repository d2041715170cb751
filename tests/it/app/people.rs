//! Users of a test's service, and what they show.

use api::Security;
use chrono::TimeDelta;
use db::{Database, Tx};
use entity::{
    identity::{refresh_token, user},
    values::{RefreshTokenId, SessionId, UserId, UserRole},
};
use identity::{AccessTokens, Actor, Clock, Ctx, Passwords, Scope, Scopes, SharedKeys, api_tokens};
use reqwest::{
    Client,
    header::{AUTHORIZATION, HeaderMap},
};
use sea_orm::{EntityTrait, Set};
use tempfile::TempDir;

/// Makes users, and signs them in with the keys of the service.
pub struct People {
    database: Database,
    clock: Clock,
    access_tokens: AccessTokens,
    _keys: TempDir,
}

/// A user with a session.
pub struct Someone {
    pub id: UserId,
    /// Sends the token with every request.
    pub client: Client,
    /// The access token of the session.
    pub token: String,
}

impl People {
    pub fn new(database: Database, clock: Clock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = SharedKeys::open(folder.path(), clock).unwrap();
        let lifetime = TimeDelta::minutes(15);
        Self {
            database,
            clock,
            access_tokens: AccessTokens::new(keys, "tallystick", "tallystick", lifetime, clock),
            _keys: folder,
        }
    }

    pub fn security(&self) -> Security {
        Security {
            access_tokens: self.access_tokens.clone(),
            passwords: Passwords::new(2),
            refresh_lifetime: TimeDelta::days(30),
        }
    }

    pub async fn find_or_add(&self, email: &str, role: UserRole) -> Someone {
        let id = testkit::user(&self.database, self.clock, email, role).await;
        let session = self.begin_session(id).await;
        let issued = self.access_tokens.issue(id, session, 0).unwrap();
        Someone {
            id,
            client: client_with(&issued.0),
            token: issued.0,
        }
    }

    pub async fn set_role(&self, id: UserId, role: UserRole) {
        let row = user::ActiveModel {
            id: Set(id),
            role: Set(role),
            ..Default::default()
        };
        self.write(async |tx: Tx| {
            user::Entity::update(row.clone()).exec(&tx).await?;
            Ok(())
        })
        .await;
    }

    /// A token of a program, which lasts.
    pub async fn api_token(&self, owner: UserId, scopes: &[Scope]) -> String {
        let ctx = Ctx::new(
            Actor::user(owner),
            owner,
            "test".into(),
            self.clock,
            &self.database,
        );
        let scopes: Scopes = scopes.iter().copied().collect();
        let made = self
            .database
            .write(async |tx: Tx| api_tokens::create(&ctx, &tx, owner, "test", scopes, None).await);
        made.await.unwrap().0.expose().to_owned()
    }

    /// As a login does, without a password.
    async fn begin_session(&self, owner: UserId) -> SessionId {
        let (session, now) = (SessionId::new(), self.clock.now());
        let row = refresh_token::ActiveModel {
            id: Set(RefreshTokenId::new()),
            owner_user_id: Set(owner),
            family_id: Set(session),
            token_hash: Set(session.to_string()),
            session_version: Set(0),
            expires_at: Set(now + TimeDelta::days(1)),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        self.write(async |tx: Tx| {
            refresh_token::Entity::insert(row.clone())
                .exec_without_returning(&tx)
                .await?;
            Ok(())
        })
        .await;
        session
    }

    async fn write(&self, work: impl AsyncFn(Tx) -> Result<(), db::Error>) {
        self.database.write(work).await.unwrap();
    }
}

/// A client that shows this token with every request that has no credentials of its own.
pub fn client_with(token: &str) -> Client {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let client = Client::builder()
        .user_agent("tests")
        .default_headers(headers);
    client.build().unwrap()
}
