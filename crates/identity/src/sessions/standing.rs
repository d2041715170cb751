//! Whether those who ask still may.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use db::{ConnectionTrait, query::fetch_all};
use entity::{
    identity::{api_token, refresh_token, user},
    values::{ApiTokenId, SessionId, UserId, UserRole},
};
use sea_orm::{
    FromQueryResult,
    sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement, UnionType},
};
use serde_json::Value;
use uuid::Uuid;

use crate::{Error, Scopes};

/// By what somebody asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StandingKey {
    /// As an access token names them.
    Session { user: UserId, session: SessionId },
    /// An API token's hash.
    Token { hash: String },
}

/// A user as they are now, and what they ask by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub user: UserId,
    pub role: UserRole,
    pub is_active: bool,
    /// An access token of another version is good no more.
    pub session_version: i64,
    pub by: StandsBy,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandsBy {
    Session,
    Token {
        id: ApiTokenId,
        scopes: Scopes,
        expires_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    },
}

/// What is known of each key, in their order; `None` where there is no such token, or no such session
/// that goes on. One statement, however many there are.
pub async fn standing(
    db: &impl ConnectionTrait,
    keys: &[StandingKey],
) -> Result<Vec<Option<Standing>>, Error> {
    let mut sessions_asked = Vec::new();
    let mut hashes_asked = Vec::new();
    for key in keys {
        match key {
            StandingKey::Session { user, session } => sessions_asked.push((user.0, session.0)),
            StandingKey::Token { hash } => hashes_asked.push(hash.as_str()),
        }
    }
    // Each half costs the server something even where it finds nothing, and is left out.
    let statement = match (sessions_asked.is_empty(), hashes_asked.is_empty()) {
        (true, true) => return Ok(Vec::new()),
        (false, true) => sessions(sessions_asked),
        (true, false) => tokens(hashes_asked),
        (false, false) => {
            let mut both = sessions(sessions_asked);
            both.union(UnionType::All, tokens(hashes_asked));
            both
        }
    };
    let rows: Vec<Row> = fetch_all(db, &statement).await?;
    let found: HashMap<_, _> = rows.into_iter().filter_map(Row::read).collect();
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// A session goes on for as long as one of its tokens is not revoked. It may have thousands, one for
/// each time that it was refreshed: EXISTS stops at the first good one.
fn sessions(asked: Vec<(Uuid, Uuid)>) -> SelectStatement {
    use refresh_token::{Column, Entity};

    // Both engines call the columns of VALUES so.
    let asked_user = || Expr::col((ASKED, "column1"));
    let asked_session = || Expr::col((ASKED, "column2"));
    let good_token = Query::select()
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::FamilyId)).eq(asked_session()))
        .and_where(Expr::col((Entity, Column::OwnerUserId)).eq(asked_user()))
        .and_where(Expr::col((Entity, Column::RevokedAt)).is_null())
        .take();
    let mut query = Query::select();
    columns_of_user(&mut query).expr_as(asked_session(), "session");
    for absent in ["token", "token_hash", "scopes", "expires_at", "revoked_at"] {
        query.expr_as(Expr::cust("NULL"), absent);
    }
    query
        .from_values(asked, ASKED)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).eq(asked_user()),
        )
        .and_where(Expr::exists(good_token));
    query
}

const ASKED: &str = "asked";

fn tokens(asked: Vec<&str>) -> SelectStatement {
    use api_token::{Column, Entity};

    let mut query = Query::select();
    columns_of_user(&mut query).expr_as(Expr::cust("NULL"), "session");
    for (column, name) in [
        (Column::Id, "token"),
        (Column::TokenHash, "token_hash"),
        (Column::Scopes, "scopes"),
        (Column::ExpiresAt, "expires_at"),
        (Column::RevokedAt, "revoked_at"),
    ] {
        query.expr_as(Expr::col((Entity, column)), name);
    }
    query
        .from(Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::OwnerUserId)),
        )
        .and_where(Expr::col((Entity, Column::TokenHash)).is_in(asked));
    query
}

fn columns_of_user(query: &mut SelectStatement) -> &mut SelectStatement {
    for (column, name) in [
        (user::Column::Id, "user"),
        (user::Column::Role, "role"),
        (user::Column::IsActive, "is_active"),
        (user::Column::SessionVersion, "session_version"),
    ] {
        query.expr_as(Expr::col((user::Entity, column)), name);
    }
    query
}

#[derive(FromQueryResult)]
struct Row {
    user: UserId,
    role: UserRole,
    is_active: bool,
    session_version: i64,
    session: Option<SessionId>,
    token: Option<ApiTokenId>,
    token_hash: Option<String>,
    scopes: Option<Value>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self) -> Option<(StandingKey, Standing)> {
        let (key, by) = match (self.session, self.token, self.token_hash) {
            (Some(session), _, _) => (
                StandingKey::Session {
                    user: self.user,
                    session,
                },
                StandsBy::Session,
            ),
            (None, Some(id), Some(hash)) => (
                StandingKey::Token { hash },
                StandsBy::Token {
                    id,
                    scopes: self
                        .scopes
                        .as_ref()
                        .map(Scopes::of_json)
                        .unwrap_or_default(),
                    expires_at: self.expires_at,
                    revoked_at: self.revoked_at,
                },
            ),
            _ => return None,
        };
        let standing = Standing {
            user: self.user,
            role: self.role,
            is_active: self.is_active,
            session_version: self.session_version,
            by,
        };
        Some((key, standing))
    }
}
