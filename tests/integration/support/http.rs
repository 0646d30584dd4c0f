//! A client that speaks HTTP/1.1 by hand and asserts on every answer what must always hold.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use pointsman::api::Problem;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Nothing in these tests takes longer, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Headers that an answer of ours may have.
const KNOWN: [&str; 10] = [
    "allow",
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "retry-after",
    "www-authenticate",
    "x-content-type-options",
];

/// One connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: bool,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: Vec::new(),
            head: false,
        }
    }

    /// A request without a body, with a Host that is always right.
    pub(crate) async fn get(&mut self, target: &str) -> Answer {
        self.send(&request("GET", target, &[], "")).await;
        self.answer().await
    }

    pub(crate) async fn ask(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.send(&request(method, target, headers, body)).await;
        self.head = method == "HEAD";
        self.answer().await
    }

    pub(crate) async fn send(&mut self, bytes: &str) {
        self.stream.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        let answer = tokio::time::timeout(PATIENCE, self.read_answer()).await;
        let answer = answer.expect("an answer within the test's patience");
        answer.expect("an answer, not the end of the connection")
    }

    /// Waits for the end of the connection; anything before it is a failure.
    pub(crate) async fn closed(&mut self) {
        let end = tokio::time::timeout(PATIENCE, self.read_answer()).await;
        let end = end.expect("the end of the connection within the test's patience");
        assert!(end.is_none(), "no answer, but the end: {end:?}");
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let head_end = loop {
            if let Some(at) = find(&self.buffer, b"\r\n\r\n") {
                break at;
            }
            if !self.read_more().await {
                assert!(self.buffer.is_empty(), "cut in the middle of a head");
                return None;
            }
        };
        let head = String::from_utf8(self.buffer[..head_end].to_vec()).unwrap();
        self.buffer.drain(..head_end + 4);
        let (status, headers) = parse_head(&head);
        let length = headers.get("content-length").map(|l| l.parse().unwrap());
        let length = if self.head { 0 } else { length.unwrap_or(0) };
        self.head = false;
        while self.buffer.len() < length {
            assert!(self.read_more().await, "cut in the middle of a body");
        }
        let body = self.buffer.drain(..length).collect();
        let answer = Answer {
            status,
            headers,
            body,
        };
        answer.check();
        Some(answer)
    }

    /// Sends to a peer that may have closed already.
    pub(crate) async fn send_if_open(&mut self, bytes: &str) {
        let sent = self.stream.write_all(bytes.as_bytes()).await;
        drop(sent); // a failure shows in what is read next
    }

    /// Has the peer closed, or does it within this time.
    pub(crate) async fn is_closed_within(&mut self, time: Duration) -> bool {
        let read = tokio::time::timeout(time, self.read_more()).await;
        assert!(self.buffer.is_empty(), "nothing was asked for");
        matches!(read, Ok(false))
    }

    /// Does the peer answer at all, as opposed to closing.
    pub(crate) async fn first_byte(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.read_more()).await;
        read.expect("an answer or the end within the test's patience")
    }

    /// The next bytes as they come.
    pub(crate) async fn read_exact(&mut self, bytes: &mut [u8]) {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_exact(bytes)).await;
        let count = read.expect("bytes within the test's patience").unwrap();
        assert_eq!(count, bytes.len(), "all of them");
    }

    /// Reads to the end; whatever came was no success.
    pub(crate) async fn ends_without_success(&mut self) {
        while self.first_byte().await {}
        let text = String::from_utf8_lossy(&self.buffer);
        assert!(!text.contains(" 200 "), "{text}");
    }

    async fn read_more(&mut self) -> bool {
        // a connection that is cut with bytes unread on the other side ends in a reset
        self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) > 0
    }
}

impl Answer {
    fn check(&self) {
        for name in self.headers.keys() {
            assert!(KNOWN.contains(&name.as_str()), "unexpected header {name}");
        }
        if self.header("connection") == Some("close") && self.body.is_empty() && self.status == 431
        {
            return; // hyper's own answer to a head that is too long
        }
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
        assert_eq!(
            self.header("x-content-type-options"),
            Some("nosniff"),
            "{self:?}"
        );
        if self.status != 204 {
            assert!(self.header("content-length").is_some(), "{self:?}");
        }
        if self.body.is_empty() {
            return;
        }
        let is_page = self.header("content-security-policy").is_some();
        if self.status >= 400 && !is_page {
            let kind = self.header("content-type");
            assert_eq!(kind, Some("application/problem+json"), "{self:?}");
            let problem = self.problem();
            assert_eq!(problem.status, self.status, "the body repeats the status");
            assert!(!problem.detail.is_empty(), "an error says what is wrong");
        } else {
            assert!(self.header("content-type").is_some(), "{self:?}");
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn problem(&self) -> Problem {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and code, the two things that scripts compare.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.problem().code)
    }
}

/// A request as text. A body is JSON unless the headers say otherwise.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{method} {target} HTTP/1.1\r\n");
    let has = |name: &str| headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if !has("host") {
        text.push_str("Host: localhost\r\n");
    }
    if !body.is_empty() {
        if !has("content-type") {
            text.push_str("Content-Type: application/json\r\n");
        }
        if !has("content-length") {
            write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
        }
    }
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text + "\r\n" + body
}

fn parse_head(head: &str) -> (u16, BTreeMap<String, String>) {
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap();
    let status = status.strip_prefix("HTTP/1.1 ").expect("HTTP/1.1");
    let mut headers = BTreeMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a header line");
        let old = headers.insert(name.to_lowercase(), value.to_owned());
        assert!(old.is_none(), "header {name} is there twice");
    }
    let code = status.split(' ').next().unwrap();
    (code.parse().unwrap(), headers)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}

/// Looks again every millisecond, for facts that nothing announces.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let looked = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    looked.await.unwrap_or_else(|_| panic!("never: {what}"));
}
