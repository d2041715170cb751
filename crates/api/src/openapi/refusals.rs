use utoipa::{
    Modify,
    openapi::{
        Content, OpenApi, Ref, RefOr, ResponseBuilder,
        path::{Operation, ParameterIn},
        response::Response,
    },
};

use super::operations;
use crate::edge::is_unlimited;

/// Every refusal has the same form, and some may come from any operation of their kind.
pub(super) struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut OpenApi) {
        for (path, operation) in operations(document) {
            add_common_refusals(path, operation);
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    give_problem_form(status, response);
                }
            }
        }
    }
}

fn add_common_refusals(path: &str, operation: &mut Operation) {
    let has_body = operation.request_body.is_some();
    let parameters = || {
        operation
            .parameters
            .iter()
            .flatten()
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
    };
    let named = |name: &str| parameters().any(|parameter| parameter.name == name);
    let keyed = named("Idempotency-Key");
    let in_url = parameters().any(|parameter| parameter.parameter_in != ParameterIn::Header);
    let in_headers = parameters().any(|parameter| parameter.parameter_in == ParameterIn::Header);
    let works = path.starts_with("/v1/");
    let limited = !is_unlimited(path);
    let common = [
        (has_body, "400", "`body_invalid`"),
        (works || in_url, "400", "`parameter_invalid`"),
        (in_headers, "400", "`header_invalid`"),
        (named("cursor"), "400", "`cursor_invalid`"),
        (has_body, "408", "`body_timeout`"),
        (works && has_body, "409", "`conflict`"),
        (keyed, "409", "`idempotency_in_flight`"),
        (has_body, "413", "`body_too_large`"),
        (has_body, "415", "`media_type_unsupported`"),
        (keyed, "422", "`idempotency_key_reused`"),
        (limited, "429", "`rate_limited`, with `Retry-After`"),
        (true, "431", "`headers_too_large`"),
        (works, "500", "`internal_error`: a fault of the program"),
        (works, "503", "`database_unavailable`"),
        (works, "503", "`request_timeout`"),
        (works && (has_body || keyed), "503", "`database_read_only`"),
    ];
    for (applies, status, code) in common {
        if applies {
            add_code(operation, status, code);
        }
    }
}

pub(super) fn add_code(operation: &mut Operation, status: &str, code: &str) {
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(response)) = responses.get_mut(status) {
        if !response.description.contains(code) {
            response.description = format!("{}, {code}", response.description);
        }
    } else {
        let response = ResponseBuilder::new().description(code).build();
        responses.insert(status.to_owned(), response.into());
    }
}

fn give_problem_form(status: &str, response: &mut Response) {
    let is_refusal = status.starts_with('4') || status.starts_with('5');
    if is_refusal && response.content.is_empty() {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        response
            .content
            .insert("application/problem+json".to_owned(), problem.into());
    }
}
