//! Before every handler: who asks, and whether they may.
//!
//! What is not in the table of [`access`] is not served. A refusal is written into the audit log in a
//! transaction of its own.

use std::sync::Arc;

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, USER_AGENT},
    middleware::Next,
    web::Data,
};
use entity::values::{UserId, UserRole};
use futures_util::future::join;
use identity::{
    Actor, Ctx, Origin, Scope,
    audit::{self, Entry},
};
use uuid::Uuid;

use crate::{
    AppState,
    access::{self, By, Operation, Who},
    context::RequestId,
    edge::client_address::ClientAddress,
    principal::{Principal, Shown},
    problem::{Problem, kinds},
};

/// What the guard has found out of a request, for the handler.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub operation: &'static Operation,
    /// `None` where anyone may ask.
    pub principal: Option<Principal>,
    pub origin: Origin,
}

impl Admitted {
    pub fn actor(&self) -> Actor {
        let known = self.principal.as_ref();
        known.map_or_else(Actor::anonymous, |principal| principal.actor)
    }

    /// Nobody's books, where anyone may ask.
    pub fn scope(&self) -> UserId {
        let known = self.principal.as_ref();
        known.map_or(UserId::NOBODY, |principal| principal.user_id)
    }
}

/// Lets a request through to its handler, or refuses it.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(operation) = operation_of(&request) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let anybody = Admitted {
        operation,
        principal: None,
        origin: origin_of(&request),
    };
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return Ok(refused(request, Problem::internal(Unguarded)));
    };
    let Some(least) = least(&state, operation) else {
        return let_in(request, anybody, next).await;
    };
    if let Err(problem) = state.require_ready() {
        return Ok(refused(request, problem));
    }
    let judged = match Shown::read(&state, request.headers()) {
        Ok(shown) if operation.is_read_ahead => {
            return read_ahead(&state, request, (anybody, shown, least), next).await;
        }
        Ok(shown) => judge(&state, anybody, shown, least).await,
        Err(problem) => Err(without_credentials(&state, anybody, problem)),
    };
    match judged {
        Ok(admitted) => let_in(request, admitted, next).await,
        Err(refusal) => {
            let id = request_id(request.request());
            let about = id_in_path(operation, request.match_info().as_str());
            let problem = refusal.write_down(&state, id, about).await;
            Ok(refused(request, problem))
        }
    }
}

/// The router undoes the escapes of a path before it compares, and so must the guard: else `/%6detrics`
/// would be served without having been asked about.
fn operation_of(request: &ServiceRequest) -> Option<&'static Operation> {
    let path = request.match_info().as_str();
    let pattern = request.resource_map().match_pattern(path)?;
    access::operation(request.method(), &pattern)
}

/// Reads what all share while it is found out who asks, and keeps the answer back until that is known.
/// The handler works for nobody, so that nobody's rows are there for it.
async fn read_ahead<B: MessageBody + 'static>(
    state: &AppState,
    request: ServiceRequest,
    (anybody, shown, least): (Admitted, Shown, (UserRole, By)),
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let id = request_id(request.request());
    let judgement = judge(state, anybody.clone(), shown, least);
    let (judged, answer) = join(judgement, let_in(request, anybody, next)).await;
    let Err(refusal) = judged else {
        return answer;
    };
    let about = answer.as_ref().ok().and_then(|answer| {
        id_in_path(
            refusal.admitted.operation,
            answer.request().match_info().as_str(),
        )
    });
    let problem = refusal.write_down(state, id, about).await;
    // What the handler failed with is kept back as its answer is.
    let Ok(answer) = answer else {
        return Err(problem.into());
    };
    let (request, _) = answer.into_parts();
    let refused = HttpResponse::from_error(problem);
    Ok(ServiceResponse::new(request, refused).map_into_right_body())
}

async fn let_in<B: MessageBody + 'static>(
    request: ServiceRequest,
    admitted: Admitted,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    request.extensions_mut().insert(admitted);
    Ok(next.call(request).await?.map_into_left_body())
}

fn refused<B>(request: ServiceRequest, problem: Problem) -> ServiceResponse<EitherBody<B>> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, HttpResponse::from_error(problem)).map_into_right_body()
}

/// What a user must be and show; `None` where anyone may ask.
fn least(state: &AppState, operation: &Operation) -> Option<(UserRole, By)> {
    match operation.who {
        Who::Anyone | Who::Signer => None,
        Who::Scraper if state.config.open_metrics => None,
        Who::Scraper => Some((UserRole::Admin, By::Token(Scope::Admin))),
        Who::Least(role, by) => Some((role, by)),
    }
}

/// Whether whoever shows this may do it.
async fn judge(
    state: &AppState,
    anybody: Admitted,
    shown: Shown,
    least: (UserRole, By),
) -> Result<Admitted, Refusal> {
    let principal = match shown.stand(state).await {
        Ok(principal) => principal,
        Err(problem) => return Err(without_credentials(state, anybody, problem)),
    };
    let mut buffer = Uuid::encode_buffer();
    let credential = principal.credential().encode_lower(&mut buffer);
    let counted = state.rate_limits.check_credential(credential);
    let permitted = permit(&principal, least);
    let admitted = Admitted {
        principal: Some(principal),
        ..anybody
    };
    match (counted, permitted) {
        (Ok(()), Ok(())) => Ok(admitted),
        (Err(problem), _) => Err(Refusal::unwritten(admitted, problem)),
        (Ok(()), Err(problem)) => Err(Refusal::written(admitted, problem)),
    }
}

