use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use db::Database;
use identity::Ctx;
use serde::{Deserialize, de::DeserializeOwned};

use super::query::read_query;
use crate::{
    AppState,
    access::Operation,
    caller::Caller,
    context::RequestId,
    etag::{Etag, Preconditions},
    guard::Admitted,
    principal::Principal,
    problem::Problem,
};

/// Who asks for what: the context that every service takes, the parameters of the query, and the
/// headers that any handler may need.
pub struct Call<Q = NoParameters> {
    pub ctx: Ctx,
    pub operation: &'static Operation,
    /// `None` where anyone may ask.
    pub principal: Option<Principal>,
    pub caller: Caller,
    pub query: Q,
    pub state: Data<AppState>,
    pub preconditions: Preconditions,
    pub idempotency_key: Option<String>,
    pub request: HttpRequest,
}

/// Kept with the request, so that its answer can tell how far its writes reach.
pub struct CallersDatabase(pub Database);

/// A query that takes no parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

impl<Q> Call<Q> {
    /// Whether the caller holds this very representation already.
    pub fn has(&self, etag: &Etag) -> bool {
        self.preconditions.caller_holds(etag)
    }

    /// For operations whose answer, or whose request's hash, must not be kept.
    pub fn refuse_idempotency_key(&self) -> Result<(), Problem> {
        if self.idempotency_key.is_none() {
            return Ok(());
        }
        let detail = "is not taken here: neither secrets nor their answers are kept";
        Err(Problem::header("Idempotency-Key", detail))
    }
}

impl<Q: DeserializeOwned> FromRequest for Call<Q> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<Q: DeserializeOwned>(request: &HttpRequest) -> Result<Call<Q>, Problem> {
    let state = request
        .app_data::<Data<AppState>>()
        .cloned()
        .ok_or_else(|| Problem::internal(MissingState))?;
    let request_id = request
        .extensions()
        .get::<RequestId>()
        .map_or_else(|| Arc::from(""), |id| id.0.clone());
    state.require_ready()?;
    let admitted = request.extensions().get::<Admitted>().cloned();
    let admitted = admitted.ok_or_else(|| Problem::internal(Unguarded))?;
    let caller = Caller::of_request(admitted.scope(), request.method(), request.headers())?;
    let ctx = caller
        .ctx(admitted.actor(), &state.database, state.clock, request_id)
        .coming_from(admitted.origin);
    if ctx.database.has_replicas() {
        let database = CallersDatabase(ctx.database.clone());
        request.extensions_mut().insert(database);
    }
    Ok(Call {
        ctx,
        operation: admitted.operation,
        principal: admitted.principal,
        caller,
        state,
        preconditions: Preconditions::read(request.headers())?,
        idempotency_key: idempotency_key(request)?,
        query: read_query(request.query_string())?,
        request: request.clone(),
    })
}

pub const LONGEST_KEY: usize = 255;

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut given = request.headers().get_all("idempotency-key");
    let Some(value) = given.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if given.next().is_some() || !visible || !(1..=LONGEST_KEY).contains(&text.len()) {
        let detail = format!("must be given once, as 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(Problem::header("Idempotency-Key", detail));
    }
    Ok(Some(text.to_owned()))
}

#[derive(Debug, thiserror::Error)]
#[error("the server was started without its state")]
struct MissingState;

#[derive(Debug, thiserror::Error)]
#[error("the request did not come by way of the guard")]
struct Unguarded;
