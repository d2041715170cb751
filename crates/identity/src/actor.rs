//! Who acts, and where they come from.

use std::{net::IpAddr, sync::Arc};

use entity::values::{ActorKind, ApiTokenId, UserId};

/// Who acts: a person, a program with a person's token, a sender of signed messages, whoever gives
/// commands on the machine, or the service itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Actor {
    pub kind: ActorKind,
    /// The person, or the one on whose behalf a program acts.
    pub user_id: Option<UserId>,
    /// The token with which a program acts.
    pub token_id: Option<ApiTokenId>,
}

impl Actor {
    const fn of(kind: ActorKind, user_id: Option<UserId>) -> Self {
        Self {
            kind,
            user_id,
            token_id: None,
        }
    }

    pub const fn user(id: UserId) -> Self {
        Self::of(ActorKind::User, Some(id))
    }

    pub const fn token(user: UserId, token: ApiTokenId) -> Self {
        Self {
            token_id: Some(token),
            ..Self::of(ActorKind::Token, Some(user))
        }
    }

    /// A sender of signed messages, for the user who takes them.
    pub const fn producer(user: UserId) -> Self {
        Self::of(ActorKind::Producer, Some(user))
    }

    /// Whoever gives commands on the machine, for the user whom they name.
    pub const fn operator(user: Option<UserId>) -> Self {
        Self::of(ActorKind::Operator, user)
    }

    /// The service itself.
    pub const fn system() -> Self {
        Self::of(ActorKind::System, None)
    }

    /// Somebody who has not shown who they are.
    pub const fn anonymous() -> Self {
        Self::of(ActorKind::Anonymous, None)
    }
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.user_id {
            Some(id) => write!(f, "{}:{id}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

/// Where a request comes from, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub ip: Option<IpAddr>,
    /// As the client names itself.
    pub user_agent: Option<Arc<str>>,
}
