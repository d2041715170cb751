//! Every kind of problem: its stable code, its usual status and its title.

/// A kind of problem. The code never changes once it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub code: &'static str,
    pub status: u16,
    pub title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        $(pub const $name: Kind = Kind { code: $code, status: $status, title: $title };)+

        /// All of them, for whoever asks what a code means.
        pub const ALL: &[Kind] = &[$($name),+];
    };
}

kinds! {
    BODY_INVALID = "body_invalid", 400, "The body is malformed";
    PARAMETER_INVALID = "parameter_invalid", 400, "A parameter is malformed or unknown";
    HEADER_INVALID = "header_invalid", 400, "A header is malformed";
    CURSOR_INVALID = "cursor_invalid", 400, "The cursor is not one of this list";
    REQUEST_INVALID = "request_invalid", 400, "The request is malformed";
    CREDENTIALS_MISSING = "credentials_missing", 401, "The request says not who asks";
    CREDENTIALS_INVALID = "credentials_invalid", 401, "The credentials are not valid";
    TOKEN_EXPIRED = "token_expired", 401, "The token has expired";
    LOGIN_FAILED = "login_failed", 401, "The login failed";
    REFRESH_REFUSED = "refresh_refused", 401, "The session does not go on";
    PERMISSION_DENIED = "permission_denied", 403, "The caller may not do this";
    SIGNATURE_MISSING = "signature_missing", 401, "The request is not signed by a known producer";
    SIGNATURE_INVALID = "signature_invalid", 401, "The request is not signed by a known producer";
    SIGNATURE_EXPIRED = "signature_expired", 401, "The request is not signed by a known producer";
    PRODUCER_REFUSED = "producer_refused", 403, "The producer's user takes no signals";
    ORIGIN_REFUSED = "origin_refused", 403, "The request comes from another site";
    ROUTE_NOT_FOUND = "route_not_found", 404, "There is nothing at this path";
    PORTFOLIO_NOT_FOUND = "portfolio_not_found", 404, "There is no such portfolio";
    SECURITY_NOT_FOUND = "security_not_found", 404, "There is no such security";
    USER_NOT_FOUND = "user_not_found", 404, "There is no such user";
    TOKEN_NOT_FOUND = "api_token_not_found", 404, "There is no such token";
    SHARE_NOT_FOUND = "share_not_found", 404, "There is no such share";
    IMPORT_NOT_FOUND = "import_not_found", 404, "There is no such import";
    RECONCILIATION_NOT_FOUND = "reconciliation_not_found", 404, "There is no such reconciliation";
    TRANSACTION_NOT_FOUND = "transaction_not_found", 404, "There is no such transaction";
    PACK_NOT_FOUND = "pricing_pack_not_found", 404, "There is no such pricing pack";
    PRICE_NOT_FOUND = "price_not_found", 404, "The pricing pack has no such price";
    PATTERN_NOT_FOUND = "pattern_not_found", 404, "There is no such pattern";
    EXECUTION_NOT_FOUND = "execution_not_found", 404, "There is no such execution";
    THREAD_NOT_FOUND = "thread_not_found", 404, "There is no such thread";
    MESSAGE_NOT_FOUND = "message_not_found", 404, "There is no such message";
    ARTIFACT_NOT_FOUND = "artifact_not_found", 404, "There is no such artifact";
    JOB_NOT_FOUND = "job_not_found", 404, "There is no such job";
    APPROVAL_NOT_FOUND = "approval_not_found", 404, "There is no such approval";
    SCHEDULE_NOT_FOUND = "schedule_not_found", 404, "There is no such schedule";
    BUDGET_NOT_FOUND = "token_budget_not_found", 404, "There is no such budget";
    RESERVATION_NOT_FOUND = "token_reservation_not_found", 404, "There is no such reservation";
    DEPLOYMENT_NOT_FOUND = "deployment_not_found", 404, "There is no such deployment";
    PROBLEM_NOT_FOUND = "problem_not_found", 404, "There is no such kind of problem";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "The path does not take this method";
    BODY_TIMEOUT = "body_timeout", 408, "The body came too slowly";
    OWN_PROPOSAL = "own_proposal", 403, "Who proposes does not decide";
    CONFLICT = "conflict", 409, "The request came too late";
    APPROVAL_PENDING = "approval_pending", 409, "The approval is not decided yet";
    APPROVAL_RESOLVED = "approval_resolved", 409, "The approval is decided already";
    APPROVAL_EXPIRED = "approval_expired", 409, "The approval's time is over";
    APPROVAL_CONSUMED = "approval_consumed", 409, "The approval is used up";
    ACTION_CHANGED = "action_changed", 409, "The action is not the approved one";
    ALREADY_VOTED = "already_voted", 409, "Each person has one vote";
    NAME_TAKEN = "name_taken", 409, "The name is in use";
    EMAIL_TAKEN = "email_taken", 409, "The address is in use";
    LOGIN_OVERTAKEN = "login_overtaken", 409, "The account was changed meanwhile";
    USER_DISABLED = "user_disabled", 409, "The user is disabled";
    LAST_ADMIN = "last_admin", 409, "Somebody must administer the service";
    SYMBOL_TAKEN = "symbol_taken", 409, "The symbol is in use";
    PORTFOLIO_HAS_TRANSACTIONS = "portfolio_has_transactions", 409, "The portfolio is in use";
    FOLLOWS_LEDGER = "portfolio_follows_ledger", 409, "The portfolio follows a ledger";
    IS_RECORDED = "portfolio_is_recorded", 409, "The portfolio's transactions are recorded here";
    TRANSACTION_VOIDED = "transaction_voided", 409, "The transaction is voided already";
    EXTERNAL_ID_TAKEN = "external_id_taken", 409, "The external id is taken";
    LEDGER_CHANGED = "ledger_changed", 409, "The ledger contradicts what was imported from it";
    PACK_EXISTS = "pricing_pack_exists", 409, "The pricing pack is there already";
    PACK_NOT_WARMING = "pricing_pack_not_warming", 409, "The pricing pack is frozen";
    PACK_STILL_WARMING = "pricing_pack_still_warming", 409, "The pricing pack is not frozen yet";
    PACK_SUPERSEDED = "pricing_pack_superseded", 409, "Another pricing pack is in its place";
    PACK_RESTATED = "pricing_pack_restatement_warming", 409, "A restatement is under way";
    SCHEDULE_EXISTS = "schedule_exists", 409, "There is a schedule of this name";
    THREAD_BUSY = "thread_busy", 409, "The thread has work that has not ended";
    LEASE_LOST = "lease_lost", 409, "The job does not run under this lease any more";
    JOB_STATUS = "job_status", 409, "The job's status does not allow that";
    SIGNAL_REPLAYED = "signal_replayed", 409, "The signal was received before";
    REQUEST_ID_TAKEN = "request_id_taken", 409, "The request was counted with another content";
    BUDGET_EXCEEDED = "budget_exceeded", 409, "The budget has not enough left";
    RESERVATION_CLOSED = "token_reservation_closed", 409, "The reservation is closed";
    DEPLOYMENT_PATH = "deployment_path", 409, "The deployment cannot take this step";
    IN_FLIGHT = "idempotency_in_flight", 409, "The first request with this key is not answered yet";
    PRECONDITION_FAILED = "precondition_failed", 412, "The resource has changed";
    BODY_TOO_LARGE = "body_too_large", 413, "The body is too large";
    MEDIA_TYPE = "media_type_unsupported", 415, "The body's media type is not taken here";
    MISDIRECTED = "host_refused", 421, "The request names another host";
    VALIDATION_FAILED = "validation_failed", 422, "A value breaks a rule";
    NOT_BOOKABLE = "not_bookable", 422, "The lots do not allow the transaction";
    LEDGER_INVALID = "ledger_invalid", 422, "The ledger has faults";
    ROWS_INVALID = "rows_invalid", 422, "Rows of the body have faults";
    PACK_EMPTY = "pricing_pack_empty", 422, "The pricing pack is empty";
    PACK_MIXED = "pricing_pack_mixed_adjustments", 422, "The pricing pack mixes kinds of prices";
    INPUTS_INVALID = "pattern_inputs_invalid", 422, "The pattern's inputs are not valid";
    OVERFLOW = "number_too_large", 422, "A figure has too many digits";
    STATS_TOO_LARGE = "token_stats_too_large", 422, "The answer would be too large";
    KEY_REUSED = "idempotency_key_reused", 422, "The key was used for another request";
    LOGIN_LOCKED = "login_locked", 429, "Too many logins have failed";
    TOO_MANY_STREAMS = "too_many_streams", 429, "Too many streams are open";
    RATE_LIMITED = "rate_limited", 429, "Too many requests";
    HEADERS_TOO_LARGE = "headers_too_large", 431, "The headers are too large";
    INTERNAL = "internal_error", 500, "The program failed";
    UNAVAILABLE = "database_unavailable", 503, "The database is not available";
    REQUEST_TIMEOUT = "request_timeout", 503, "The request took too long";
    OVERLOADED = "overloaded", 503, "More is asked of the service than it can do";
    CONTENDED = "contended", 503, "Other requests came in the way";
    STATEMENT_TIMEOUT = "statement_timeout", 503, "The database took too long";
    OUTCOME_UNKNOWN = "outcome_unknown", 503, "It is not known whether this was done";
    STORAGE_FULL = "storage_full", 507, "There is no room left";
    READ_ONLY = "read_only", 503, "The database takes no writes now";
    PACK_WARMING = "pricing_pack_warming", 503, "The pricing pack is still warming";
    PACK_FAILED = "pricing_pack_error", 503, "The pricing pack failed";
}
