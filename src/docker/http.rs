//! One HTTP call: one connection, one deadline over head and body, one bounded answer.
//!
//! A daemon that sends a head and then stalls must not hang us, so the deadline runs until the last byte. Bodies are handed
//! over chunk by chunk and never collected here.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, DATE, HOST, USER_AGENT};
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;

use super::endpoint::Endpoint;
use super::error::Error;
use super::transport::{self, Stream};
use super::wire::Refusal;

/// How much of a refusal's body is read.
const REFUSAL_BYTES: usize = 64 * 1024;

/// A connection that must be polled while its call runs.
pub(super) type Connection = http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// What to ask. Its `Display` form names it in errors.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub method: Method,
    /// Path and query.
    pub path: String,
    pub body: Option<String>,
    pub deadline: Duration,
}

impl Call {
    pub(super) const fn get(path: String, deadline: Duration) -> Self {
        Self::new(Method::GET, path, deadline)
    }

    pub(super) const fn new(method: Method, path: String, deadline: Duration) -> Self {
        Self {
            method,
            path,
            body: None,
            deadline,
        }
    }

    /// Method and path, without the query.
    pub(super) fn name(&self) -> String {
        let path = self
            .path
            .split_once('?')
            .map_or(self.path.as_str(), |(path, _)| path);
        format!("{} {path}", self.method)
    }

    pub(super) fn decode_error(&self, what: impl Into<String>) -> Error {
        Error::Decode {
            call: self.name(),
            what: what.into(),
        }
    }

    pub(super) fn broken(&self, source: hyper::Error) -> Error {
        Error::Http {
            call: self.name(),
            source,
        }
    }
}

/// Sends the call and hands each chunk of a 2xx answer to `sink`; gives the answer's headers.
pub(super) async fn exchange(
    endpoint: &Endpoint,
    call: &Call,
    sink: &mut (dyn FnMut(&[u8]) -> Result<(), Error> + Send),
) -> Result<HeaderMap, Error> {
    within(call, async {
        let (mut sender, connection) = connect(endpoint, call).await?;
        let answer = async {
            let sent = sender.send_request(request(endpoint, call)).await;
            let response = refuse(call, sent.map_err(|error| call.broken(error))?).await?;
            let (head, mut body) = response.into_parts();
            while let Some(chunk) = next_chunk(call, &mut body).await? {
                sink(&chunk)?;
            }
            Ok(head.headers)
        };
        drive(connection, answer).await
    })
    .await
}

/// Sends the call and gives the head of a 2xx answer, with the connection that its endless body still needs.
pub(super) async fn open_stream(
    endpoint: &Endpoint,
    call: &Call,
) -> Result<(Connection, Incoming), Error> {
    within(call, async {
        let (mut sender, mut connection) = connect(endpoint, call).await?;
        let answer = async {
            let sent = sender.send_request(request(endpoint, call)).await;
            refuse(call, sent.map_err(|error| call.broken(error))?).await
        };
        let response = drive(&mut connection, answer).await?;
        Ok((connection, response.into_body()))
    })
    .await
}

/// The next piece of a body; `None` at its proper end.
pub(super) async fn next_chunk(call: &Call, body: &mut Incoming) -> Result<Option<Bytes>, Error> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| call.broken(error))?;
        if let Ok(chunk) = frame.into_data() {
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

/// Polls the connection until the work on it is done. When the connection ends first, what it delivered is still
/// there to be read.
pub(super) async fn drive<T>(
    connection: impl Future<Output = hyper::Result<()>>,
    work: impl Future<Output = T>,
) -> T {
    let mut connection = std::pin::pin!(connection);
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => done,
        // its error, if it has one, reaches the work too
        _ended = &mut connection => work.await,
    }
}

/// The `Date` header in seconds since the epoch: the daemon's clock, not ours.
pub(super) fn date(headers: &HeaderMap) -> Option<i64> {
    let text = headers.get(DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(date.timestamp().as_second())
}

async fn within<T>(call: &Call, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_elapsed| Error::Deadline {
        call: call.name(),
        deadline_ms: call.deadline.as_millis(),
    };
    tokio::time::timeout(call.deadline, work)
        .await
        .map_err(late)?
}

async fn connect(
    endpoint: &Endpoint,
    call: &Call,
) -> Result<(http1::SendRequest<Full<Bytes>>, Connection), Error> {
    let stream = transport::open(endpoint).await?;
    let pair = http1::handshake(TokioIo::new(stream)).await;
    pair.map_err(|error| call.broken(error))
}

fn request(endpoint: &Endpoint, call: &Call) -> Request<Full<Bytes>> {
    let body = call.body.clone().map(Bytes::from).unwrap_or_default();
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(call.path.as_str())
        .header(HOST, endpoint.host_header())
        .header(USER_AGENT, concat!("pointsman/", env!("CARGO_PKG_VERSION")));
    if call.body.is_some() {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    request
        .body(Full::new(body))
        .expect("paths are percent-encoded and endpoint hosts are checked")
}

/// Turns an answer that is not 2xx into Docker's own words.
async fn refuse(call: &Call, response: Response<Incoming>) -> Result<Response<Incoming>, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let mut text = Vec::new();
    let mut body = response.into_body();
    while let Some(chunk) = next_chunk(call, &mut body).await? {
        text.extend_from_slice(&chunk);
        if text.len() > REFUSAL_BYTES {
            break;
        }
    }
    let refusal: Refusal = serde_json::from_slice(&text).unwrap_or_default();
    let plain = || {
        String::from_utf8_lossy(&text)
            .trim()
            .chars()
            .take(200)
            .collect()
    };
    Err(Error::Refused {
        call: call.name(),
        status: status.as_u16(),
        message: if refusal.message.is_empty() {
            plain()
        } else {
            refusal.message
        },
    })
}
