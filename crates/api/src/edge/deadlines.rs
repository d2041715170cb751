//! How long a client may take, and how long the service may.

use std::{future::Future, rc::Rc, time::Duration};

use actix_web::{HttpRequest, dev::Payload, http::Method, web::Data};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::Traffic;
use crate::{
    AppState,
    extract::incomplete,
    problem::{Problem, kinds},
};

/// When patience ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// For the head of a request, from its first byte on (of the first, from the connection on); then
    /// the connection is closed.
    pub head: Duration,
    /// For a body, whatever its length; a longer one may take as long as the slowest rate allows.
    pub body: Duration,
    /// The slowest rate at which a long body may come, in bytes a second.
    pub body_bytes_per_second: u32,
    /// For a client to take any byte of its answer; then the connection is closed.
    pub answer: Duration,
    /// For a whole request, up to its answer's head.
    pub request: Duration,
    /// The same for requests that bring long bodies.
    pub upload: Duration,
}

impl Deadlines {
    pub const DEFAULT: Self = Self {
        head: Duration::from_secs(5),
        body: Duration::from_secs(30),
        body_bytes_per_second: 16 * 1024,
        answer: Duration::from_secs(30),
        request: Duration::from_mins(1),
        upload: Duration::from_mins(15),
    };

    /// For a whole request with this method and path.
    pub fn of_request(&self, method: &Method, path: &str) -> Duration {
        if method == Method::POST && takes_long_body(path) {
            self.upload
        } else {
            self.request
        }
    }

    /// For a body of which so many bytes have come.
    fn of_body(&self, received: u64) -> Duration {
        let rate = u64::from(self.body_bytes_per_second.max(1));
        let at_rate = Duration::from_millis(received.saturating_mul(1000) / rate);
        self.body.max(at_rate)
    }
}

/// The paths to which rows of a pack, or a ledger, are sent.
const LONG_BODIES: [&str; 4] = ["/prices", "/fx-rates", "/imports", "/reconciliations"];

fn takes_long_body(path: &str) -> bool {
    LONG_BODIES.iter().any(|end| path.ends_with(end))
}

/// The work of a request is dropped when `limit` has passed. A unit of work that was not committed
/// leaves nothing behind.
pub async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Problem> {
    timeout(limit, work).await.map_err(|_| {
        let seconds = limit.as_secs();
        let advice =
            format!("the answer was not there after {seconds} s; ask for less, or try later");
        Problem::new(kinds::REQUEST_TIMEOUT, advice).retry_later()
    })
}

/// A body as it comes, within its deadline.
pub struct BodyReader {
    payload: Payload,
    started: Instant,
    received: u64,
    deadlines: Deadlines,
    traffic: Option<Rc<Traffic>>,
}

impl BodyReader {
    pub fn new(request: &HttpRequest, payload: Payload) -> Self {
        let state = request.app_data::<Data<AppState>>();
        let deadlines = state.map_or(Deadlines::DEFAULT, |state| state.config.deadlines);
        Self {
            payload,
            started: Instant::now(),
            received: 0,
            deadlines,
            traffic: request.conn_data().cloned(),
        }
    }

    /// What came next; `None` at the end of the body.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let deadline = self.started + self.deadlines.of_body(self.received);
        let Ok(next) = timeout_at(deadline, self.payload.next()).await else {
            return Err(self.too_slow());
        };
        let Some(chunk) = next.transpose().map_err(incomplete)? else {
            if let Some(traffic) = &self.traffic {
                traffic.end_body();
            }
            return Ok(None);
        };
        self.received += chunk.len() as u64;
        Ok(Some(chunk))
    }

    fn too_slow(&self) -> Problem {
        let detail = format!(
            "the body did not arrive in time: {} bytes came in {} s",
            self.received,
            self.started.elapsed().as_secs()
        );
        Problem::new(kinds::BODY_TIMEOUT, detail)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::http::Method;
    use proptest::prelude::*;

    use super::Deadlines;

    #[test]
    fn only_long_bodies_have_long_deadlines() {
        let deadlines = Deadlines::DEFAULT;
        let of = |method, path| deadlines.of_request(&method, path);
        assert_eq!(of(Method::POST, "/v1/packs/P/prices"), deadlines.upload);
        assert_eq!(of(Method::POST, "/v1/packs/P/fx-rates"), deadlines.upload);
        assert_eq!(
            of(Method::POST, "/v1/portfolios/1/imports"),
            deadlines.upload
        );
        assert_eq!(of(Method::GET, "/v1/packs/P/prices"), deadlines.request);
        assert_eq!(of(Method::POST, "/v1/portfolios"), deadlines.request);
    }

    proptest! {
        #[test]
        fn a_body_has_its_time_or_what_its_length_takes_at_the_slowest_rate(
            received in 0_u64..100_000_000_000,
            more in 0_u64..100_000_000,
        ) {
            let deadlines = Deadlines::DEFAULT;
            let deadline = deadlines.of_body(received);
            prop_assert!(deadline >= Duration::from_secs(30));
            prop_assert!(deadlines.of_body(received + more) >= deadline);
            if deadline > Duration::from_secs(30) {
                let seconds = received / (16 * 1024);
                prop_assert_eq!(deadline.as_secs(), seconds);
            }
        }
    }
}
