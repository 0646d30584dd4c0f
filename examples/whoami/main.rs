//! The sample app of the demo and the end-to-end tests: an HTTP server that says which version it
//! is, and that can be told to be unhealthy, slow or to fail.
//!
//! * `GET /version`: the version and nothing else; any other path: app, version and host name
//! * `GET /health`: 200, or 503 after `POST /admin/unhealthy`; `POST /admin/healthy` ends that
//! * `POST /admin/slow?ms=500`, `POST /admin/fail?share=25` (percent answered with 500)
//! * `POST /admin/reset`: as at the start
//! * `GET /slow?ms=500`, `POST /upload`, `GET /events` (server-sent), `GET /socket` (WebSocket): requests that last
//!
//! With `UDP_PORT` it answers every datagram there with its version.
//!
//! Health and admin requests are never slow and never fail; what is set holds for this process, not
//! for other replicas. On SIGTERM it goes on for `LINGER_MS` (0) as if nothing had happened, then
//! requests in flight are finished, streams end with a goodbye, and it exits with 0. `whoami
//! healthcheck` asks the server in its own container: a Docker health check without a shell.

mod lasting;

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, Uri};
use axum::routing::{any, get, post};
use clap::Parser;
use tokio::net::{TcpListener, UdpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long sockets may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

#[derive(Parser)]
struct Arguments {
    #[arg(long, env = "PORT", default_value_t = 80)]
    port: u16,
    #[arg(long, env = "APP", default_value = "whoami")]
    app: String,
    #[arg(long, env = "VERSION", default_value = "unknown")]
    version: String,
    /// Docker sets it to the container's host name.
    #[arg(long, env = "HOSTNAME", default_value = "unknown")]
    hostname: String,
    /// How long it goes on answering after SIGTERM.
    #[arg(long, env = "LINGER_MS", default_value_t = 0)]
    linger_ms: u64,
    /// Where datagrams are answered; nowhere when unset.
    #[arg(long, env = "UDP_PORT")]
    udp_port: Option<u16>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Exits with 0 if the server on this port says that it is healthy.
    Healthcheck,
}

/// What the server answers, and how the admin requests have changed that.
#[derive(Default)]
struct App {
    line: String,
    version: String,
    unhealthy: AtomicU64,
    slow_ms: AtomicU64,
    fail_share: AtomicU64,
    answered: AtomicU64,
    /// Streams say goodbye.
    ends: AtomicBool,
    sockets: Mutex<JoinSet<()>>,
}

type Answer = (StatusCode, String);

async fn answer(State(app): State<Arc<App>>, uri: Uri) -> Answer {
    tokio::time::sleep(Duration::from_millis(app.slow_ms.load(Relaxed))).await;
    // Spread evenly, not at random: a share of 25 fails exactly every fourth request.
    let count = app.answered.fetch_add(1, Relaxed);
    let share = app.fail_share.load(Relaxed).min(100);
    if (count + 1) * share / 100 > count * share / 100 {
        return (StatusCode::INTERNAL_SERVER_ERROR, "told to fail\n".into());
    }
    let is_version = uri.path() == "/version";
    (
        StatusCode::OK,
        if is_version { &app.version } else { &app.line }.clone(),
    )
}

async fn health(State(app): State<Arc<App>>) -> Answer {
    match app.unhealthy.load(Relaxed) {
        0 => (StatusCode::OK, "healthy\n".into()),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy\n".into()),
    }
}

async fn admin(
    State(app): State<Arc<App>>,
    Path(command): Path<String>,
    Query(query): Query<HashMap<String, u64>>,
) -> Answer {
    match command.as_str() {
        "unhealthy" => app.unhealthy.store(1, Relaxed),
        "healthy" => app.unhealthy.store(0, Relaxed),
        "slow" => app
            .slow_ms
            .store(query.get("ms").copied().unwrap_or(500), Relaxed),
        "fail" => app
            .fail_share
            .store(query.get("share").copied().unwrap_or(100), Relaxed),
        "reset" => {
            for knob in [&app.unhealthy, &app.slow_ms, &app.fail_share] {
                knob.store(0, Relaxed);
            }
        }
        _ => return (StatusCode::NOT_FOUND, "no such command\n".into()),
    }
    (StatusCode::OK, "done\n".into())
}

/// Answers every datagram with the version.
async fn echo(port: u16, version: String) -> std::io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).await?;
    let mut datagram = [0; 512];
    loop {
        let (_, from) = socket.recv_from(&mut datagram).await?;
        socket.send_to(version.as_bytes(), from).await?;
    }
}

fn is_healthy(port: u16) -> std::io::Result<bool> {
    // Without a time-out: Docker ends a check that takes too long.
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head.ends_with(b" 200"))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Verb::Healthcheck) = arguments.verb {
        let is_healthy = is_healthy(arguments.port).unwrap_or(false);
        return Ok(if is_healthy {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    let Arguments {
        app,
        version,
        hostname,
        ..
    } = arguments;
    // Before anything can be in flight: as process 1 it gets no default action for the signal.
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, arguments.port)).await?;
    writeln!(
        std::io::stdout(),
        "{app} {version} listens on {}",
        listener.local_addr()?
    )?;
    let mut datagrams = JoinSet::new();
    if let Some(port) = arguments.udp_port {
        datagrams.spawn(echo(port, version.clone()));
    }
    let line = format!("app={app} version={version} host={hostname}\n");
    let app = Arc::new(App {
        line,
        version,
        ..App::default()
    });
    let linger = Duration::from_millis(arguments.linger_ms);
    let told = Arc::clone(&app);
    let end = async move {
        terminate.recv().await.unwrap_or_default();
        tokio::time::sleep(linger).await;
        told.ends.store(true, Relaxed);
    };
    let serve = axum::serve(listener, router(Arc::clone(&app)));
    serve.with_graceful_shutdown(end).await?;
    let mut sockets = app.sockets.lock().await;
    let goodbyes = async { while sockets.join_next().await.is_some() {} };
    // whoever does not listen any more is left
    timeout(GOODBYE, goodbyes).await.unwrap_or_default();
    Ok(ExitCode::SUCCESS)
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/admin/{command}", post(admin))
        .route("/slow", get(lasting::slow))
        .route("/upload", post(lasting::upload))
        .route("/events", get(lasting::events))
        .route("/socket", get(lasting::socket))
        .fallback(any(answer))
        .with_state(app)
}
