//! P3: the first answer after a change, 10,000 containers, against a bare server with one buffer of the same size.
//!
//! Both in this process; the peer reads as fast as it can. What was not touched must be the very same bytes in memory.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use pointsman::reconciler::{Closed, Farewell};
use pointsman::snapshot::{Reader, Snapshot};
use pointsman::web::{Limits, Metrics, ProviderOptions, Proxies, serve_provider};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::e2e::runtime;
use crate::support::bare::Bare;
use crate::support::figures::{Report, Times, ratio};
use crate::support::sized;
use crate::support::table::{Host, change};

#[test]
#[ignore = "a measurement: make bench, and a small round in make test"]
fn first_body_after_a_change() {
    let size = sized(400, 10_000);
    let mut host = Host::of(size);
    let (address, _tasks) = serve(host.reader.clone());
    let before = host.reader.load().unwrap();
    let bare = Bare::start(before.body().chunks.concat().into());
    let (mut ours, mut theirs, mut copied) = (Vec::new(), Vec::new(), Vec::new());
    let [mut to_us, mut to_them] = [address, bare.address].map(Peer::connect);
    let mut last = before;
    for round in 0..sized(4, 200) {
        assert!(
            host.take_in(change(round * 13 % size, round % 4)) || round % 4 > 0,
            "it changes"
        );
        ours.push(to_us.get());
        theirs.push(to_them.get());
        let now = host.reader.load().unwrap();
        copied.push(unlike(&last, &now));
        last = now;
    }
    let (ours, theirs) = (Times::new(ours), Times::new(theirs));
    copied.sort_unstable();
    let mut report = Report::new(
        "first-body",
        &[
            "containers",
            "bytes",
            "new bytes",
            "Pointsman",
            "bare hyper server",
            "times as long",
        ],
    );
    let cells = [
        size.to_string(),
        last.body().len.to_string(),
        copied[copied.len() / 2].to_string(),
        ours.spread(),
        theirs.spread(),
        format!("{:.2}", ratio(ours.median(), theirs.median())),
    ];
    let raw = json!({ "bytes": last.body().len, "copied": copied, "pointsman_us": ours.micros(), "bare_us": theirs.micros() });
    report.row(&cells, raw);
    report.write();
}

fn serve(reader: Reader) -> (SocketAddr, JoinSet<()>) {
    let listener = runtime()
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = listener.local_addr().unwrap();
    let proxies = Proxies::new();
    let options = ProviderOptions {
        metrics: Metrics::new(reader.clone(), proxies.clone(), |_| {}),
        reader,
        proxies,
        closed: watch::channel(Closed::new()).1,
        farewell: watch::channel(Farewell::default()).1,
        token: None,
        max_hold: Duration::from_secs(4),
        limits: Limits::default(),
    };
    let mut tasks = JoinSet::new();
    tasks.spawn_on(
        serve_provider(listener, options, CancellationToken::new()),
        runtime().handle(),
    );
    (address, tasks)
}

/// Bytes of a body that were not in memory for the one before.
fn unlike(before: &Arc<Snapshot>, after: &Arc<Snapshot>) -> usize {
    let known: BTreeSet<_> = before
        .body()
        .chunks
        .iter()
        .map(|chunk| chunk.as_ptr())
        .collect();
    let chunks = after.body().chunks.iter();
    let new = chunks.filter(|chunk| !known.contains(&chunk.as_ptr()));
    new.map(bytes::Bytes::len).sum()
}

/// Asks on one connection, and reads what comes.
struct Peer {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Peer {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 1024 * 1024],
        }
    }

    /// From the request to the last byte of its answer.
    fn get(&mut self) -> Duration {
        let begun = Instant::now();
        self.stream
            .write_all(b"GET /config HTTP/1.1\r\nhost: localhost\r\n\r\n")
            .unwrap();
        let mut read = self.stream.read(&mut self.buffer).unwrap();
        let head = String::from_utf8_lossy(&self.buffer[..read]).into_owned();
        let (head, _) = head
            .split_once("\r\n\r\n")
            .expect("the head comes in one piece");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let end = head.len() + 4 + length.unwrap().parse::<usize>().unwrap();
        while read < end {
            read += self.stream.read(&mut self.buffer).unwrap();
        }
        begun.elapsed()
    }
}
