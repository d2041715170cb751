//! Which problem each crate's error is.

use actix_web::http::StatusCode;
use books::{booking::Unbookable, statements::RowFault};
use entity::values::{Amount, PackStatus};
use identity::shares;
use pricing::RowError;
use workflow::tokens::reservations::Reached;

use super::{BudgetAtFault, FieldError, PackAtFault, Problem, kinds};

impl From<db::Error> for Problem {
    fn from(error: db::Error) -> Self {
        let (kind, advice) = match error {
            db::Error::Unavailable(_) => (
                kinds::UNAVAILABLE,
                "the database does not answer; try again",
            ),
            db::Error::Locked(_) => (
                kinds::UNAVAILABLE,
                "the database is busy with another program's work; try again",
            ),
            db::Error::Overloaded(_) => (
                kinds::OVERLOADED,
                "no database connection became free in time; try again later",
            ),
            db::Error::Contended(_) => (
                kinds::CONTENDED,
                "other requests changed the same rows at the same time; try again",
            ),
            db::Error::TimedOut(_) => (
                kinds::STATEMENT_TIMEOUT,
                "the database did not answer within its time limit; ask for less, or try again later",
            ),
            db::Error::OutcomeUnknown(_) => (
                kinds::OUTCOME_UNKNOWN,
                "the database was lost while it kept this; look whether it was done, or send it with \
                 an Idempotency-Key, with which it is done once however often it is sent",
            ),
            db::Error::StorageFull(_) => (
                kinds::STORAGE_FULL,
                "the database has no room left; nothing was changed, and reads go on",
            ),
            db::Error::ReadOnly(_) => (
                kinds::READ_ONLY,
                "the database takes no writes at the moment; reads go on",
            ),
            // Each service names the conflicts that it knows; what is left came from a race.
            db::Error::Duplicate(_) | db::Error::Referenced(_) | db::Error::Refused(_) => {
                let advice = "what the request is about was changed meanwhile; read it again";
                return Self::new(kinds::CONFLICT, advice).caused_by(error);
            }
            db::Error::Row { source, .. } => return Self::from(*source),
            db::Error::Unfinished(_) | db::Error::Other(_) => return Self::internal(error),
        };
        Self::new(kind, advice).retry_later().caused_by(error)
    }
}

