//! A bounded load generator for the demo and the end-to-end tests: keep-alive clients that count
//! failures and remember, in order, which answers they got.
//!
//! `load --url http://127.0.0.1:8080/version --host whoami.dev.localhost --seconds 10`
//!
//! It runs for `--seconds`, or with `--until-stdin-closes` until then (never longer than
//! `--seconds`, never more than `--max-requests`). Each line on standard input prints what happened
//! since the line before, as a mark named by that line; the summary comes at the end. It exits with
//! 1 if a request failed.
//!
//! A failure is any status but 2xx, and any error of a request that was sent or could not be sent.
//! Nothing is tried again; only a connection that the server closed between two requests is
//! replaced without counting. For every switch from one answer to another, `overlap_ms` tells how
//! long the old answer was still given to requests that were sent after the new one had arrived at
//! any client: more than 0 is a window with mixed answers. `switches` is null if the clients did
//! not all see the same order. Only loopback addresses are accepted as targets.

mod tally;

use std::io::{BufRead as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};

use tally::Tally;

/// Answers are compared as text; longer ones are a failure.
const BODY_LIMIT_BYTES: usize = 64 * 1024;

#[derive(Parser)]
struct Arguments {
    /// What to request; the address must be a loopback one
    #[arg(long)]
    url: Uri,
    /// The Host header, if it is not the URL's
    #[arg(long)]
    host: Option<String>,
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    clients: u16,
    /// Requests per second and client; 0: as many as it takes
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// The longest time to run
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// The most requests to send, all clients together
    #[arg(long, default_value_t = 2_000_000)]
    max_requests: usize,
    /// Time-out of one request
    #[arg(long, default_value_t = 10_000)]
    timeout_ms: u64,
    #[arg(long)]
    until_stdin_closes: bool,
    /// Each JSON object on one line
    #[arg(long)]
    json: bool,
}

/// What every client sends.
struct Target {
    address: SocketAddr,
    path: String,
    host: String,
    pause: Option<Duration>,
    timeout: Duration,
    max_requests: usize,
    clients: u16,
    origin: Instant,
}

async fn connect(
    target: &Target,
    connections: &mut JoinSet<()>,
) -> anyhow::Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(target.address)
        .await
        .context("connect")?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.context("connect")?;
    // An error of the connection is seen by the request on it.
    connections.spawn(async move { connection.await.unwrap_or_default() });
    Ok(sender)
}

async fn request(
    target: &Target,
    sender: &mut SendRequest<Empty<Bytes>>,
) -> anyhow::Result<String> {
    let request = Request::get(&target.path)
        .header("host", &target.host)
        .body(Empty::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), BODY_LIMIT_BYTES)
        .collect()
        .await;
    let body = body
        .map_err(|error| anyhow::anyhow!("body: {error}"))?
        .to_bytes();
    let text = String::from_utf8_lossy(&body).trim().to_owned();
    ensure!(
        status.is_success(),
        "status {} {:.80}",
        status.as_u16(),
        text
    );
    Ok(text)
}

async fn client(number: u16, target: Arc<Target>, tally: Arc<Mutex<Tally>>) {
    let mut connections = JoinSet::new();
    let mut sender: Option<SendRequest<_>> = None;
    // Spread over the first pause, so that the clients do not all send at the same moment.
    let spread = |pause| pause * u32::from(number) / u32::from(target.clients);
    let mut ticks = target
        .pause
        .map(|pause| interval_at(target.origin + spread(pause), pause));
    if let Some(ticks) = &mut ticks {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let lock = || tally.lock().unwrap_or_else(PoisonError::into_inner);
    let now_us = || u64::try_from(target.origin.elapsed().as_micros()).unwrap_or(u64::MAX);
    loop {
        match &mut ticks {
            Some(ticks) => drop(ticks.tick().await),
            None => tokio::task::yield_now().await,
        }
        {
            let mut tally = lock();
            if tally.is_closed || tally.sent >= target.max_requests {
                return;
            }
            tally.sent += 1;
        }
        // Closed by the server between two requests: nothing was lost.
        let usable = match &mut sender {
            Some(sender) => sender.ready().await.is_ok(),
            None => false,
        };
        let sent_us = now_us();
        let exchange = async {
            if !usable {
                lock().connections += 1;
                sender = Some(connect(&target, &mut connections).await?);
            }
            request(&target, sender.as_mut().context("no connection")?).await
        };
        let result = timeout(target.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(anyhow::anyhow!("time-out")));
        if result.is_err() {
            sender = None;
        }
        lock().record(number.into(), (sent_us, now_us()), result);
    }
}

/// The lines of standard input, read on a thread of their own: such a read cannot be cancelled.
fn stdin_lines() -> mpsc::Receiver<String> {
    let (line_tx, line_rx) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if line_tx.blocking_send(line).is_err() {
                return;
            }
        }
    });
    line_rx
}

fn target(arguments: &Arguments, origin: Instant) -> anyhow::Result<Target> {
    let url = &arguments.url;
    ensure!(
        url.scheme_str() == Some("http"),
        "only http:// URLs are supported"
    );
    let name = url.host().context("the URL has no host")?;
    let address = match name.trim_matches(['[', ']']) {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        name => name.parse().context("the URL's host is not an address")?,
    };
    ensure!(
        address.is_loopback(),
        "{address} is not a loopback address; load goes to this machine only"
    );
    let authority = url.authority().context("the URL has no host")?.as_str();
    Ok(Target {
        address: SocketAddr::new(address, url.port_u16().unwrap_or(80)),
        path: url
            .path_and_query()
            .map_or("/", |path| path.as_str())
            .to_owned(),
        host: arguments
            .host
            .clone()
            .unwrap_or_else(|| authority.to_owned()),
        pause: Duration::from_secs(1).checked_div(arguments.rate),
        timeout: Duration::from_millis(arguments.timeout_ms),
        max_requests: arguments.max_requests,
        clients: arguments.clients,
        origin,
    })
}

fn print(arguments: &Arguments, value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{value}")?;
    } else {
        writeln!(out, "{value:#}")?;
    }
    out.flush()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let origin = Instant::now();
    let end = origin + Duration::from_secs(arguments.seconds);
    let target = Arc::new(target(&arguments, origin)?);
    let tally = Arc::new(Mutex::new(Tally::default()));
    let lock = || tally.lock().unwrap_or_else(PoisonError::into_inner);
    lock()
        .clients
        .resize_with(arguments.clients.into(), Vec::new);
    let now_us = || u64::try_from(origin.elapsed().as_micros()).unwrap_or(u64::MAX);
    let mut clients = JoinSet::new();
    for number in 0..arguments.clients {
        clients.spawn(client(number, Arc::clone(&target), Arc::clone(&tally)));
    }
    let mut lines = if arguments.until_stdin_closes {
        stdin_lines()
    } else {
        mpsc::channel(1).1
    };
    let mut is_open = arguments.until_stdin_closes;
    loop {
        tokio::select! {
            line = lines.recv(), if is_open => match line {
                Some(line) => print(&arguments, &lock().mark(&line, now_us()))?,
                None => is_open = false,
            },
            ended = clients.join_next() => if ended.is_none() { break },
            () = sleep_until(end) => break,
        }
        if arguments.until_stdin_closes && !is_open {
            break;
        }
    }
    // Requests in flight end, each within its time-out: a hanging one is a failure like any other.
    lock().is_closed = true;
    clients.join_all().await;
    let tally = std::mem::take(&mut *lock());
    let failed = tally.failed;
    print(&arguments, &tally.summary(now_us()))?;
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
