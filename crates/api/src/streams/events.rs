//! One open stream: the events of a thread as they are sent (WHATWG HTML, "Server-sent events").

use std::{convert::Infallible, fmt::Write as _, pin::Pin, time::Duration};

use actix_web::web::Data;
use bytes::Bytes;
use entity::workflow::stream_event;
use futures_util::{Stream, stream::unfold};
use identity::Ctx;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep};
use workflow::stream;

use super::Seat;
use crate::{AppState, principal::Credentials};

/// Events in one piece of an answer.
const AT_ONCE: u64 = 100;
/// Before a reading that failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Where a stream begins, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The number of the last event that the client has.
    pub after: i64,
    /// Whether to wait for what comes; else the stream ends with what is there.
    pub follows: bool,
}

/// What a stream is opened with.
pub struct Opened {
    pub state: Data<AppState>,
    /// Reads what all users share, of the primary.
    pub ctx: Ctx,
    pub credentials: Credentials,
    pub seat: Seat,
}

/// The events of the thread, as text. A client that does not take them holds back no more than one piece of at most
/// 100.
pub fn events(opened: Opened, start: Start) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let open = Open {
        last: start.after,
        follows: start.follows,
        is_behind: true,
        // A client that is cut before the first event goes on from here.
        greeting: Some(format!("retry: 1000\nid: {}\n\n", start.after)),
        alarm: Box::pin(sleep(opened.state.config.stream_keep_alive)),
        opened,
    };
    unfold(Some(open), |open| async move {
        let mut open = open?;
        match open.next().await {
            Next::Piece(piece) => Some((Ok(piece), Some(open))),
            Next::Last(piece) => Some((Ok(piece), None)),
            Next::End => None,
        }
    })
}

struct Open {
    opened: Opened,
    /// The number of the last event that was sent.
    last: i64,
    follows: bool,
    /// Whether there may be more in the table.
    is_behind: bool,
    greeting: Option<String>,
    /// For the next comment, and the next look at the credentials.
    alarm: Pin<Box<Sleep>>,
}

enum Next {
    Piece(Bytes),
    Last(Bytes),
    End,
}

impl Open {
    async fn next(&mut self) -> Next {
        if let Some(greeting) = self.greeting.take() {
            return Next::Piece(greeting.into());
        }
        loop {
            if self.alarm.is_elapsed() {
                return self.keep_alive().await;
            }
            if self.is_behind {
                // While a stream waits, it needs no room for what a reading needs.
                match Box::pin(self.read()).await {
                    Some(piece) => return Next::Piece(piece),
                    None if self.is_behind => continue,
                    None => {}
                }
            }
            if !self.follows {
                return Next::End;
            }
            let newest = &mut self.opened.seat.newest;
            tokio::select! {
                changed = newest.changed() => match changed {
                    Ok(()) => self.is_behind = *newest.borrow_and_update() > self.last,
                    Err(_) => return Next::Last(comment("the service stops")),
                },
                () = &mut self.alarm => {}
            }
        }
    }

    /// What follows the last event, if anything does; it is still behind where that is not known.
    async fn read(&mut self) -> Option<Bytes> {
        let (ctx, thread) = (&self.opened.ctx, self.opened.seat.thread);
        match stream::after(ctx, &ctx.shared(), thread, self.last, AT_ONCE).await {
            Ok(found) => {
                self.is_behind = found.len() as u64 == AT_ONCE;
                self.last = found.last()?.seq;
                Some(found.iter().map(written).collect::<String>().into())
            }
            Err(error) => {
                tracing::warn!(%thread, %error, "a stream could not be read; it is tried again");
                sleep(PAUSE).await;
                None
            }
        }
    }

    /// Only as long as the credentials are good. That nobody could be asked is nobody's fault.
    async fn keep_alive(&mut self) -> Next {
        let Opened {
            state, credentials, ..
        } = &self.opened;
        let next = Instant::now() + state.config.stream_keep_alive;
        self.alarm.as_mut().reset(next);
        let good = Box::pin(credentials.check(state)).await;
        if good.is_err_and(|problem| problem.status().is_client_error()) {
            return Next::Last(comment("the credentials are not good any more"));
        }
        Next::Piece(comment("alive"))
    }
}

fn comment(text: &str) -> Bytes {
    format!(": {text}\n\n").into()
}

/// JSON has no line breaks outside of texts, where they are escaped.
fn written(event: &stream_event::Model) -> String {
    let mut data = event.data_json.clone();
    if let Value::Object(members) = &mut data {
        let at = event
            .at
            .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        members.insert("at".to_owned(), at.into());
    }
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = write!(
        text,
        "id: {}\nevent: {}\ndata: {data}\n\n",
        event.seq, event.kind
    );
    text
}