impl From<identity::Error> for Problem {
    fn from(error: identity::Error) -> Self {
        use identity::Error;

        let detail = error.to_string();
        match error {
            Error::UserNotFound { .. } => Self::new(kinds::USER_NOT_FOUND, detail),
            Error::EmailTaken { .. } => Self::new(kinds::EMAIL_TAKEN, detail),
            Error::UserDisabled { .. } => Self::new(kinds::USER_DISABLED, detail),
            Error::LastAdmin { .. } => Self::new(kinds::LAST_ADMIN, detail),
            Error::LoginOvertaken => Self::new(kinds::LOGIN_OVERTAKEN, detail),
            Error::TokenNotFound { .. } => Self::new(kinds::TOKEN_NOT_FOUND, detail),
            Error::PortfolioNotFound { .. } => Self::new(kinds::PORTFOLIO_NOT_FOUND, detail),
            Error::Invalid { field, detail } => Self::invalid(field, detail),
            Error::WeakPassword(weak) => Self::invalid("/password", weak.to_string()),
            Error::Overloaded => Self::new(kinds::OVERLOADED, detail).retry_later(),
            Error::Database(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<shares::Error> for Problem {
    fn from(error: shares::Error) -> Self {
        use shares::Error;

        let detail = error.to_string();
        match error {
            Error::NoSuchUser { .. } => Self::new(kinds::USER_NOT_FOUND, detail),
            Error::OwnPortfolio => Self::invalid("/email", detail),
            Error::NotShared => Self::new(kinds::SHARE_NOT_FOUND, detail),
            Error::NotPermitted { .. } => Self::new(kinds::PERMISSION_DENIED, detail),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<books::Error> for Problem {
    fn from(error: books::Error) -> Self {
        use books::Error;

        let detail = error.to_string();
        match error {
            Error::PortfolioNotFound { .. } => Self::new(kinds::PORTFOLIO_NOT_FOUND, detail),
            Error::SecurityNotFound { .. } => Self::new(kinds::SECURITY_NOT_FOUND, detail),
            Error::ImportNotFound { .. } => Self::new(kinds::IMPORT_NOT_FOUND, detail),
            Error::NameTaken { .. } => Self::new(kinds::NAME_TAKEN, detail),
            Error::SymbolTaken { .. } => Self::new(kinds::SYMBOL_TAKEN, detail),
            Error::Invalid { field, detail } => Self::invalid(field, detail),
            Error::Changed => Self::new(kinds::PRECONDITION_FAILED, detail),
            Error::HasTransactions { .. } => Self::new(kinds::PORTFOLIO_HAS_TRANSACTIONS, detail),
            Error::LedgerChanged { .. } => Self::new(kinds::LEDGER_CHANGED, detail),
            Error::TransactionNotFound { .. } => Self::new(kinds::TRANSACTION_NOT_FOUND, detail),
            Error::AlreadyVoided { .. } => Self::new(kinds::TRANSACTION_VOIDED, detail),
            Error::FollowsLedger { .. } | Error::LedgerNamesLots { .. } => {
                Self::new(kinds::FOLLOWS_LEDGER, detail)
            }
            Error::IsRecorded { .. } => Self::new(kinds::IS_RECORDED, detail),
            Error::ExternalIdTaken => Self::new(kinds::EXTERNAL_ID_TAKEN, detail),
            Error::InvalidTransaction { at, field, detail } => Self::new(
                kinds::VALIDATION_FAILED,
                format!("transaction {at}: {field} {detail}"),
            )
            .at_pointer(format!("/{at}/{field}"), detail),
            Error::Unbookable(unbookable) => not_bookable(&unbookable),
            Error::UnbookableIn { .. } => Self::new(kinds::NOT_BOOKABLE, detail),
            Error::ReachesOther { .. } => Self::new(kinds::PERMISSION_DENIED, detail),
            Error::StatementFile(_) => Self::new(kinds::ROWS_INVALID, detail),
            Error::StatementRows(faults) => statement_faults(&faults),
            Error::Terms(_)
            | Error::FormerRules(_)
            | Error::Inconsistent
            | Error::NotWritten(_) => Self::internal(error),
            Error::Ledger(faults) => (&faults).into(),
            Error::Overflow => Self::new(kinds::OVERFLOW, detail),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<pricing::Error> for Problem {
    fn from(error: pricing::Error) -> Self {
        use pricing::Error;

        let detail = error.to_string();
        match error {
            Error::PackNotFound { .. } | Error::NoPack { .. } => {
                Self::new(kinds::PACK_NOT_FOUND, detail)
            }
            Error::NotWarming { .. } => Self::new(kinds::PACK_NOT_WARMING, detail),
            Error::StillWarming { .. } | Error::NotFrozen { .. } => {
                Self::new(kinds::PACK_STILL_WARMING, detail)
            }
            Error::NotCurrent { .. } => Self::new(kinds::PACK_SUPERSEDED, detail),
            Error::RestatementWarming { .. } => Self::new(kinds::PACK_RESTATED, detail),
            Error::PackExists { .. } => Self::new(kinds::PACK_EXISTS, detail),
            Error::Empty { .. } => Self::new(kinds::PACK_EMPTY, detail),
            Error::MixedAdjustments { .. } => Self::new(kinds::PACK_MIXED, detail),
            Error::BadRows(rows) => bad_rows(&rows),
            Error::SymbolNotInPack { .. } => Self::new(kinds::PRICE_NOT_FOUND, detail),
            Error::Invalid { field, detail } => Self::invalid(field, detail),
            Error::Database(error) => error.into(),
            Error::Io(error) | Error::Scratch(error) => Self::internal(error),
            // No request sends one, and none builds a pack from sources.
            other @ (Error::NotAnExport(_)
            | Error::StepTakenOver { .. }
            | Error::OtherContent { .. }) => Self::internal(other),
        }
    }
}

impl From<workflow::Error> for Problem {
    fn from(error: workflow::Error) -> Self {
        use workflow::Error;

        let detail = error.to_string();
        match error {
            Error::ThreadNotFound { .. } => Self::new(kinds::THREAD_NOT_FOUND, detail),
            Error::MessageNotFound { .. } => Self::new(kinds::MESSAGE_NOT_FOUND, detail),
            Error::ArtifactNotFound { .. } => Self::new(kinds::ARTIFACT_NOT_FOUND, detail),
            Error::Invalid { field, detail } => Self::invalid(field, detail),
            Error::Unsearchable(detail) => Self::parameter("q", detail),
            Error::Database(error) => error.into(),
            Error::JobNotFound { .. } => Self::new(kinds::JOB_NOT_FOUND, detail),
            Error::ScheduleNotFound { .. } => Self::new(kinds::SCHEDULE_NOT_FOUND, detail),
            Error::ScheduleExists { .. } => Self::new(kinds::SCHEDULE_EXISTS, detail),
            Error::ThreadBusy { .. } => Self::new(kinds::THREAD_BUSY, detail),
            Error::LeaseLost { .. } => Self::new(kinds::LEASE_LOST, detail),
            Error::NotAllowed { .. } | Error::NothingPending { .. } => {
                Self::new(kinds::JOB_STATUS, detail)
            }
            Error::Interfered => Self::new(kinds::CONTENDED, detail),
            Error::ApprovalNotFound { .. } => Self::new(kinds::APPROVAL_NOT_FOUND, detail),
            Error::ApprovalResolved { .. } => Self::new(kinds::APPROVAL_RESOLVED, detail),
            Error::ApprovalPending { .. } => Self::new(kinds::APPROVAL_PENDING, detail),
            Error::ApprovalExpired { .. } => Self::new(kinds::APPROVAL_EXPIRED, detail),
            Error::ApprovalConsumed { .. } => Self::new(kinds::APPROVAL_CONSUMED, detail),
            Error::ActionChanged { .. } => Self::new(kinds::ACTION_CHANGED, detail),
            Error::OwnProposal { .. } => Self::new(kinds::OWN_PROPOSAL, detail),
            Error::AlreadyVoted { .. } => Self::new(kinds::ALREADY_VOTED, detail),
            Error::InvalidUsage {
                at,
                field,
                detail: fault,
            } => Self::new(kinds::VALIDATION_FAILED, detail)
                .at_pointer(format!("/{at}{field}"), fault),
            Error::UsageDiffers { .. } => Self::new(kinds::REQUEST_ID_TAKEN, detail),
            Error::BudgetNotFound { .. } => Self::new(kinds::BUDGET_NOT_FOUND, detail),
            Error::BudgetExceeded { reached, asked } => {
                Self::new(kinds::BUDGET_EXCEEDED, detail).about_budget(at_fault(*reached, asked))
            }
            Error::ReservationNotFound { .. } => Self::new(kinds::RESERVATION_NOT_FOUND, detail),
            Error::ReservationClosed { .. } => Self::new(kinds::RESERVATION_CLOSED, detail),
            Error::InvalidRange { .. } => Self::unfit_parameter("until", detail),
            Error::TooManyGroups { .. } => Self::new(kinds::STATS_TOO_LARGE, detail),
            Error::DeploymentNotFound { .. } | Error::NoDeployment => {
                Self::new(kinds::DEPLOYMENT_NOT_FOUND, detail)
            }
            Error::DeploymentPath { .. } => Self::new(kinds::DEPLOYMENT_PATH, detail),
            Error::Changed => Self::new(kinds::PRECONDITION_FAILED, detail),
            Error::Overflow => Self::new(kinds::OVERFLOW, detail),
            // No request names one by its id.
            other @ (Error::UsageNotFound { .. } | Error::UsageLost) => Self::internal(other),
        }
    }
}

fn at_fault(reached: Reached, asked: Amount) -> BudgetAtFault {
    BudgetAtFault {
        id: reached.budget.id,
        scope: reached.budget.scope,
        period: reached.budget.period,
        unit: reached.budget.unit,
        limit: reached.budget.hard_limit,
        used: reached.standing.used,
        reserved: reached.standing.reserved,
        asked,
    }
}

fn not_bookable(unbookable: &Unbookable) -> Problem {
    let problem = Problem::new(kinds::NOT_BOOKABLE, unbookable.to_string());
    match (unbookable.at, unbookable.event) {
        (Some(at), _) => problem.at_pointer(format!("/{at}"), unbookable.fault.to_string()),
        (None, Some((id, _))) => {
            problem.at_pointer(format!("/transactions/{id}"), unbookable.fault.to_string())
        }
        (None, None) => problem,
    }
}

fn statement_faults(faults: &[RowFault]) -> Problem {
    let detail = "nothing was imported, since rows have faults; see errors";
    let problem = Problem::new(kinds::ROWS_INVALID, detail);
    faults.iter().fold(problem, |problem, fault| {
        let column = fault.column.as_deref();
        let column = column.map_or_else(String::new, |name| format!("/{name}"));
        problem.at_pointer(
            format!("/line/{}{column}", fault.line),
            fault.detail.clone(),
        )
    })
}

fn bad_rows(rows: &[RowError]) -> Problem {
    let detail = "nothing was loaded, since rows have faults; see errors";
    let problem = Problem::new(kinds::ROWS_INVALID, detail);
    rows.iter().fold(problem, |problem, row| {
        problem.at_pointer(format!("/line/{}", row.line), row.detail.clone())
    })
}

impl From<performance::Error> for Problem {
    fn from(error: performance::Error) -> Self {
        use performance::Error;

        match error {
            Error::Overflow { .. } => Self::new(kinds::OVERFLOW, error.to_string()),
            Error::ReconciliationNotFound { .. } => {
                Self::new(kinds::RECONCILIATION_NOT_FOUND, error.to_string())
            }
            Error::Json(error) => Self::internal(error),
            Error::Books(error) => error.into(),
            Error::Pricing(error) => error.into(),
            Error::Database(error) => error.into(),
        }
    }
}

impl From<patterns::Error> for Problem {
    fn from(error: patterns::Error) -> Self {
        use patterns::Error;

        let detail = error.to_string();
        match error {
            Error::PatternNotFound { .. } => Self::new(kinds::PATTERN_NOT_FOUND, detail),
            Error::InputsInvalid { errors, .. } => {
                let problem = Self::new(kinds::INPUTS_INVALID, detail);
                errors.into_iter().fold(problem, |p, fault| {
                    p.at_pointer(fault.pointer, fault.detail)
                })
            }
            Error::PortfolioNotFound { .. } => Self::new(kinds::PORTFOLIO_NOT_FOUND, detail),
            Error::SecurityNotFound { .. } => Self::new(kinds::SECURITY_NOT_FOUND, detail),
            Error::ExecutionNotFound { .. } => Self::new(kinds::EXECUTION_NOT_FOUND, detail),
            Error::PackNotFound { .. } => Self::new(kinds::PACK_NOT_FOUND, detail)
                .with_status(StatusCode::SERVICE_UNAVAILABLE),
            Error::PackWarming {
                pack_id: id,
                status,
                prewarm_done,
            } => {
                let pack = PackAtFault {
                    id,
                    status,
                    prewarm_done: Some(prewarm_done),
                };
                Self::new(kinds::PACK_WARMING, detail)
                    .about_pack(pack)
                    .retry_later()
            }
            Error::PackFailed { pack_id: id, .. } => {
                let pack = PackAtFault {
                    id,
                    status: PackStatus::Error,
                    prewarm_done: None,
                };
                Self::new(kinds::PACK_FAILED, detail).about_pack(pack)
            }
            Error::Overflow => Self::new(kinds::OVERFLOW, detail),
            Error::Json(error) => Self::internal(error),
            Error::Performance(error) => error.into(),
            Error::Books(error) => error.into(),
            Error::Pricing(error) => error.into(),
            Error::Database(error) => error.into(),
        }
    }
}

/// How many faults of a ledger one answer names.
const MOST_FAULTS: usize = 50;

impl From<&ledger::Diagnostics> for Problem {
    fn from(faults: &ledger::Diagnostics) -> Self {
        let detail = match faults.len() {
            1 => "nothing was written, since the ledger has a fault".to_owned(),
            n => format!("nothing was written, since the ledger has {n} faults"),
        };
        let errors = faults.first(MOST_FAULTS).iter().map(field_error).collect();
        Self::new(kinds::LEDGER_INVALID, detail).with_errors(errors)
    }
}

fn field_error(fault: &ledger::Diagnostic) -> FieldError {
    let pointer = (fault.line > 0).then(|| format!("/line/{}", fault.line));
    FieldError {
        pointer,
        parameter: None,
        detail: fault.to_string(),
    }
}
