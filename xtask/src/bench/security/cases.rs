//! What is asked, and how much slower it may become.

use anyhow::Result;

use super::sides::Side;
use crate::bench::http;

/// The least share of the requests a second that should remain.
pub const SHARED_READ: f64 = 0.85;
pub const TENANT_READ: f64 = 0.60;

pub struct Case {
    pub title: &'static str,
    pub least_share: f64,
    path: fn(&Side) -> String,
    /// Whether the caller says that it has the answer already.
    is_held: bool,
}

pub const CASES: [Case; 5] = [
    Case {
        title: "`GET /v1/packs/latest`",
        least_share: SHARED_READ,
        path: |_| "/v1/packs/latest".to_owned(),
        is_held: false,
    },
    Case {
        title: "`GET /v1/packs/{id}`",
        least_share: SHARED_READ,
        path: |side| format!("/v1/packs/{}", side.pack),
        is_held: false,
    },
    Case {
        title: "`GET /v1/portfolios/{id}/positions`",
        least_share: TENANT_READ,
        path: positions,
        is_held: false,
    },
    Case {
        title: "the same with `If-None-Match`",
        least_share: TENANT_READ,
        path: positions,
        is_held: true,
    },
    Case {
        title: "`GET /v1/portfolios`",
        least_share: TENANT_READ,
        path: |_| "/v1/portfolios".to_owned(),
        is_held: false,
    },
];

fn positions(side: &Side) -> String {
    format!("/v1/portfolios/{}/positions", side.portfolio)
}

/// A case as it is put to one side, whose ids and tags are its own.
pub struct Question {
    pub path: String,
    pub if_none_match: Option<String>,
}

impl Case {
    pub fn to(&self, side: &Side) -> Result<Question> {
        let path = (self.path)(side);
        let if_none_match = if self.is_held {
            Some(http::etag(&side.target, &path)?)
        } else {
            None
        };
        Ok(Question {
            path,
            if_none_match,
        })
    }
}
