//! A connection that does not wait for ever.
//!
//! The web framework has a deadline for the head of a connection's first request alone, up to half a
//! second too early. Here each head has one, and so has a client that does not take its answer, or
//! that goes on to send a body of unknown length which nobody reads.

use std::{
    cell::Cell,
    io::{Error, ErrorKind, Result},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::deadlines::Deadlines;

/// How long a client that was refused may go on to send its body. It has to read the refusal first:
/// closed at once, the connection would be reset, and the refusal lost.
const LINGER: Duration = Duration::from_secs(1);

/// What a connection is used for at the moment; its requests carry it as connection data.
#[derive(Debug, Default)]
pub struct Traffic {
    under_way: Cell<usize>,
    body_ended: Cell<bool>,
    /// The rest of a body comes, and nobody reads it: the connection has no further use.
    is_done: Cell<bool>,
}

impl Traffic {
    /// A request whose head has come; it is under way until the guard is dropped. `is_chunked` says
    /// that nobody knows where its body ends.
    pub fn begin(self: &Rc<Self>, is_chunked: bool) -> UnderWay {
        self.under_way.set(self.under_way.get() + 1);
        self.body_ended.set(!is_chunked);
        UnderWay(Rc::clone(self))
    }

    /// The body of the request under way was read to its end.
    pub fn end_body(&self) {
        self.body_ended.set(true);
    }

    fn is_under_way(&self) -> bool {
        self.under_way.get() > 0
    }
}

/// A request that is not answered yet.
pub struct UnderWay(Rc<Traffic>);

impl UnderWay {
    /// Whether the answer must be the connection's last.
    pub fn leaves_body_unread(&self) -> bool {
        !self.0.body_ended.get()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.set(self.0.under_way.get() - 1);
        if self.leaves_body_unread() {
            self.0.is_done.set(true);
        }
    }
}

/// A stream to a client whose patience is ours to end.
pub struct Watched<T> {
    stream: T,
    traffic: Rc<Traffic>,
    deadlines: Deadlines,
    /// Until the next request is there whole, or the connection done.
    heard: Alarm,
    /// Until the client takes more of its answer.
    taken: Alarm,
}

impl<T> Watched<T> {
    /// A connection that was just made: its first head is waited for from now on.
    pub fn new(stream: T, deadlines: Deadlines) -> Self {
        let mut heard = Alarm::default();
        heard.set_once(deadlines.head);
        Self {
            stream,
            traffic: Rc::default(),
            deadlines,
            heard,
            taken: Alarm::default(),
        }
    }

    pub fn traffic(&self) -> Rc<Traffic> {
        Rc::clone(&self.traffic)
    }

    /// Of a write: fails once nothing was taken for too long.
    fn watch_taking<R>(
        &mut self,
        cx: &mut Context<'_>,
        outcome: Poll<Result<R>>,
    ) -> Poll<Result<R>> {
        if outcome.is_ready() {
            self.taken.clear();
            return outcome;
        }
        self.taken.set_once(self.deadlines.answer);
        ready!(self.taken.poll(cx));
        Poll::Ready(Err(timed_out("the client does not take its answer")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        let held = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if this.traffic.is_under_way() {
            this.heard.clear();
            return read;
        }
        if buffer.filled().len() > held {
            this.heard.set_once(this.deadlines.head);
        }
        if this.heard.poll(cx).is_ready() {
            return Poll::Ready(Err(timed_out("the client does not send its request")));
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        if written.is_ready() {
            // What came meanwhile is the next request, which has to wait for this answer's end.
            this.heard.clear();
            if this.traffic.is_done.get() {
                this.heard.set_once(LINGER);
                // Only to be woken by it: the next reading is where it counts.
                let _ = this.heard.poll(cx);
            }
        }
        this.watch_taking(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(cx);
        this.watch_taking(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        let closed = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.watch_taking(cx, closed)
    }
}

fn timed_out(reason: &'static str) -> Error {
    Error::new(ErrorKind::TimedOut, reason)
}

/// A timer that is set often and seldom goes off.
#[derive(Default)]
struct Alarm {
    timer: Option<Pin<Box<Sleep>>>,
    is_set: bool,
}

impl Alarm {
    /// Leaves one that is set already as it is.
    fn set_once(&mut self, after: Duration) {
        if self.is_set {
            return;
        }
        self.is_set = true;
        match &mut self.timer {
            Some(timer) => timer.as_mut().reset(Instant::now() + after),
            none => *none = Some(Box::pin(sleep(after))),
        }
    }

    fn clear(&mut self) {
        self.is_set = false;
    }

    /// Ready when it goes off; else the task is woken then.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.timer {
            Some(timer) if self.is_set => timer.as_mut().poll(cx),
            _ => Poll::Pending,
        }
    }
}
