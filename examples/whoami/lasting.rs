//! What lasts: slow answers, uploads, server-sent events and web sockets.
//!
//! At its end the app says goodbye on every stream, and the stream ends well: with an event `bye`, or with a close frame
//! that says "going away". Whoever sees a stream end in another way has been cut off.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::{Interval, interval};

use super::{Answer, App};

/// Between two events.
const TICK: Duration = Duration::from_millis(100);
/// Text, close and the mark of a whole frame.
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const WHOLE: u8 = 0x80;
/// Close: going away.
const AWAY: [u8; 2] = 1001_u16.to_be_bytes();

/// `GET /slow?ms=500`: who it is, after that time.
pub(super) async fn slow(
    State(app): State<Arc<App>>,
    Query(query): Query<HashMap<String, u64>>,
) -> String {
    let time = query.get("ms").copied().unwrap_or(500).min(60_000);
    tokio::time::sleep(Duration::from_millis(time)).await;
    app.line.clone()
}

/// `POST /upload`: reads all of it, and says how many bytes that was.
pub(super) async fn upload(request: Request) -> Answer {
    let mut body = request.into_body();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => length += frame.data_ref().map_or(0, Bytes::len),
            Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")),
        }
    }
    (StatusCode::OK, length.to_string())
}

/// `GET /events`: an event with who it is, ten times a second.
pub(super) async fn events(State(app): State<Arc<App>>) -> Response {
    let ticks = interval(TICK);
    let body = Body::new(Events {
        ticks,
        app: Some(app),
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
}

/// Until the app ends.
struct Events {
    ticks: Interval,
    app: Option<Arc<App>>,
}

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.ticks.poll_tick(context));
        let Some(app) = self.app.take() else {
            return Poll::Ready(None);
        };
        let event = if app.ends.load(Relaxed) {
            "event: bye\ndata: \n\n".to_owned()
        } else {
            let event = format!("data: {}\n", app.line);
            self.app = Some(app);
            event
        };
        Poll::Ready(Some(Ok(Frame::data(event.into()))))
    }
}

/// `GET /socket`: a WebSocket that says who it is and then sends back what it gets; short texts only.
pub(super) async fn socket(State(app): State<Arc<App>>, mut request: Request) -> Response {
    let Some(key) = request.headers().get("sec-websocket-key") else {
        return (StatusCode::BAD_REQUEST, "not a WebSocket handshake\n").into_response();
    };
    let digest = Sha1::new()
        .chain_update(key)
        .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
        .finalize();
    let accept = BASE64_STANDARD.encode(digest);
    let talk = {
        let app = Arc::clone(&app);
        async move {
            if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
                // a peer that leaves without a word is an end like any other
                talk(&app, TokioIo::new(upgraded)).await.unwrap_or_default();
            }
        }
    };
    let mut sockets = app.sockets.lock().await;
    while sockets.try_join_next().is_some() {}
    sockets.spawn(talk);
    let headers = [
        (header::UPGRADE, "websocket"),
        (header::CONNECTION, "upgrade"),
        (header::SEC_WEBSOCKET_ACCEPT, accept.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

async fn talk(app: &App, stream: impl AsyncRead + AsyncWrite) -> std::io::Result<()> {
    let (mut from, mut to) = split(stream);
    to.write_all(&frame(TEXT, app.line.as_bytes())).await?;
    let mut ticks = interval(TICK);
    let mut pending = Vec::new();
    loop {
        let mut part = [0; 512];
        tokio::select! {
            _ = ticks.tick() => if app.ends.load(Relaxed) {
                to.write_all(&frame(CLOSE, &AWAY)).await?;
                return to.shutdown().await;
            },
            length = from.read(&mut part) => {
                let length = length?;
                pending.extend(part.iter().take(length));
                while let Some((kind, text)) = next(&mut pending) {
                    to.write_all(&frame(kind, &text)).await?;
                    if kind == CLOSE {
                        return to.shutdown().await;
                    }
                }
                if length == 0 {
                    return Ok(());
                }
            }
        }
    }
}

/// A frame of at most 125 bytes.
fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let payload = payload.iter().copied().take(125);
    let length = u8::try_from(payload.len()).unwrap_or(125);
    [WHOLE | kind, length].into_iter().chain(payload).collect()
}

/// Takes the first frame off what has come, once it is whole. A client masks what it sends.
fn next(pending: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (kind, length) = (pending.first()? & 0x0f, pending.get(1)? & 0x7f);
    let end = 6 + usize::from(length);
    let mask = pending.get(2..6)?;
    let text = pending.get(6..end)?.iter().zip(mask.iter().cycle());
    let text = text.map(|(byte, mask)| byte ^ mask).collect();
    pending.drain(..end);
    Some((kind, text))
}
