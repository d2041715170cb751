//! The one place where errors become answers: `application/problem+json` (RFC 9457).
//!
//! `type` is `/problems/<code>`, a path of this service that explains the code. What is internal is
//! logged under the request's id and never sent.

mod convert;
pub mod kinds;

use std::{error::Error, fmt, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use entity::values::{Amount, BudgetPeriod, BudgetScope, PackStatus, TokenBudgetId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema;

pub use kinds::Kind;

/// An answer that is not what was asked for.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
    pack: Option<PackAtFault>,
    budget: Option<BudgetAtFault>,
    retry_after_seconds: Option<u32>,
    /// For the log alone.
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// One fault of a request, and where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// Where in the body: a JSON pointer, or `/line/<n>` in a body of lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Which parameter of the query or the path, or which header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    pub detail: String,
}

/// The pricing pack that stands in the way of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackAtFault {
    pub id: String,
    pub status: PackStatus,
    pub prewarm_done: Option<bool>,
}

/// The budget that has not enough left for what was asked for, in its unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BudgetAtFault {
    #[schema(value_type = uuid::Uuid)]
    pub id: TokenBudgetId,
    #[schema(value_type = schema::BudgetScope)]
    pub scope: BudgetScope,
    #[schema(value_type = schema::BudgetPeriod)]
    pub period: BudgetPeriod,
    /// `tokens`, or a currency of ISO 4217.
    pub unit: String,
    #[schema(value_type = schema::Decimal)]
    pub limit: Amount,
    #[schema(value_type = schema::Decimal)]
    pub used: Amount,
    #[schema(value_type = schema::Decimal)]
    pub reserved: Amount,
    #[schema(value_type = schema::Decimal)]
    pub asked: Amount,
}

/// A problem as it is sent (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemOut<'a> {
    /// `/problems/<code>`
    pub r#type: String,
    pub title: &'a str,
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    pub detail: &'a str,
    /// The path that was asked for.
    pub instance: &'a str,
    /// Stable, for programs.
    pub code: &'a str,
    pub request_id: &'a str,
    /// Each fault of a request that is not valid.
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(value_type = Option<Vec<FieldError>>)]
    pub errors: &'a [FieldError],
    /// The pricing pack that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::PackStatus>)]
    pub pack_status: Option<PackStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prewarm_done: Option<bool>,
    /// The budget that has not enough left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BudgetAtFault>)]
    pub budget: Option<&'a BudgetAtFault>,
}

const RETRY_AFTER_SECONDS: u32 = 2;

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            status: StatusCode::from_u16(kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            detail: detail.into(),
            errors: Vec::new(),
            pack: None,
            budget: None,
            retry_after_seconds: None,
            source: None,
        }))
    }

    /// A fault of the program; only the log learns which.
    pub fn internal(source: impl Error + Send + Sync + 'static) -> Self {
        let advice = "the program failed; its log says why under this request id";
        Self::new(kinds::INTERNAL, advice).caused_by(source)
    }

    /// A value of a well-formed body that breaks a rule; `pointer` is a JSON pointer.
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(kinds::VALIDATION_FAILED, detail.clone()).at_pointer(pointer, detail)
    }

    /// A query or path parameter that cannot be read.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        if name.is_empty() {
            return Self::new(kinds::PARAMETER_INVALID, detail);
        }
        Self::of_parameter(kinds::PARAMETER_INVALID, name, detail)
    }

    /// A parameter that can be read, and does not go with the others or the body.
    pub fn unfit_parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::of_parameter(kinds::VALIDATION_FAILED, name, detail)
    }

    fn of_parameter(kind: Kind, name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(kind, format!("{name}: {detail}")).at_parameter(name, detail)
    }

    pub fn header(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(kinds::HEADER_INVALID, format!("{name}: {detail}")).at_parameter(name, detail)
    }

    pub fn at_pointer(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let pointer = Some(pointer.into());
        self.0.errors.push(FieldError {
            pointer,
            parameter: None,
            detail: detail.into(),
        });
        self
    }

    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    pub fn at_parameter(mut self, name: impl Into<String>, detail: impl Into<String>) -> Self {
        let parameter = Some(name.into());
        self.0.errors.push(FieldError {
            pointer: None,
            parameter,
            detail: detail.into(),
        });
        self
    }

    pub fn about_pack(mut self, pack: PackAtFault) -> Self {
        self.0.pack = Some(pack);
        self
    }

    pub fn about_budget(mut self, budget: BudgetAtFault) -> Self {
        self.0.budget = Some(budget);
        self
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    pub fn retry_later(mut self) -> Self {
        self.0.retry_after_seconds = Some(RETRY_AFTER_SECONDS);
        self
    }

    /// Says that the same request may be let through after so many seconds.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The answer to a request, complete with what only the request knows.
    pub fn respond(&self, instance: &str, request_id: &str) -> HttpResponse {
        let pack = self.0.pack.as_ref();
        let body = ProblemOut {
            r#type: format!("/problems/{}", self.0.kind.code),
            title: self.0.kind.title,
            status: self.0.status.as_u16(),
            detail: &self.0.detail,
            instance,
            code: self.0.kind.code,
            request_id,
            errors: &self.0.errors,
            pack_id: pack.map(|pack| pack.id.as_str()),
            pack_status: pack.map(|pack| pack.status),
            prewarm_done: pack.and_then(|pack| pack.prewarm_done),
            budget: self.0.budget.as_ref(),
        };
        let mut response = HttpResponse::build(self.0.status);
        response.content_type("application/problem+json");
        if let Some(challenge) = challenge(self.0.kind) {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        if let Some(seconds) = self.0.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.body(serde_json::to_vec(&body).unwrap_or_default())
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    pub fn code(&self) -> &'static str {
        self.0.kind.code
    }

    /// What went wrong inside, with every cause below it.
    pub fn causes(&self) -> Option<String> {
        let mut text = String::new();
        let mut cause: Option<&dyn Error> =
            self.0.source.as_ref().map(|e| e.as_ref() as &dyn Error);
        while let Some(error) = cause {
            let line = error.to_string();
            if !text.ends_with(&line) {
                if !text.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(&line);
            }
            cause = error.source();
        }
        (!text.is_empty()).then_some(text)
    }
}

/// RFC 6750: what to do about missing credentials, and that others are not valid.
fn challenge(kind: Kind) -> Option<&'static str> {
    if kind == kinds::CREDENTIALS_MISSING {
        Some("Bearer realm=\"tallystick\"")
    } else if kind == kinds::CREDENTIALS_INVALID || kind == kinds::TOKEN_EXPIRED {
        Some("Bearer realm=\"tallystick\", error=\"invalid_token\"")
    } else {
        None
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.code, self.0.detail)
    }
}

/// The middleware writes the real answer, since only it knows the request's id and path.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.status)
    }
}
