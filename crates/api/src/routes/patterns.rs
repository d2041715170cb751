//! `/v1/patterns`

use actix_web::{HttpResponse, web::ServiceConfig};
use patterns::PatternInfo;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::readable;
use crate::{
    answer::Answer,
    cursor::ListOut,
    extract::{Call, UrlPath},
    problem::Problem,
};

pub fn configure(config: &mut ServiceConfig) {
    config
        .service(readable("/v1/patterns", list_patterns))
        .service(readable("/v1/patterns/{id}", get_pattern));
}

/// A named, repeatable analysis.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternOut {
    #[schema(example = "portfolio_overview")]
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub needs_portfolio: bool,
    pub needs_security: bool,
    /// JSON Schema (2020-12) of `inputs`.
    #[schema(value_type = Object)]
    pub inputs: Value,
}

impl From<PatternInfo> for PatternOut {
    fn from(pattern: PatternInfo) -> Self {
        Self {
            id: pattern.id,
            title: pattern.title,
            description: pattern.description,
            needs_portfolio: pattern.needs_portfolio,
            needs_security: pattern.needs_security,
            inputs: pattern.inputs,
        }
    }
}

/// All patterns; they are few, so there is one page.
#[utoipa::path(
    get, path = "/v1/patterns", tag = "Patterns",
    responses((status = 200, description = "The patterns", body = ListOut<PatternOut>)),
)]
pub async fn list_patterns(_: Call) -> Result<HttpResponse, Problem> {
    let items = patterns::list().into_iter().map(PatternOut::from).collect();
    Ok(Answer::ok(&ListOut {
        items,
        next_cursor: None,
    })?
    .into())
}

/// One pattern.
#[utoipa::path(
    get, path = "/v1/patterns/{id}", tag = "Patterns", params(("id" = String, Path)),
    responses(
        (status = 200, description = "The pattern", body = PatternOut),
        (status = 404, description = "`pattern_not_found`"),
    ),
)]
pub async fn get_pattern(_: Call, UrlPath(id): UrlPath<String>) -> Result<HttpResponse, Problem> {
    let pattern = patterns::find(&id).ok_or(patterns::Error::PatternNotFound { id })?;
    Ok(Answer::ok(&PatternOut::from(pattern))?.into())
}
