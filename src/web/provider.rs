//! The provider listener: `GET /config`, the last hop of the flow.
//!
//! A request with `wait` is held until the document differs from what its connection got last. Traefik sends no
//! version with its polls but keeps one connection, so the connection is the key. Before the first publication
//! the answer is an empty 503: Traefik then keeps what it has, and the connection. The end of a hold is always
//! the whole document (Traefik takes nothing but 200), on stop too: a dropped connection would cost it a
//! back-off. Once Traefik's own container is told to stop, nothing is held any more until it connects anew. Beside it there is only the page for visitors of closed envs ([`maintenance`]). This listener holds a
//! [`Reader`], what that page says, and the registry of pollers, nothing else.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, ORIGIN};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::chunks::Chunks;
use super::connection::OnWritten;
use super::error::{ApiError, ErrorStatus};
use super::maintenance;
use super::metrics::Metrics;
use super::proxies::{Poller, Proxies};
use super::respond;
use super::server::{self, Limits};
use super::token::Token;
use crate::go_duration;
use crate::reconciler::{Closed, Farewell};
use crate::routing::ids::Revision;
use crate::routing::model::{Authority, MAINTENANCE};
use crate::snapshot::{Reader, Snapshot};

/// What the provider listener needs.
#[derive(Debug)]
pub struct ProviderOptions {
    /// The published document.
    pub reader: Reader,
    /// Where pollers are registered.
    pub proxies: Proxies,
    /// What visitors of closed envs are told.
    pub closed: watch::Receiver<Closed>,
    /// Whether Traefik was told to stop.
    pub farewell: watch::Receiver<Farewell>,
    /// What requests must carry.
    pub token: Option<Token>,
    /// The longest hold.
    pub max_hold: Duration,
    /// What the listener puts up with.
    pub limits: Limits,
    /// Where polls are counted.
    pub metrics: Metrics,
}

type Body = Either<Chunks, Full<Bytes>>;

/// Serves until stopped; then every held request gets the current document at once.
pub async fn serve_provider(
    listener: TcpListener,
    options: ProviderOptions,
    stop: CancellationToken,
) {
    let run = server::Run {
        limits: options.limits.clone(),
        metrics: options.metrics.listener("provider"),
        stop: stop.clone(),
    };
    let options = Arc::new(options);
    server::serve(listener, run, |peer| {
        let connection = Arc::new(Connection {
            poller: Arc::new(options.proxies.join(peer.remote)),
            local: peer.local,
            joined_after: options.farewell.borrow().signals,
            options: Arc::clone(&options),
            stop: stop.clone(),
        });
        service_fn(move |request| answer(Arc::clone(&connection), request))
    })
    .await;
}

struct Connection {
    options: Arc<ProviderOptions>,
    poller: Arc<Poller>,
    /// Where the other side reached this one.
    local: SocketAddr,
    /// How many signals to stop Traefik had got when it began.
    joined_after: u64,
    stop: CancellationToken,
}

async fn answer(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if request.uri().path().starts_with(MAINTENANCE) {
        let page = maintenance::page(request, &connection.options.closed).await;
        return Ok(page.map(Either::Right));
    }
    let wait = match connection.check(&request) {
        Ok(wait) => wait,
        Err(error) => {
            connection.options.metrics.polled("refused");
            return Ok(respond::problem(error).map(Either::Right));
        }
    };
    let reached = connection.reached(request.headers());
    Ok(connection.poll(wait, reached).await)
}

impl Connection {
    /// Everything that can be wrong with a request; else how long it may be held.
    fn check(&self, request: &Request<Incoming>) -> Result<Option<Duration>, ApiError> {
        let headers = request.headers();
        refuse_other_versions(request.version())?;
        refuse_browsers(headers)?;
        if let Some(token) = &self.options.token
            && !token.admits(headers)
        {
            return Err(ApiError::unauthorized());
        }
        if !request.body().is_end_stream() {
            return Err(
                ApiError::bad_request("body_not_allowed", "this request takes no body").closing(),
            );
        }
        if request.uri().path() != "/config" {
            let detail = format!("{:?} is not here: GET /config is", request.uri().path());
            return Err(ApiError::not_found("not_found", detail));
        }
        if request.method() != Method::GET {
            return Err(ApiError::method_not_allowed("GET"));
        }
        wait(request.uri().query().unwrap_or_default())
    }

