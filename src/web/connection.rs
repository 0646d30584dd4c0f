//! What one connection is doing, and when that has taken too long.
//!
//! hyper's own header time-out also runs while a kept-alive connection is idle, so it would cut Traefik between
//! two polls. Here the clock of the request head starts with its first byte (on a new connection: with the
//! accept), an idle connection has a longer limit of its own, and so has a peer that does not read its answer.
//! The phases are seen from three places: the socket ([`Guarded`]), the service, and the body ([`Tracked`]).

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::server::Limits;

/// Called once the whole response has been handed to the kernel. Put it into a response's extensions.
#[derive(Clone)]
pub(super) struct OnWritten(pub(super) Arc<dyn Fn() + Send + Sync>);

/// Where a connection is in its cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// A request head is being read.
    Head,
    /// The service is at work, or its body is being written.
    Busy,
    /// The body is complete, but not all of it is in the kernel yet.
    Flushing,
    /// Between two requests.
    Idle,
}

#[derive(Clone, Copy, Debug)]
struct State {
    phase: Phase,
    since: Instant,
    stalled: Option<Instant>,
}

/// Shared by the socket, the service and the bodies of one connection.
///
/// The clock looks at it now and then, and is not woken: an answer passes through every phase, and a wake for each
/// would cost more than the answer.
pub(super) struct Progress {
    /// A std mutex, as the next one: it is held for one move, never across an await.
    state: Mutex<State>,
    written: Mutex<Option<OnWritten>>,
}

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            phase: Phase::Head,
            since: Instant::now(),
            stalled: None,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            written: Mutex::new(None),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A whole request head has been read.
    pub(super) fn busy(&self) {
        self.enter(Phase::Busy);
    }

    fn enter(&self, phase: Phase) {
        let mut state = self.state();
        state.phase = phase;
        state.since = Instant::now();
    }

    fn bytes_arrived(&self) {
        if self.state().phase == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    fn body_complete(&self, written: Option<OnWritten>) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = written;
        self.enter(Phase::Flushing);
    }

    fn flushed(&self) {
        if self.state().phase != Phase::Flushing {
            return;
        }
        let written = self
            .written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(OnWritten(call)) = written {
            call();
        }
        self.enter(Phase::Idle);
    }

    fn write_outcome<T>(&self, outcome: &Poll<T>) {
        let is_stalled = outcome.is_pending();
        let mut state = self.state();
        if state.stalled.is_some() != is_stalled {
            state.stalled = is_stalled.then(Instant::now);
        }
    }

    /// Completes when the connection has been too long in what it is doing; gives what that is.
    pub(super) async fn overdue(&self, limits: &Limits) -> &'static str {
        let pause = limits.header.min(limits.idle).min(limits.write) / 2;
        loop {
            let (now, due) = (Instant::now(), self.state().due(limits));
            match due {
                Some((at, what)) if at <= now => return what,
                // it may enter a phase with less time
                Some((at, _)) => tokio::time::sleep_until(at.min(now + pause)).await,
                None => tokio::time::sleep(pause).await,
            }
        }
    }
}

impl State {
    fn due(&self, limits: &Limits) -> Option<(Instant, &'static str)> {
        if let Some(stalled) = self.stalled {
            return Some((stalled + limits.write, "the peer does not read its answer"));
        }
        match self.phase {
            Phase::Head => Some((
                self.since + limits.header,
                "the request head was not complete in time",
            )),
            Phase::Idle => Some((self.since + limits.idle, "idle")),
            Phase::Busy | Phase::Flushing => None,
        }
    }
}

/// A socket that tells [`Progress`] when bytes arrive and when answers are out.
pub(super) struct Guarded<S> {
    socket: S,
    progress: Arc<Progress>,
}

impl<S> Guarded<S> {
    pub(super) const fn new(socket: S, progress: Arc<Progress>) -> Self {
        Self { socket, progress }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let outcome = Pin::new(&mut self.socket).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.progress.bytes_arrived();
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.progress.write_outcome(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.progress.write_outcome(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// hyper flushes only once its own buffer is empty, so this is where an answer is wholly out.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.socket).poll_flush(cx);
        if matches!(outcome, Poll::Ready(Ok(()))) {
            self.progress.flushed();
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// A response body that tells [`Progress`] when its last byte was taken.
pub(super) struct Tracked<B> {
    body: Pin<Box<B>>,
    progress: Arc<Progress>,
    written: Option<OnWritten>,
    complete: bool,
}

impl<B: Body> Tracked<B> {
    pub(super) fn new(body: B, progress: Arc<Progress>, written: Option<OnWritten>) -> Self {
        Self {
            complete: body.is_end_stream(),
            body: Box::pin(body),
            progress,
            written,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Tracked<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let outcome = self.body.as_mut().poll_frame(cx);
        self.complete = matches!(outcome, Poll::Ready(None)) || self.body.is_end_stream();
        outcome
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B> Drop for Tracked<B> {
    /// A body dropped before its end (a HEAD request, a lost peer) proves nothing about its bytes.
    fn drop(&mut self) {
        let written = self.written.take().filter(|_| self.complete);
        self.progress.body_complete(written);
    }
}
