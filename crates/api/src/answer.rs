//! Answers that succeed.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use bytes::Bytes;
use identity::idempotency::KeptAnswer;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{etag::Etag, extract::Call, problem::Problem};

/// What is sent for a request that succeeded: JSON, or nothing.
#[derive(Clone, Debug)]
pub struct Answer {
    status: StatusCode,
    body: Bytes,
    location: Option<String>,
    etag: Option<String>,
    /// For the audit log: which resource was changed, where neither path nor location say so, and what
    /// is worth knowing of the change.
    pub(crate) resource_id: Option<String>,
    pub(crate) details: Map<String, Value>,
}

impl Answer {
    pub fn ok(value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        Ok(Self::of_bytes(body.into()))
    }

    /// JSON that is written already.
    pub fn of_bytes(body: Bytes) -> Self {
        Self {
            status: StatusCode::OK,
            body,
            location: None,
            etag: None,
            resource_id: None,
            details: Map::new(),
        }
    }

    pub fn created(location: String, value: &impl Serialize) -> Result<Self, Problem> {
        let answer = Self::ok(value)?;
        Ok(Self {
            status: StatusCode::CREATED,
            location: Some(location),
            ..answer
        })
    }

    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            ..Self::of_bytes(Bytes::new())
        }
    }

    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    pub fn with_etag(self, etag: Etag) -> Self {
        Self {
            etag: Some(etag.0),
            ..self
        }
    }

    /// Names what was changed, for the audit log.
    pub fn about(self, resource_id: impl std::fmt::Display) -> Self {
        Self {
            resource_id: Some(format!("{resource_id}")),
            ..self
        }
    }

    /// Says more of the change, for the audit log; never a secret.
    pub fn noting(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// As [`Answer::noting`], where there is something to say.
    pub fn noting_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.noting(name, value),
            None => self,
        }
    }

    /// The last part of the location, where there is one.
    pub(crate) fn created_id(&self) -> Option<&str> {
        self.location.as_deref()?.rsplit('/').next()
    }

    /// As it is kept for a repetition of its request.
    pub fn to_kept(&self) -> Result<KeptAnswer, Problem> {
        let body = std::str::from_utf8(&self.body).map_err(Problem::internal)?;
        Ok(KeptAnswer {
            status: self.status.as_u16(),
            body: body.to_owned(),
            location: self.location.clone(),
            etag: self.etag.clone(),
        })
    }
}

impl TryFrom<KeptAnswer> for Answer {
    type Error = Problem;

    fn try_from(kept: KeptAnswer) -> Result<Self, Problem> {
        Ok(Self {
            status: StatusCode::from_u16(kept.status).map_err(Problem::internal)?,
            location: kept.location,
            etag: kept.etag,
            ..Self::of_bytes(kept.body.into())
        })
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = HttpResponse::build(answer.status);
        if let Some(etag) = answer.etag {
            response.insert_header((header::ETAG, etag));
        }
        if let Some(location) = answer.location {
            response.insert_header((header::LOCATION, location));
        }
        if answer.body.is_empty() {
            return response.finish();
        }
        response.content_type("application/json").body(answer.body)
    }
}

/// A whole resource, or 304 if the caller has it as it is.
pub fn show<Q, T: Serialize>(
    call: &Call<Q>,
    etag: Etag,
    value: impl FnOnce() -> T,
) -> Result<HttpResponse, Problem> {
    if call.has(&etag) {
        return Ok(not_modified(etag));
    }
    Ok(Answer::ok(&value())?.with_etag(etag).into())
}

pub fn not_modified(etag: Etag) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::ETAG, etag.0))
        .finish()
}
