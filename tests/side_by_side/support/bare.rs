//! The least that a server can do: hyper with one answer in memory.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::e2e::runtime;

/// It ends with this value.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    _tasks: JoinSet<()>,
}

impl Bare {
    /// Answers every request with these bytes.
    pub(crate) fn start(bytes: Bytes) -> Self {
        let listener = runtime()
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn_on(serve(listener, bytes), runtime().handle());
        Self {
            address,
            _tasks: tasks,
        }
    }
}

async fn serve(listener: TcpListener, bytes: Bytes) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).unwrap();
        let bytes = bytes.clone();
        connections.spawn(async move {
            let service = service_fn(move |_request| {
                let answer = Response::builder()
                    .header("content-type", "application/json")
                    .body(Full::new(bytes.clone()));
                std::future::ready(Ok::<_, Infallible>(answer.unwrap()))
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // clients that go away are no news
            drop(connection.await);
        });
    }
}
