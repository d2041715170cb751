//! `/v1/packs/{id}/fresh`, `/error`, `/restate`, `/verify` and `/proofs/{symbol}`

use actix_web::{
    HttpResponse,
    web::{self, ServiceConfig},
};
use db::Tx;
use identity::Ctx;
use pricing::packs::{self, NewRestatement};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    packs::{PackOut, etag_of},
    readable,
};
use crate::{
    answer::{Answer, show},
    etag::Etag,
    extract::{Body, Call, UrlPath},
    idempotency,
    problem::Problem,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::resource("/v1/packs/{id}/fresh").post(mark_pack_fresh))
        .service(web::resource("/v1/packs/{id}/error").post(mark_pack_failed))
        .service(web::resource("/v1/packs/{id}/restate").post(restate_pack))
        .service(readable("/v1/packs/{id}/verify", verify_pack))
        .service(readable("/v1/packs/{id}/proofs/{symbol}", get_proof));
}

/// Freezes a warming pack as good: its hash is computed, and its content never changes again.
///
/// A restatement takes the place of the pack that it restates.
#[utoipa::path(
    post, path = "/v1/packs/{id}/fresh", tag = "Pricing packs",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Frozen", body = PackOut, headers(("ETag" = String))),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_not_warming`"),
        (status = 422, description = "`pricing_pack_empty`"),
    ),
)]
pub async fn mark_pack_fresh(
    call: Call,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let answer = idempotency::create(&call, [], async |ctx: &Ctx, tx: &Tx| {
        let fresh = packs::mark_fresh(ctx, tx, &id).await?;
        let (etag, restated) = (etag_of(&fresh), fresh.restates.clone());
        let answer = Answer::ok(&PackOut::from(fresh))?.with_etag(etag);
        Ok(match restated {
            Some(restated) => answer.noting("supersedes", restated),
            None => answer,
        })
    })
    .await;
    call.state.frozen_packs.forget();
    answer
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PackErrorIn {
    /// What is wrong with the pack.
    #[schema(min_length = 1, max_length = 2000)]
    pub message: String,
}

/// Freezes a warming pack as bad.
#[utoipa::path(
    post, path = "/v1/packs/{id}/error", tag = "Pricing packs", request_body = PackErrorIn,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 200, description = "Frozen", body = PackOut, headers(("ETag" = String))),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_not_warming`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn mark_pack_failed(
    call: Call,
    UrlPath(id): UrlPath<String>,
    body: Body<PackErrorIn>,
) -> Result<HttpResponse, Problem> {
    let Body {
        value: PackErrorIn { message },
        bytes,
    } = body;
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let failed = packs::mark_error(ctx, tx, &id, &message).await?;
        let etag = etag_of(&failed);
        Ok(Answer::ok(&PackOut::from(failed))?.with_etag(etag))
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestatementIn {
    /// What was wrong, and what is put right.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// Where the new content comes from. Default: as the restated pack says.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub sources: Value,
}

/// Makes a warming pack that takes the place of a frozen one when it becomes fresh.
///
/// It begins with all prices and rates of the restated pack, and what is loaded into it takes their
/// place. Until it is fresh the restated pack stays the current one; if it fails, the restated pack
/// can be restated again.
#[utoipa::path(
    post, path = "/v1/packs/{id}/restate", tag = "Pricing packs", request_body = RestatementIn,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses(
        (status = 201, description = "Made", body = PackOut,
            headers(("Location" = String), ("ETag" = String))),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_still_warming`, `pricing_pack_superseded`, \
            `pricing_pack_restatement_warming`"),
        (status = 422, description = "`validation_failed`"),
    ),
)]
pub async fn restate_pack(
    call: Call,
    UrlPath(id): UrlPath<String>,
    body: Body<RestatementIn>,
) -> Result<HttpResponse, Problem> {
    let Body {
        value: RestatementIn { reason, sources },
        bytes,
    } = body;
    let new = NewRestatement { reason, sources };
    idempotency::create(&call, bytes, async |ctx: &Ctx, tx: &Tx| {
        let made = packs::restate(ctx, tx, &id, new.clone()).await?;
        let (location, etag) = (format!("/v1/packs/{}", made.id), etag_of(&made));
        let answer = Answer::created(location, &PackOut::from(made))?.with_etag(etag);
        Ok(answer
            .noting("restates", id.as_str())
            .noting("reason", new.reason.as_str()))
    })
    .await
}

/// A pack's hash as it was frozen, beside that of its content now.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerificationOut {
    pub pack_id: String,
    /// Null while the pack is warming.
    pub stored_hash: Option<String>,
    pub computed_hash: String,
    /// Whether both are there and equal.
    pub matches: bool,
    /// Prices and rates.
    pub rows: usize,
}

/// Computes the hash of a pack's content again.
#[utoipa::path(
    get, path = "/v1/packs/{id}/verify", tag = "Pricing packs", params(("id" = String, Path)),
    responses(
        (status = 200, description = "Both hashes", body = VerificationOut),
        (status = 404, description = "`pricing_pack_not_found`"),
    ),
)]
pub async fn verify_pack(
    call: Call,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let ctx = call.ctx.clone();
    let verified = call
        .ctx
        .database
        .read(async |tx: Tx| packs::verify(&ctx, &tx, &id).await)
        .await?;
    let out = VerificationOut {
        pack_id: verified.pack_id,
        stored_hash: verified.stored_hash,
        computed_hash: verified.computed_hash,
        matches: verified.matches,
        rows: verified.rows,
    };
    Ok(Answer::ok(&out)?.into())
}

/// An audit path of RFC 6962 from one row to the pack's hash.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProofOut {
    /// The row in its canonical form.
    pub leaf: String,
    pub leaf_index: u64,
    pub tree_size: u64,
    /// Lower-case hex, from the leaf's sibling up.
    pub audit_path: Vec<String>,
}

/// The proof that a frozen pack holds its price of a security.
#[utoipa::path(
    get, path = "/v1/packs/{id}/proofs/{symbol}", tag = "Pricing packs",
    params(
        ("id" = String, Path), ("symbol" = String, Path),
        ("If-None-Match" = Option<String>, Header),
    ),
    responses(
        (status = 200, description = "The proof", body = ProofOut, headers(("ETag" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`, `price_not_found`"),
        (status = 409, description = "`pricing_pack_still_warming`"),
    ),
)]
pub async fn get_proof(
    call: Call,
    UrlPath((id, symbol)): UrlPath<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let ctx = call.ctx.clone();
    let (etag, proof) = call
        .ctx
        .database
        .read(async |tx: Tx| -> Result<_, pricing::Error> {
            let proof = packs::proof(&ctx, &tx, &id, &symbol).await?;
            let pack = packs::find(&ctx, &tx, &id).await?;
            let hash = pack.hash.as_deref().unwrap_or_default();
            Ok((Etag::of_parts(&[hash, "proofs", &symbol]), proof))
        })
        .await?;
    show(&call, etag, || ProofOut {
        leaf: proof.leaf,
        leaf_index: proof.leaf_index,
        tree_size: proof.tree_size,
        audit_path: proof.audit_path,
    })
}