/// Whoever guesses is told to wait at some point, and fills no log.
fn without_credentials(state: &AppState, anybody: Admitted, problem: Problem) -> Refusal {
    match check_refusal(state, &anybody.origin) {
        Ok(()) => Refusal::written(anybody, problem),
        Err(too_many) => Refusal::unwritten(anybody, too_many),
    }
}

/// Why a request is refused, and as far as it is known, whose it is.
struct Refusal {
    admitted: Admitted,
    problem: Problem,
    is_written: bool,
}

impl Refusal {
    fn written(admitted: Admitted, problem: Problem) -> Self {
        Self {
            is_written: !problem.status().is_server_error(),
            admitted,
            problem,
        }
    }

    fn unwritten(admitted: Admitted, problem: Problem) -> Self {
        Self {
            is_written: false,
            admitted,
            problem,
        }
    }

    /// Into the audit log. The answer does not depend on whether that succeeds.
    async fn write_down(
        self,
        state: &AppState,
        request_id: Arc<str>,
        about: Option<String>,
    ) -> Problem {
        if self.is_written {
            let operation = self.admitted.operation;
            let action = operation.action.unwrap_or(operation.id);
            let entry = Entry {
                resource_id: about,
                ..Entry::refused(action, operation.resource_type())
                    .with("code", self.problem.code())
            };
            write_refusal(state, &ctx(state, request_id, &self.admitted), entry).await;
        }
        self.problem
    }
}

/// Whether whoever asks might do this other operation too.
pub fn may(principal: Option<&Principal>, who: Who) -> bool {
    match (principal, who) {
        (Some(principal), Who::Least(role, by)) => permit(principal, (role, by)).is_ok(),
        _ => false,
    }
}

fn permit(principal: &Principal, (role, by): (UserRole, By)) -> Result<(), Problem> {
    let denied = |detail: String| Err(Problem::new(kinds::PERMISSION_DENIED, detail));
    if principal.role < role {
        return denied(format!(
            "this needs the role {role}, and yours is {}",
            principal.role
        ));
    }
    match (by, principal.scopes) {
        (By::SessionOnly, Some(_)) => {
            denied("this needs a session: log in, and use its access token".to_owned())
        }
        (By::Token(scope), Some(scopes)) if !scopes.allow(scope) => {
            denied(format!("this needs a token with the scope {scope}"))
        }
        _ => Ok(()),
    }
}

/// The guard comes before the router, which has not taken the path apart yet.
fn id_in_path(operation: &Operation, path: &str) -> Option<String> {
    let mut parts = operation.path.split('/').zip(path.split('/'));
    let (_, id) = parts.find(|(name, _)| *name == "{id}")?;
    Some(id.to_owned())
}

/// Before an attempt without a valid credential is written down: nobody fills the log with them.
pub fn check_refusal(state: &AppState, origin: &Origin) -> Result<(), Problem> {
    match origin.ip {
        Some(ip) => state.rate_limits.check_refusal(ip),
        None => Ok(()),
    }
}

/// Writes one row into the audit log, in a transaction of its own.
pub async fn write_refusal(state: &AppState, ctx: &Ctx, entry: Entry) {
    let written = state
        .database
        .write(async |tx: db::Tx| audit::append(ctx, &tx, entry.clone()).await)
        .await;
    if let Err(error) = written {
        tracing::error!(%error, action = %entry.action, "a refusal could not be written down");
    }
}

fn ctx(state: &AppState, request_id: Arc<str>, admitted: &Admitted) -> Ctx {
    let (actor, scope) = (admitted.actor(), admitted.scope());
    Ctx::new(actor, scope, request_id, state.clock, &state.database)
        .coming_from(admitted.origin.clone())
}

/// The context of a request that the guard let through without asking who it comes from.
pub fn ctx_of_anybody(state: &AppState, request: &HttpRequest) -> Ctx {
    let extensions = request.extensions();
    let origin = extensions
        .get::<Admitted>()
        .map(|admitted| admitted.origin.clone());
    Ctx::new(
        Actor::anonymous(),
        UserId::NOBODY,
        request_id(request),
        state.clock,
        &state.database,
    )
    .coming_from(origin.unwrap_or_default())
}

fn request_id(request: &HttpRequest) -> Arc<str> {
    let extensions = request.extensions();
    let known = extensions.get::<RequestId>();
    known.map_or_else(|| Arc::from(""), |id| id.0.clone())
}

fn origin_of(request: &ServiceRequest) -> Origin {
    Origin {
        ip: request
            .extensions()
            .get::<ClientAddress>()
            .map(|client| client.0),
        user_agent: user_agent(request.headers()),
    }
}

fn user_agent(headers: &HeaderMap) -> Option<Arc<str>> {
    headers.get(USER_AGENT)?.to_str().ok().map(Arc::from)
}

#[derive(Debug, thiserror::Error)]
#[error("the server was started without its state")]
struct Unguarded;
