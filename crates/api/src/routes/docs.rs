//! The contract, a page that shows it, and what the codes of problems mean.

use std::sync::{Arc, LazyLock};

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_ENCODING, LOCATION},
    web::ServiceConfig,
};
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_swagger_ui::Config;

use super::readable;
use crate::{
    answer::Answer,
    extract::UrlPath,
    openapi,
    problem::{Problem, kinds},
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/openapi.json", get_openapi))
        .service(readable("/docs", redirect_to_docs))
        .service(readable("/docs/{file:.*}", get_docs))
        .service(readable("/problems/{code}", get_problem_kind));
}

static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| openapi::json().into());

/// This contract.
#[utoipa::path(
    get, path = "/openapi.json", tag = "Health",
    responses((status = 200, description = "The OpenAPI document", body = Object)),
)]
pub async fn get_openapi() -> HttpResponse {
    Answer::of_bytes(DOCUMENT.clone()).into()
}

async fn redirect_to_docs() -> HttpResponse {
    HttpResponse::MovedPermanently()
        .insert_header((LOCATION, "/docs/"))
        .finish()
}

async fn get_docs(UrlPath(file): UrlPath<String>) -> Result<HttpResponse, Problem> {
    let settings = Arc::new(Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(&file, settings)
        .map_err(|error| Problem::internal(PageFailed(error.to_string())))?;
    let Some(file) = found else {
        return Err(Problem::new(
            kinds::ROUTE_NOT_FOUND,
            "the page has no such file",
        ));
    };
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .content_type(file.content_type)
        .body(file.bytes.into_owned()))
}

#[derive(Debug, thiserror::Error)]
#[error("the page of the contract could not be made: {0}")]
struct PageFailed(String);

/// What a problem's code means.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemKindOut {
    pub code: &'static str,
    pub title: &'static str,
    /// The status that usually comes with it.
    pub status: u16,
}

/// What the code of a problem means: the `type` of each problem is such a path.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "Health", params(("code" = String, Path)),
    responses(
        (status = 200, description = "The kind of problem", body = ProblemKindOut),
        (status = 404, description = "`problem_not_found`"),
    ),
)]
pub async fn get_problem_kind(UrlPath(code): UrlPath<String>) -> Result<HttpResponse, Problem> {
    let Some(kind) = kinds::ALL.iter().find(|kind| kind.code == code) else {
        return Err(Problem::new(
            kinds::PROBLEM_NOT_FOUND,
            "no problem has this code",
        ));
    };
    let out = ProblemKindOut {
        code: kind.code,
        title: kind.title,
        status: kind.status,
    };
    Ok(Answer::ok(&out)?.into())
}
