//! Clients that stay: server-sent events and web sockets. Every other one leaves by itself after a while and comes back; the
//! others stay until the app says goodbye.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::crowd::Field;
use super::ledger::{Begun, Ending, Kind};
use crate::support::http::{Client, LIMIT};

/// How long those stay that leave by themselves.
const STAY: Duration = Duration::from_secs(2);
/// After a failure, before the next attempt.
const PAUSE: Duration = Duration::from_millis(100);
/// Between two words on a web socket.
const TICK: Duration = Duration::from_millis(100);

/// What came.
pub(crate) enum Said {
    Text(String),
    Goodbye,
}

/// A stream of one kind. Errors: it was cut, or nothing came for too long.
pub(crate) trait Source: Sized + Send {
    const KIND: Kind;
    fn open(field: &Field) -> impl Future<Output = Result<Self, String>> + Send;
    fn next(&mut self) -> impl Future<Output = Result<Said, String>> + Send;
}

/// One stream after the other.
pub(crate) async fn follow<S: Source>(field: Arc<Field>, number: u32) {
    while !field.is_over() {
        let begun = field.ledger.begin(S::KIND, number);
        let opened = timeout(LIMIT, S::open(&field)).await;
        match opened.unwrap_or_else(|_elapsed| Err(format!("not open within {LIMIT:?}"))) {
            Ok(stream) => one(&field, &begun, stream).await,
            Err(what) => {
                field.ledger.answered(&begun, Err(what));
                sleep(PAUSE).await;
            }
        }
    }
}

async fn one<S: Source>(field: &Field, begun: &Begun, mut stream: S) {
    field.ledger.opened(S::KIND);
    let leaves = begun.client.is_multiple_of(2).then_some(STAY);
    let since = Instant::now();
    let mut server = String::new();
    let ending = loop {
        if field.is_over() || leaves.is_some_and(|stay| since.elapsed() > stay) {
            break Ending::Own;
        }
        match timeout(LIMIT, stream.next()).await {
            Err(_elapsed) => break Ending::Cut(format!("nothing came for {LIMIT:?}")),
            Ok(Err(what)) => break Ending::Cut(what),
            Ok(Ok(Said::Goodbye)) => break Ending::Goodbye,
            Ok(Ok(Said::Text(text))) => note(&mut server, &text),
        }
    };
    field.ledger.closed(begun, &server, ending);
}

/// Every text that tells who it is says `host=`; several may come in one piece.
fn note(server: &mut String, text: &str) {
    let host = text.split_once("host=");
    if let Some(host) = host.and_then(|(_, rest)| rest.split_whitespace().next()) {
        host.clone_into(server);
    }
}

/// Server-sent events.
pub(crate) struct Events {
    body: Incoming,
    /// Keeps the connection.
    _client: Client,
}

impl Source for Events {
    const KIND: Kind = Kind::Events;

    async fn open(field: &Field) -> Result<Self, String> {
        let mut client = <Client>::connect(field.target).await?;
        let request = field.get("/events").request();
        let response = client.sender.send_request(request).await;
        let response = response.map_err(|error| format!("{error:?}"))?;
        match response.status().as_u16() {
            200 => Ok(Self {
                body: response.into_body(),
                _client: client,
            }),
            status => Err(status.to_string()),
        }
    }

    async fn next(&mut self) -> Result<Said, String> {
        let frame = self.body.frame().await.ok_or("ended without a goodbye")?;
        let frame = frame.map_err(|error| format!("{error:?}"))?;
        let data: &[u8] = frame.data_ref().map_or(&[], Bytes::as_ref);
        let text = String::from_utf8_lossy(data).into_owned();
        if !text.contains("event: bye") {
            return Ok(Said::Text(text));
        }
        // and it must end well
        match self.body.frame().await {
            None => Ok(Said::Goodbye),
            Some(more) => Err(format!("after the goodbye: {more:?}")),
        }
    }
}

/// A web socket, with texts of at most 125 bytes.
pub(crate) struct Socket {
    stream: TcpStream,
    pending: Vec<u8>,
}

const HANDSHAKE: &str = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\
     sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
/// A whole text frame `tick`, with a mask of zeros.
const WORD: &[u8] = b"\x81\x84\0\0\0\0tick";
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

impl Source for Socket {
    const KIND: Kind = Kind::Socket;

    async fn open(field: &Field) -> Result<Self, String> {
        let stream = TcpStream::connect(field.target).await;
        let mut socket = Self {
            stream: stream.map_err(|error| error.to_string())?,
            pending: Vec::new(),
        };
        let head = format!(
            "GET /socket HTTP/1.1\r\nhost: {}\r\n{HANDSHAKE}",
            field.host
        );
        let sent = socket.stream.write_all(head.as_bytes()).await;
        sent.map_err(|error| error.to_string())?;
        socket.read_head().await?;
        Ok(socket)
    }

    async fn next(&mut self) -> Result<Said, String> {
        loop {
            if let Some(said) = self.take() {
                return said;
            }
            if let Ok(read) = timeout(TICK, self.read()).await {
                read?;
            } else {
                let sent = self.stream.write_all(WORD).await;
                sent.map_err(|error| format!("while sending: {error}"))?;
                self.read().await?;
            }
        }
    }
}

impl Socket {
    async fn read(&mut self) -> Result<(), String> {
        match self.stream.read_buf(&mut self.pending).await {
            Ok(0) => Err("ended without a goodbye".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn read_head(&mut self) -> Result<(), String> {
        let end = loop {
            let mut windows = self.pending.windows(4);
            if let Some(end) = windows.position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.read().await?;
        };
        let head: Vec<u8> = self.pending.drain(..end).collect();
        let line = String::from_utf8_lossy(&head);
        let line = line.lines().next().unwrap_or_default();
        let switched = line.starts_with("HTTP/1.1 101");
        switched.then_some(()).ok_or_else(|| line.to_owned())
    }

    /// The first frame that has come whole.
    fn take(&mut self) -> Option<Result<Said, String>> {
        let (kind, length) = (*self.pending.first()?, *self.pending.get(1)?);
        let end = 2 + usize::from(length);
        let text = self.pending.get(2..end)?.to_vec();
        self.pending.drain(..end);
        Some(match kind {
            TEXT => Ok(Said::Text(String::from_utf8_lossy(&text).into_owned())),
            CLOSE => Ok(Said::Goodbye),
            other => Err(format!("a frame of kind {other}")),
        })
    }
}
