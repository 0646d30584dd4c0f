//! `GET /v1/events`: what happens, as server-sent events, while it happens.
//!
//! A listener is a place in the reconciler's feed, so a slow one holds up nobody: when the socket takes no more, its
//! place is not moved on, and what is overwritten meanwhile is told as `lost`. Every answer begins with the number of
//! the last event before it, so that a client that comes back after a break can say where it was.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::{HeaderMap, Uri};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::convert;
use super::request::{invalid_header, single};
use super::{Admin, Shared};
use crate::api::Event;
use crate::reconciler::{Handle, Heard, Listener};
use crate::routing::ids::{AppName, EnvKey, EnvName};
use crate::web::error::{ApiError, ErrorStatus};

/// How many may listen at one time; the rest of the listener's connections are for commands.
pub(super) const LISTENERS: usize = 32;
/// A connection that says nothing for longer is dead, or cut by something on the way.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    app: Option<AppName>,
    env: Option<EnvName>,
}

impl EventQuery {
    /// News about all are news for each.
    fn admits(&self, key: Option<&EnvKey>) -> bool {
        let is_app = |key: &EnvKey| self.app.as_ref().is_none_or(|app| *app == key.app);
        let is_env = |key: &EnvKey| self.env.as_ref().is_none_or(|env| *env == key.env);
        key.is_none_or(|key| is_app(key) && is_env(key))
    }
}

pub(super) async fn stream(
    State(admin): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = Query::<EventQuery>::try_from_uri(&uri)
        .map_err(|error| ApiError::bad_request("invalid_query", error.body_text()))?;
    let Query(query) = query;
    let listener = match last_event_id(&headers)? {
        Some(seq) => admin.news.listen_after(seq),
        None => admin.news.listen(),
    };
    let stream = EventStream {
        hello: true,
        listener,
        query,
        handle: admin.handle.clone(),
        stop: admin.stop.clone(),
        _seat: seat(&admin)?,
    };
    let body = Body::new(Unfolded::new(stream));
    Ok(([(CONTENT_TYPE, "text/event-stream")], body).into_response())
}

fn seat(admin: &Admin) -> Result<OwnedSemaphorePermit, ApiError> {
    let seat = Arc::clone(&admin.listeners).try_acquire_owned();
    seat.map_err(|_none| {
        let detail = format!("{LISTENERS} clients listen already: close one");
        ApiError::new(
            ErrorStatus::SERVICE_UNAVAILABLE,
            "too_many_listeners",
            detail,
        )
        .retry_after(HEARTBEAT)
    })
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let name = HeaderName::from_static("last-event-id");
    let Some(text) = single(headers, &name)?.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_not_a_number| {
        let why = format!("{text:?} is not the id of an event: it is a number");
        invalid_header(&name, &why)
    })
}

/// One client's events.
struct EventStream {
    hello: bool,
    listener: Listener,
    query: EventQuery,
    handle: Handle,
    stop: CancellationToken,
    _seat: OwnedSemaphorePermit,
}

impl EventStream {
    /// The next bytes; `None` at the end.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if std::mem::take(&mut self.hello) {
            let hello = format!("retry: 1000\nid: {}\n\n", self.listener.position());
            return Some((Bytes::from(hello), self));
        }
        let pause = tokio::time::sleep(HEARTBEAT);
        let mut pause = std::pin::pin!(pause);
        loop {
            let heard = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                heard = self.listener.next() => heard,
                () = pause.as_mut() => {
                    let beat = format!(": heartbeat\nid: {}\n\n", self.listener.position());
                    return Some((Bytes::from(beat), self));
                }
            };
            if let Some((word, event)) = self.event(&heard) {
                return Some((written(word, &event), self));
            }
        }
    }

    fn event(&self, heard: &Heard) -> Option<(&'static str, Event)> {
        match heard {
            Heard::News(news) if self.query.admits(news.key.as_ref()) => {
                Some((news.kind.word(), convert::event(news)))
            }
            Heard::News(_) => None,
            Heard::Lost(count) => {
                let now = self.handle.turns().borrow().at;
                let event = convert::lost(*count, self.listener.position(), now);
                Some(("lost", event))
            }
        }
    }
}

/// JSON has no line ends of its own, so one `data` line is enough.
fn written(word: &str, event: &Event) -> Bytes {
    let json = serde_json::to_string(event).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written");
        "{}".to_owned()
    });
    Bytes::from(format!(
        "id: {}\nevent: {word}\ndata: {json}\n\n",
        event.seq
    ))
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, EventStream)>> + Send>>;

/// A body whose next frame is made only when the one before it was taken.
struct Unfolded(Option<Next>);

impl Unfolded {
    fn new(stream: EventStream) -> Self {
        Self(Some(Box::pin(stream.next())))
    }
}

impl hyper::body::Body for Unfolded {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(next) = &mut self.0 else {
            return Poll::Ready(None);
        };
        let made = ready!(next.as_mut().poll(cx));
        let (bytes, rest) = made.unzip();
        self.0 = rest.map(|stream| Box::pin(stream.next()) as Next);
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