    /// Where the poller reaches this listener: as it says, when a token proves that it may say so. Otherwise anybody who
    /// reaches the listener could have visitors sent elsewhere, so it is where the connection arrived.
    fn reached(&self, headers: &HeaderMap) -> Option<Authority> {
        let host = headers.get(HOST).filter(|_| self.options.token.is_some());
        let Some(host) = host.map(HeaderValue::to_str) else {
            return Some(self.local.into());
        };
        host.ok().and_then(|host| Authority::parse(host).ok())
    }

    async fn poll(&self, wait: Option<Duration>, reached: Option<Authority>) -> Response<Body> {
        let seen = self.poller.begin(reached);
        if let Some(wait) = wait {
            self.hold(seen, wait.min(self.options.max_hold)).await;
        }
        let Some(snapshot) = self.options.reader.load() else {
            self.poller.end();
            self.options.metrics.polled("not_synced");
            return unpublished();
        };
        let changed = seen != Some(snapshot.revision());
        let result = if changed { "changed" } else { "unchanged" };
        self.options.metrics.polled(result);
        self.document(&snapshot)
    }

    /// Returns when there is something that the connection has not got, when the time is over, or when either side is
    /// to stop.
    async fn hold(&self, seen: Option<Revision>, wait: Duration) {
        let _holding = self.options.metrics.holding();
        let mut reader = self.options.reader.clone();
        tokio::select! {
            biased;
            _snapshot = reader.newer_than(seen) => {}
            () = self.stop.cancelled() => {}
            () = self.farewell() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }

    /// Completes when Traefik may not be kept waiting: it was told to stop since this connection began, or a Traefik is
    /// leaving. It asks to the end on the connection that it has, and does not end while an answer is outstanding.
    async fn farewell(&self) {
        let mut farewell = self.options.farewell.clone();
        let told = farewell.wait_for(|now| !now.lets_hold(self.joined_after));
        if told.await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    fn document(&self, snapshot: &Snapshot) -> Response<Body> {
        let mut response = Response::new(Either::Left(Chunks::new(Arc::clone(snapshot.body()))));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        respond::secure(response.headers_mut());
        let poller = Arc::clone(&self.poller);
        let (revision, sequence) = (snapshot.revision(), snapshot.sequence());
        let written = OnWritten(Arc::new(move || poller.served(revision, sequence)));
        response.extensions_mut().insert(written);
        response
    }
}

/// An empty body keeps the connection: Traefik closes it over an error that has one.
fn unpublished() -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::default()));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    respond::secure(response.headers_mut());
    response
}

/// The `wait` of a query. Other parameters may be there: they tell a proxy's configuration from another's.
fn wait(query: &str) -> Result<Option<Duration>, ApiError> {
    let mut given = query.split('&').filter_map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name == "wait").then_some(value)
    });
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(ApiError::bad_request("invalid_wait", "wait is given twice"));
    }
    let wait = first.map(go_duration::parse).transpose();
    wait.map_err(|error| ApiError::bad_request("invalid_wait", format!("wait: {error}")))
}

/// HTTP/1.1 is what Traefik and every client of today speaks; nothing else is needed here.
pub(super) fn refuse_other_versions(version: Version) -> Result<(), ApiError> {
    if version == Version::HTTP_11 {
        return Ok(());
    }
    let error = ApiError::new(
        ErrorStatus::HTTP_VERSION_NOT_SUPPORTED,
        "http_version",
        "only HTTP/1.1 is spoken here",
    );
    Err(error.closing())
}

/// No script in a browser has any business here; a proxy or curl never sends these headers.
fn refuse_browsers(headers: &HeaderMap) -> Result<(), ApiError> {
    let site = headers.get("sec-fetch-site");
    if !headers.contains_key(ORIGIN) && site.is_none_or(|site| site == "none") {
        return Ok(());
    }
    let detail = "requests from web pages are not answered";
    Err(ApiError::new(
        ErrorStatus::FORBIDDEN,
        "browser_request",
        detail,
    ))
}
