//! The accept loop under both listeners: HTTP/1.1 only, bounded in connections, head size and time.
//!
//! One task per connection, all in one `JoinSet`, so none outlives [`serve`]. On stop the listener closes, idle
//! connections close, requests in flight are answered; what is left after the grace time is dropped. A
//! connection beyond the bound is closed at once: a queue would only hide that something is wrong.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection::{Guarded, OnWritten, Progress, Tracked};
use super::metrics::ListenerMetrics;

/// What a listener puts up with.
#[derive(Clone, Debug)]
pub struct Limits {
    /// From the first byte of a request head (on a new connection: from the accept) to its end.
    pub header: Duration,
    /// Between two requests; longer than Go's client keeps an idle connection (90 s), so that the client closes.
    pub idle: Duration,
    /// How long a peer may leave its answer unread.
    pub write: Duration,
    /// Size of a request head.
    pub head_bytes: usize,
    /// Connections at one time.
    pub connections: usize,
    /// From stop until what is still open is dropped.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(5),
            idle: Duration::from_mins(2),
            write: Duration::from_secs(10),
            head_bytes: 16 * 1024,
            connections: 128,
            grace: Duration::from_secs(5),
        }
    }
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    /// The other side.
    pub(super) remote: SocketAddr,
    /// This side.
    pub(super) local: SocketAddr,
}

/// How a listener is run.
pub(super) struct Run {
    pub(super) limits: Limits,
    pub(super) metrics: ListenerMetrics,
    pub(super) stop: CancellationToken,
}

/// Serves until stopped. `connect` makes the service of each connection.
pub(super) async fn serve<C, S, B>(listener: TcpListener, run: Run, connect: C)
where
    C: Fn(Peer) -> S,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Run {
        limits,
        metrics,
        stop,
    } = run;
    let slots = Arc::new(Semaphore::new(limits.connections));
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(ended) = tasks.join_next() => {
                report(ended);
                continue;
            }
            accepted = accept(&listener) => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // out of descriptors, or a peer that left while queued: neither is a reason to stop serving
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            metrics.refused();
            tracing::warn!(remote = %peer.remote, limit = limits.connections, "too many connections");
            continue;
        };
        let connection = drive(stream, connect(peer), limits.clone(), stop.clone());
        let open = metrics.connected();
        tasks.spawn(async move {
            connection.await;
            drop((slot, open));
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(limits.grace, async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    });
    if drained.await.is_err() {
        tracing::warn!(open = tasks.len(), "connections dropped at shutdown");
    }
    tasks.shutdown().await;
}

async fn accept(listener: &TcpListener) -> std::io::Result<(TcpStream, Peer)> {
    let (stream, remote) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    Ok((stream, Peer { remote, local }))
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed");
    }
}

async fn drive<S, B>(stream: TcpStream, service: S, limits: Limits, stop: CancellationToken)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Send + Sync + 'static,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let progress = Progress::new();
    let io = TokioIo::new(Guarded::new(stream, Arc::clone(&progress)));
    let tracked = service_fn(|request| {
        progress.busy();
        let answer = service.call(request);
        let progress = Arc::clone(&progress);
        async move {
            let mut response = answer.await?;
            let written = response.extensions_mut().remove::<OnWritten>();
            Ok::<_, Infallible>(response.map(|body| Tracked::new(body, progress, written)))
        }
    });
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        .max_header_size(limits.head_bytes)
        .serve_connection(io, tracked);
    let mut connection = std::pin::pin!(connection);
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection ended");
                }
                return;
            }
            why = progress.overdue(&limits) => {
                tracing::debug!(why, "connection cut");
                return;
            }
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
