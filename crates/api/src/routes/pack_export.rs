//! `/v1/packs/{id}/export`

use std::io;

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_DISPOSITION, ETAG},
    web::ServiceConfig,
};
use bytes::Bytes;
use db::Tx;
use futures_util::stream;
use pricing::{content::SortedLeaves, packs};

use super::readable;
use crate::{
    answer::not_modified,
    etag::Etag,
    extract::{Call, UrlPath},
    problem::Problem,
};

pub fn configure(config: &mut ServiceConfig) {
    config.service(readable("/v1/packs/{id}/export", export_pack));
}

/// A frozen pack as anyone can check it: its canonical rows, one a line, the header first.
///
/// `docs/pack-format.md` says how the pack's hash is computed from these bytes;
/// `tallystick pack verify --file` and `docs/check_pack.py` do so with no database.
#[utoipa::path(
    get, path = "/v1/packs/{id}/export", tag = "Pricing packs",
    params(("id" = String, Path), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, description = "The rows", body = String,
            content_type = "application/x-ndjson",
            headers(("ETag" = String), ("Content-Disposition" = String))),
        (status = 304, description = "The caller has it as it is"),
        (status = 404, description = "`pricing_pack_not_found`"),
        (status = 409, description = "`pricing_pack_still_warming`"),
    ),
)]
pub async fn export_pack(
    call: Call,
    UrlPath(id): UrlPath<String>,
) -> Result<HttpResponse, Problem> {
    let ctx = &call.ctx;
    let pack = packs::find(ctx, &ctx.shared(), &id).await?;
    let etag = pack
        .hash
        .as_deref()
        .map(|hash| Etag::of_parts(&["export", hash]));
    if let Some(etag) = etag.as_ref().filter(|etag| call.has(etag)) {
        return Ok(not_modified(etag.clone()));
    }
    let read = async |tx: Tx| packs::export(ctx, &tx, &id).await;
    let rows = ctx.database.read(read).await?;
    let mut response = HttpResponse::Ok();
    if let Some(etag) = etag {
        response.insert_header((ETAG, etag.0));
    }
    let name = format!("attachment; filename=\"{id}.ndjson\"");
    Ok(response
        .insert_header((CONTENT_DISPOSITION, name))
        .content_type("application/x-ndjson")
        .streaming(stream::iter(Chunks(rows))))
}

/// The rows, some at a time: the text of all of them is never made as a whole.
struct Chunks(SortedLeaves);

const CHUNK: usize = 64 * 1024;

impl Iterator for Chunks {
    type Item = io::Result<Bytes>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut chunk = String::new();
        while chunk.len() < CHUNK
            && let Some(row) = self.0.next()
        {
            match row {
                Ok(row) => chunk.push_str(&row),
                Err(error) => return Some(Err(error)),
            }
            chunk.push('\n');
        }
        (!chunk.is_empty()).then(|| Ok(chunk.into()))
    }
}
