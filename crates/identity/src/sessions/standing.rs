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
    sea_query::{
        CaseStatement, Expr, ExprTrait, Func, JoinType, Query, SelectStatement, UnionType,
    },
};
use serde_json::Value;

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
    Session {
        is_revoked: bool,
    },
    Token {
        id: ApiTokenId,
        scopes: Scopes,
        expires_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    },
}

/// What is known of each key, in their order; `None` where there is no such session or token. One
/// statement, however many there are.
pub async fn standing(
    db: &impl ConnectionTrait,
    keys: &[StandingKey],
) -> Result<Vec<Option<Standing>>, Error> {
    let mut statement = sessions(keys);
    statement.union(UnionType::All, tokens(keys));
    let rows: Vec<Row> = fetch_all(db, &statement).await?;
    let found: HashMap<_, _> = rows.into_iter().filter_map(Row::read).collect();
    Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
}

/// A session stands for as long as one of its tokens is not revoked.
fn sessions(keys: &[StandingKey]) -> SelectStatement {
    use refresh_token::{Column, Entity};

    let asked = keys.iter().filter_map(|key| match key {
        StandingKey::Session { session, .. } => Some(*session),
        StandingKey::Token { .. } => None,
    });
    let is_good = Expr::col((Entity, Column::RevokedAt)).is_null();
    let good = CaseStatement::new().case(is_good, 1).finally(0);
    let mut query = Query::select();
    columns_of_user(&mut query)
        .expr_as(Expr::col((Entity, Column::FamilyId)), "session")
        .expr_as(Func::max(good).cast_as("bigint"), "good_tokens");
    for absent in ["token", "token_hash", "scopes", "expires_at", "revoked_at"] {
        query.expr_as(Expr::cust("NULL"), absent);
    }
    query
        .from(Entity)
        .join(
            JoinType::InnerJoin,
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::OwnerUserId)),
        )
        .and_where(Expr::col((Entity, Column::FamilyId)).is_in(asked))
        .group_by_columns([(user::Entity, user::Column::Id)])
        .group_by_col((Entity, Column::FamilyId));
    query
}

fn tokens(keys: &[StandingKey]) -> SelectStatement {
    use api_token::{Column, Entity};

    let asked = keys.iter().filter_map(|key| match key {
        StandingKey::Token { hash } => Some(hash.as_str()),
        StandingKey::Session { .. } => None,
    });
    let mut query = Query::select();
    columns_of_user(&mut query)
        .expr_as(Expr::cust("NULL"), "session")
        .expr_as(Expr::cust("NULL"), "good_tokens");
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
    good_tokens: Option<i64>,
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
                StandsBy::Session {
                    is_revoked: self.good_tokens != Some(1),
                },
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
