//! `Idempotency-Key`: a request that creates is carried out once, however often it is sent.
//!
//! A key that this process is working on is known from a set in memory. Between processes, and
//! after a restart, the database decides: see [`identity::idempotency`].

use std::{
    collections::HashSet,
    future::ready,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::HttpResponse;
use db::Tx;
use identity::{
    Ctx,
    idempotency::{Claim, KeyedRequest, claim, keep, look_up},
};
use sha2::{Digest, Sha256};

use crate::{
    answer::Answer,
    change::{change, note},
    extract::Call,
    problem::{Problem, kinds},
};

/// The keys on which this process is working.
#[derive(Clone, Default)]
pub struct InFlight(Arc<Mutex<HashSet<String>>>);

/// Holds a key as in flight until it is dropped.
struct Flight {
    in_flight: InFlight,
    name: String,
}

impl InFlight {
    fn enter(&self, ctx: &Ctx, request: &KeyedRequest) -> Result<Flight, Problem> {
        let KeyedRequest {
            method, path, key, ..
        } = request;
        let name = format!("{} {method} {path} {key}", ctx.scope);
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.insert(name.clone()) {
            return Ok(Flight {
                in_flight: self.clone(),
                name,
            });
        }
        let advice = "the first request with this Idempotency-Key is still under way; wait for it";
        Err(Problem::new(kinds::IN_FLIGHT, advice).retry_later())
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut names = self
            .in_flight
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        names.remove(&self.name);
    }
}

/// Runs `work` in one transaction with the keeping of its answer, or answers as the first time.
///
/// `content` is the body, or its hash. What fails is rolled back and not kept: its repetition tries
/// again. `work` may run again where the database broke it off.
pub async fn create<Q>(
    call: &Call<Q>,
    content: impl AsRef<[u8]>,
    work: impl AsyncFn(&Ctx, &Tx) -> Result<Answer, Problem>,
) -> Result<HttpResponse, Problem> {
    let work = async |(): &(), ctx: &Ctx, tx: &Tx| work(ctx, tx).await;
    prepare_and_create(call, content, ready(Ok(())), work).await
}

/// As [`create`], where most of the work is done in `prepare`, before the transaction, and is lost
/// without harm if the request turns out to be a repetition.
pub async fn prepare_and_create<Q, P>(
    call: &Call<Q>,
    content: impl AsRef<[u8]>,
    prepare: impl Future<Output = Result<P, Problem>>,
    work: impl AsyncFn(&P, &Ctx, &Tx) -> Result<Answer, Problem>,
) -> Result<HttpResponse, Problem> {
    let (ctx, database) = (&call.ctx, &call.ctx.database);
    let Some(key) = call.idempotency_key.as_deref() else {
        let prepared = prepare.await?;
        let unit = async |ctx: &Ctx, tx: &Tx| work(&prepared, ctx, tx).await;
        return change(call, unit).await;
    };
    let request = KeyedRequest {
        method: call.request.method().to_string(),
        path: call.request.path().to_owned(),
        key: key_of_actor(ctx, key),
        hash: request_hash(call.request.query_string(), content.as_ref()),
    };
    let _flight = call.state.in_flight.enter(ctx, &request)?;
    if let Some(known) = look_up(ctx, database.reader(), &request).await? {
        return Ok(repeat(known)?.into());
    }
    let prepared = prepare.await?;
    let unit = async |tx: Tx| -> Result<Answer, Problem> {
        match claim(ctx, &tx, &request).await? {
            Claim::Ours => {
                let answer = work(&prepared, ctx, &tx).await?;
                keep(ctx, &tx, &request, &answer.to_kept()?).await?;
                note(call, &tx, &answer).await?;
                Ok(answer)
            }
            known => repeat(known),
        }
    };
    // The key tells a repetition after a commit of unknown outcome.
    Ok(database.write_once(unit).await?.into())
}

/// A grantee's keys on an owner's books are not the owner's.
fn key_of_actor(ctx: &Ctx, key: &str) -> String {
    match ctx.actor.user_id {
        Some(user) if user != ctx.scope => {
            format!("{user}:{}", hex::encode(Sha256::digest(key)))
        }
        _ => key.to_owned(),
    }
}

fn repeat(known: Claim) -> Result<Answer, Problem> {
    match known {
        Claim::Answered(first) => first.try_into(),
        Claim::Ours | Claim::Reused => Err(Problem::new(
            kinds::KEY_REUSED,
            "this Idempotency-Key came with another request before; use a new one",
        )),
    }
}

fn request_hash(query: &str, content: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(query.len().to_le_bytes());
    hasher.update(query);
    hasher.update(content);
    format!("sha256:{}", hex::encode(hasher.finalize()))
}
