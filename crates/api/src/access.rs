//! Who may do what: every operation of the contract, once.
//!
//! The guard refuses what is not in this table, and a test holds the table against the contract and the
//! running service. An operation's books are those of the user who asks, unless it may be
//! [shared](Operation::shared): then also those of a portfolio that its owner shares with them.

mod table;

use std::{collections::HashMap, sync::LazyLock};

use actix_web::http::Method;
use entity::values::{
    SharePermission,
    UserRole::{self, Admin, Manager, User, Viewer},
};
use identity::Scope::{self, BooksRead, BooksWrite, DeploymentsWrite, PacksWrite, TokensWrite};

pub use table::OPERATIONS;

/// One operation, and who may do it.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// As the contract calls it.
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub who: Who,
    /// What it is called in the audit log, if it changes anything that is written down there.
    pub action: Option<&'static str>,
    /// What a share must permit for the operation on another user's portfolio; `None` where no share
    /// reaches.
    pub shared: Option<SharePermission>,
    /// Whether the guard lets the handler read while it finds out who asks: only what all users share,
    /// by a handler that changes nothing.
    pub is_read_ahead: bool,
}

/// Who may do an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// Anyone, where the service is set up so; else administrators.
    Scraper,
    /// Whoever signed the body: the operation checks it by itself.
    Signer,
    /// A user of at least this role, by this kind of credentials.
    Least(UserRole, By),
}

/// What a user must show. The scopes are those of tokens of programs; a session has them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Any,
    Token(Scope),
    /// No program passes itself on, and none locks its owner out.
    SessionOnly,
}

const fn get(id: &'static str, path: &'static str, who: Who) -> Operation {
    Operation {
        id,
        method: "GET",
        path,
        who,
        action: None,
        shared: None,
        is_read_ahead: false,
    }
}

/// An operation that changes something: `route` is its method and path.
const fn change(
    id: &'static str,
    (method, path): (&'static str, &'static str),
    who: Who,
    action: &'static str,
) -> Operation {
    Operation {
        id,
        method,
        path,
        who,
        action: Some(action),
        shared: None,
        is_read_ahead: false,
    }
}

/// An operation of programs at work, which has a record of its own (`job_events`, messages, usage) and leaves no
/// row in the audit log: whoever writes there waits for everybody else.
const fn work(
    id: &'static str,
    (method, path): (&'static str, &'static str),
    who: Who,
) -> Operation {
    Operation {
        id,
        method,
        path,
        who,
        action: None,
        shared: None,
        is_read_ahead: false,
    }
}

impl Operation {
    const fn or_shared_to(self, permission: SharePermission) -> Self {
        Self {
            shared: Some(permission),
            ..self
        }
    }

    const fn read_ahead(self) -> Self {
        Self {
            is_read_ahead: true,
            ..self
        }
    }

    /// `portfolio` of `portfolio.create`.
    pub fn resource_type(&self) -> &'static str {
        let action = self.action.unwrap_or(self.id);
        action.split_once('.').map_or(action, |(about, _)| about)
    }
}

const READS: Who = Who::Least(Viewer, By::Token(BooksRead));
const WRITES: Who = Who::Least(User, By::Token(BooksWrite));
/// Who may change pricing packs, which all users share.
pub const PRICES: Who = Who::Least(Manager, By::Token(PacksWrite));
/// Who may lease jobs and give account of them.
const WORKS: Who = Who::Least(User, By::Token(Scope::JobsWork));
/// Who may decide on approvals.
const VOTERS: Who = Who::Least(User, By::Token(Scope::ApprovalsVote));
/// Who may count what calls of models use, and limit it.
const TOKENS: Who = Who::Least(User, By::Token(TokensWrite));
const DEPLOYS: Who = Who::Least(Manager, By::Token(DeploymentsWrite));
const ONESELF: Who = Who::Least(Viewer, By::Any);
const IN_PERSON: Who = Who::Least(Viewer, By::SessionOnly);
/// Who may read what belongs to the service itself.
pub const ADMINISTERS: Who = Who::Least(Admin, By::Token(Scope::Admin));

/// The operation of a route; HEAD asks what GET does. `None` for what the service does not have.
pub fn operation(method: &Method, path: &str) -> Option<&'static Operation> {
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    BY_ROUTE.get(&(path, method)).copied()
}

static BY_ROUTE: LazyLock<HashMap<(&str, &str), &Operation>> = LazyLock::new(|| {
    let by_route = |operation: &'static Operation| ((operation.path, operation.method), operation);
    OPERATIONS.iter().map(by_route).collect()
});
