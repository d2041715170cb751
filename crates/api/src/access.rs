//! Who may do what: every operation of the contract, once.
//!
//! The guard refuses what is not in this table, and a test holds the table against the contract and the
//! running service. An operation's books are those of the user who asks, unless it may be
//! [shared](Operation::shared): then also those of a portfolio that its owner shares with them.

use std::{collections::HashMap, sync::LazyLock};

use actix_web::http::Method;
use entity::values::{
    SharePermission::{self, Read, Trade},
    UserRole::{self, Admin, Manager, User, Viewer},
};
use identity::Scope::{self, BooksRead, BooksWrite, DeploymentsWrite, PacksWrite, TokensWrite};

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

pub const OPERATIONS: &[Operation] = &[
    get("get_liveness", "/livez", Who::Anyone),
    get("get_health", "/health", Who::Anyone),
    get("get_pack_health", "/health/pack", Who::Anyone),
    get("get_database_health", "/api/health", Who::Anyone),
    get("get_readiness", "/api/v1/ready", Who::Anyone),
    get("get_version", "/api/v1/version", Who::Anyone),
    get("get_metrics", "/metrics", Who::Scraper),
    get("get_openapi", "/openapi.json", Who::Anyone),
    get("redirect_to_docs", "/docs", Who::Anyone),
    get("get_docs", "/docs/{file:.*}", Who::Anyone),
    get("get_problem_kind", "/problems/{code}", Who::Anyone),
    //
    change(
        "log_in",
        ("POST", "/v1/auth/login"),
        Who::Anyone,
        "session.begin",
    ),
    change(
        "refresh_session",
        ("POST", "/v1/auth/refresh"),
        Who::Anyone,
        "session.refresh",
    ),
    change(
        "log_out",
        ("POST", "/v1/auth/logout"),
        IN_PERSON,
        "session.end",
    ),
    change(
        "change_password",
        ("POST", "/v1/auth/password"),
        IN_PERSON,
        "user.password",
    ),
    get("get_me", "/v1/me", ONESELF),
    change("update_me", ("PATCH", "/v1/me"), IN_PERSON, "user.update"),
    get("list_shared_portfolios", "/v1/shared-portfolios", READS),
    get("list_api_tokens", "/v1/api-tokens", IN_PERSON),
    get("get_api_token", "/v1/api-tokens/{id}", IN_PERSON),
    change(
        "create_api_token",
        ("POST", "/v1/api-tokens"),
        IN_PERSON,
        "api_token.create",
    ),
    change(
        "revoke_api_token",
        ("DELETE", "/v1/api-tokens/{id}"),
        IN_PERSON,
        "api_token.revoke",
    ),
    //
    get("list_users", "/v1/users", ADMINISTERS),
    get("get_user", "/v1/users/{id}", ADMINISTERS),
    change("add_user", ("POST", "/v1/users"), ADMINISTERS, "user.add"),
    change(
        "update_user",
        ("PATCH", "/v1/users/{id}"),
        ADMINISTERS,
        "user.update",
    ),
    change(
        "set_password",
        ("POST", "/v1/users/{id}/password"),
        ADMINISTERS,
        "user.password",
    ),
    change(
        "end_sessions",
        ("POST", "/v1/users/{id}/logout"),
        ADMINISTERS,
        "user.logout",
    ),
    get("list_audit_entries", "/v1/audit", ADMINISTERS),
    get("verify_audit_log", "/v1/audit/verify", ADMINISTERS),
    //
    change(
        "create_portfolio",
        ("POST", "/v1/portfolios"),
        WRITES,
        "portfolio.create",
    ),
    get("list_portfolios", "/v1/portfolios", READS),
    get("get_portfolio", "/v1/portfolios/{id}", READS).or_shared_to(Read),
    change(
        "update_portfolio",
        ("PATCH", "/v1/portfolios/{id}"),
        WRITES,
        "portfolio.update",
    ),
    change(
        "delete_portfolio",
        ("DELETE", "/v1/portfolios/{id}"),
        WRITES,
        "portfolio.delete",
    ),
    get("list_positions", "/v1/portfolios/{id}/positions", READS).or_shared_to(Read),
    change(
        "record_transactions",
        ("POST", "/v1/portfolios/{id}/transactions"),
        WRITES,
        "transaction.record",
    )
    .or_shared_to(Trade),
    get(
        "list_transactions",
        "/v1/portfolios/{id}/transactions",
        READS,
    )
    .or_shared_to(Read),
    change(
        "void_transaction",
        (
            "POST",
            "/v1/portfolios/{id}/transactions/{transaction_id}/void",
        ),
        WRITES,
        "transaction.void",
    )
    .or_shared_to(Trade),
    get("list_lots", "/v1/portfolios/{id}/lots", READS).or_shared_to(Read),
    get(
        "list_realized_gains",
        "/v1/portfolios/{id}/realized-gains",
        READS,
    )
    .or_shared_to(Read),
    get("list_cash_flows", "/v1/portfolios/{id}/cash-flows", READS).or_shared_to(Read),
    get("export_books", "/v1/portfolios/{id}/export", READS).or_shared_to(Read),
    change(
        "import_ledger",
        ("POST", "/v1/portfolios/{id}/imports"),
        WRITES,
        "import.create",
    )
    .or_shared_to(Trade),
    get("get_import", "/v1/imports/{id}", READS),
    change(
        "reconcile_portfolio",
        ("POST", "/v1/portfolios/{id}/reconciliations"),
        WRITES,
        "reconciliation.create",
    )
    .or_shared_to(Trade),
    get(
        "list_reconciliations",
        "/v1/portfolios/{id}/reconciliations",
        READS,
    )
    .or_shared_to(Read),
    get(
        "get_reconciliation",
        "/v1/portfolios/{id}/reconciliations/{reconciliation_id}",
        READS,
    )
    .or_shared_to(Read),
    get("list_shares", "/v1/portfolios/{id}/shares", READS),
    change(
        "share_portfolio",
        ("POST", "/v1/portfolios/{id}/shares"),
        WRITES,
        "share.grant",
    ),
    change(
        "withdraw_share",
        ("DELETE", "/v1/portfolios/{id}/shares/{user_id}"),
        WRITES,
        "share.withdraw",
    ),
    //
    change(
        "create_security",
        ("POST", "/v1/securities"),
        WRITES,
        "security.create",
    ),
    get("list_securities", "/v1/securities", READS).read_ahead(),
    get("get_security", "/v1/securities/{id}", READS).read_ahead(),
    //
    change("create_pack", ("POST", "/v1/packs"), PRICES, "pack.create"),
    get("list_packs", "/v1/packs", READS).read_ahead(),
    get("get_latest_pack", "/v1/packs/latest", READS).read_ahead(),
    get("get_pack", "/v1/packs/{id}", READS).read_ahead(),
    get("list_prices", "/v1/packs/{id}/prices", READS),
    change(
        "load_prices",
        ("POST", "/v1/packs/{id}/prices"),
        PRICES,
        "pack.load_prices",
    ),
    get("list_fx_rates", "/v1/packs/{id}/fx-rates", READS),
    get("list_pack_steps", "/v1/packs/{id}/steps", READS),
    change(
        "load_fx_rates",
        ("POST", "/v1/packs/{id}/fx-rates"),
        PRICES,
        "pack.load_fx_rates",
    ),
    change(
        "mark_pack_fresh",
        ("POST", "/v1/packs/{id}/fresh"),
        PRICES,
        "pack.fresh",
    ),
    change(
        "mark_pack_failed",
        ("POST", "/v1/packs/{id}/error"),
        PRICES,
        "pack.error",
    ),
    change(
        "restate_pack",
        ("POST", "/v1/packs/{id}/restate"),
        PRICES,
        "pack.restate",
    ),
    get("verify_pack", "/v1/packs/{id}/verify", READS),
    get("get_proof", "/v1/packs/{id}/proofs/{symbol}", READS),
    get("export_pack", "/v1/packs/{id}/export", READS),
    get("diff_packs", "/v1/packs/{id}/diff/{other}", READS).or_shared_to(Read),
    //
    change("put_thread", ("PUT", "/v1/threads"), WRITES, "thread.put"),
    get("list_threads", "/v1/threads", READS),
    get("get_thread", "/v1/threads/{id}", READS),
    get("stream_thread_events", "/v1/threads/{id}/events", READS),
    work(
        "post_message",
        ("POST", "/v1/threads/{id}/messages"),
        WRITES,
    ),
    get("list_messages", "/v1/threads/{id}/messages", READS),
    get("search_messages", "/v1/messages", READS),
    get("get_message", "/v1/messages/{id}", READS),
    change(
        "delete_message",
        ("DELETE", "/v1/messages/{id}"),
        WRITES,
        "message.delete",
    ),
    work(
        "attach_artifact",
        ("POST", "/v1/messages/{id}/artifacts"),
        WRITES,
    ),
    get("list_artifacts", "/v1/messages/{id}/artifacts", READS),
    get("get_artifact", "/v1/artifacts/{id}", READS),
    work("update_artifact", ("PUT", "/v1/artifacts/{id}"), WRITES),
    get(
        "list_artifact_revisions",
        "/v1/artifacts/{id}/revisions",
        READS,
    ),
    //
    change(
        "receive_signal",
        ("POST", "/v1/signals"),
        Who::Signer,
        "signal.receive",
    ),
    //
    work("enqueue_jobs", ("POST", "/v1/jobs"), WRITES),
    get("list_jobs", "/v1/jobs", READS),
    get("get_job", "/v1/jobs/{id}", READS),
    get("get_job_history", "/v1/jobs/{id}/events", READS),
    change(
        "cancel_job",
        ("POST", "/v1/jobs/{id}/cancel"),
        WRITES,
        "job.cancel",
    ),
    change(
        "cancel_jobs_of_thread",
        ("POST", "/v1/threads/{id}/jobs/cancel"),
        WRITES,
        "thread.cancel_jobs",
    ),
    change(
        "redrive_job",
        ("POST", "/v1/jobs/{id}/redrive"),
        WRITES,
        "job.redrive",
    ),
    get("list_paused_modes", "/v1/job-modes", READS),
    change(
        "pause_mode",
        ("POST", "/v1/job-modes/{mode}/pause"),
        WRITES,
        "job_mode.pause",
    ),
    change(
        "resume_mode",
        ("POST", "/v1/job-modes/{mode}/resume"),
        WRITES,
        "job_mode.resume",
    ),
    work("claim_jobs", ("POST", "/v1/jobs/claim"), WORKS),
    work("complete_jobs", ("POST", "/v1/jobs/complete"), WORKS),
    work("extend_lease", ("POST", "/v1/jobs/{id}/heartbeat"), WORKS),
    work("complete_job", ("POST", "/v1/jobs/{id}/complete"), WORKS),
    work("fail_job", ("POST", "/v1/jobs/{id}/fail"), WORKS),
    work("park_job", ("POST", "/v1/jobs/{id}/park"), WORKS),
    change(
        "create_schedule",
        ("POST", "/v1/schedules"),
        WRITES,
        "schedule.create",
    ),
    get("list_schedules", "/v1/schedules", READS),
    get("get_schedule", "/v1/schedules/{id}", READS),
    change(
        "update_schedule",
        ("PATCH", "/v1/schedules/{id}"),
        WRITES,
        "schedule.update",
    ),
    change(
        "delete_schedule",
        ("DELETE", "/v1/schedules/{id}"),
        WRITES,
        "schedule.delete",
    ),
    work("propose_action", ("POST", "/v1/jobs/{id}/approvals"), WORKS),
    get("list_approvals", "/v1/approvals", READS),
    get("list_shared_approvals", "/v1/shared-approvals", READS),
    get("get_approval", "/v1/approvals/{id}", READS),
    change(
        "vote_on_approval",
        ("POST", "/v1/approvals/{id}/votes"),
        VOTERS,
        "approval.vote",
    ),
    work(
        "consume_approval",
        ("POST", "/v1/approvals/{id}/consume"),
        WORKS,
    ),
    change(
        "cancel_approval",
        ("POST", "/v1/approvals/{id}/cancel"),
        WRITES,
        "approval.cancel",
    ),
    //
    work("log_token_usage", ("POST", "/v1/tokens"), TOKENS),
    get("list_token_usage", "/v1/tokens", READS),
    get("get_daily_token_usage", "/v1/tokens/daily", READS),
    get("get_token_stats", "/v1/tokens/stats", READS),
    change(
        "set_token_budget",
        ("PUT", "/v1/tokens/budgets"),
        TOKENS,
        "token_budget.set",
    ),
    get("list_token_budgets", "/v1/tokens/budgets", READS),
    get("get_token_budget", "/v1/tokens/budgets/{id}", READS),
    change(
        "delete_token_budget",
        ("DELETE", "/v1/tokens/budgets/{id}"),
        TOKENS,
        "token_budget.delete",
    ),
    work(
        "reserve_tokens",
        ("POST", "/v1/tokens/reservations"),
        TOKENS,
    ),
    get("list_token_reservations", "/v1/tokens/reservations", READS),
    get(
        "get_token_reservation",
        "/v1/tokens/reservations/{id}",
        READS,
    ),
    work(
        "settle_token_reservation",
        ("POST", "/v1/tokens/reservations/{id}/settle"),
        TOKENS,
    ),
    work(
        "release_token_reservation",
        ("POST", "/v1/tokens/reservations/{id}/release"),
        TOKENS,
    ),
    //
    change(
        "create_deployment",
        ("POST", "/v1/deployments"),
        DEPLOYS,
        "deployment.create",
    ),
    get("list_deployments", "/v1/deployments", READS),
    get("get_latest_deployment", "/v1/deployments/latest", READS),
    get("get_deployment", "/v1/deployments/{id}", READS),
    change(
        "update_deployment",
        ("PATCH", "/v1/deployments/{id}"),
        DEPLOYS,
        "deployment.update",
    ),
    //
    get("list_patterns", "/v1/patterns", READS),
    get("get_pattern", "/v1/patterns/{id}", READS),
    change(
        "execute_pattern",
        ("POST", "/v1/execute"),
        WRITES,
        "execution.create",
    )
    .or_shared_to(Read),
    get("list_executions", "/v1/executions", READS),
    get("get_execution", "/v1/executions/{id}", READS),
    change(
        "replay_execution",
        ("POST", "/v1/executions/{id}/replay"),
        WRITES,
        "execution.replay",
    ),
];

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
