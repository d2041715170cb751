//! The answer to a request whose work was dropped.

use std::{fmt, sync::Arc};

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        ConnectionType, StatusCode, Uri,
        header::{HeaderName, HeaderValue},
    },
};

use super::headers;
use crate::problem::Problem;

/// The request itself went with the work, so that what its answer says of it is kept here.
#[derive(Debug)]
pub struct Dropped {
    pub problem: Problem,
    pub uri: Uri,
    pub request_id: Arc<str>,
    pub is_tls: bool,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Dropped {
    fn status_code(&self) -> StatusCode {
        self.problem.status()
    }

    fn error_response(&self) -> HttpResponse {
        let path = self.uri.path();
        let mut response = self.problem.respond(path, &self.request_id);
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        headers::secure(response.headers_mut(), path, self.is_tls);
        // Nobody knows how much of the body was read.
        response
            .head_mut()
            .set_connection_type(ConnectionType::Close);
        response
    }
}
