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
    principal::{self, Principal},
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
    let operation = request
        .match_pattern()
        .and_then(|path| access::operation(request.method(), &path));
    let Some(operation) = operation else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    match admit(&request, operation).await {
        Ok(admitted) => {
            request.extensions_mut().insert(admitted);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(problem) => {
            let (request, _) = request.into_parts();
            let refused = HttpResponse::from_error(problem);
            Ok(ServiceResponse::new(request, refused).map_into_right_body())
        }
    }
}

async fn admit(
    request: &ServiceRequest,
    operation: &'static Operation,
) -> Result<Admitted, Problem> {
    let origin = origin_of(request);
    let admitted = Admitted {
        operation,
        principal: None,
        origin,
    };
    let state = request.app_data::<Data<AppState>>();
    let state = state.ok_or_else(|| Problem::internal(Unguarded))?;
    let least = match operation.who {
        Who::Anyone | Who::Signer => return Ok(admitted),
        Who::Scraper if state.config.open_metrics => return Ok(admitted),
        Who::Scraper => (UserRole::Admin, By::Token(Scope::Admin)),
        Who::Least(role, by) => (role, by),
    };
    state.require_ready()?;
    let principal = match principal::of_request(state, request.headers()).await {
        Ok(principal) => principal,
        Err(problem) => {
            admitted
                .origin
                .ip
                .map_or(Ok(()), |ip| state.rate_limits.check_refusal(ip))?;
            return Err(refuse(state, request, &admitted, problem).await);
        }
    };
    let mut buffer = Uuid::encode_buffer();
    state
        .rate_limits
        .check_credential(principal.credential().encode_lower(&mut buffer))?;
    let admitted = Admitted {
        principal: Some(principal.clone()),
        ..admitted
    };
    match permit(&principal, least) {
        Ok(()) => Ok(admitted),
        Err(problem) => Err(refuse(state, request, &admitted, problem).await),
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

/// Writes a refusal down. The answer does not depend on whether that succeeds.
async fn refuse(
    state: &AppState,
    request: &ServiceRequest,
    admitted: &Admitted,
    problem: Problem,
) -> Problem {
    if problem.status().is_server_error() {
        return problem;
    }
    let operation = admitted.operation;
    let action = operation.action.unwrap_or(operation.id);
    let entry = Entry {
        resource_id: request.match_info().get("id").map(str::to_owned),
        ..Entry::refused(action, operation.resource_type()).with("code", problem.code())
    };
    write_refusal(state, &ctx(state, request.request(), admitted), entry).await;
    problem
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

fn ctx(state: &AppState, request: &HttpRequest, admitted: &Admitted) -> Ctx {
    let (actor, scope) = (admitted.actor(), admitted.scope());
    Ctx::new(
        actor,
        scope,
        request_id(request),
        state.clock,
        &state.database,
    )
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
