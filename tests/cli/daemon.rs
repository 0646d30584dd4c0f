//! A fake admin listener: one connection for each planned reply, in order; then it is gone.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use serde::Serialize;

/// What the daemon does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status, further header lines, body.
    Answer(u16, &'static str, String),
    /// Reads the request and closes the connection.
    Break,
}

impl Reply {
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Self {
        Self::Answer(status, "", serde_json::to_string(value).unwrap())
    }

    pub(crate) fn ok(value: &impl Serialize) -> Self {
        Self::json(200, value)
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `POST /v1/... {"version":"v1"}`
    pub(crate) line: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }
}

pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    thread: JoinHandle<Vec<Request>>,
}

impl Daemon {
    pub(crate) fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let serve = move || {
            let answered = replies
                .iter()
                .map(|reply| answer(&listener.accept().unwrap().0, reply));
            answered.collect()
        };
        Self {
            address,
            thread: std::thread::spawn(serve),
        }
    }

    /// The requests; every planned one must have come.
    pub(crate) fn requests(self) -> Vec<Request> {
        let is_waiting = !self.thread.is_finished();
        // Lets a thread that still waits for a request run into its end.
        let woken = is_waiting && TcpStream::connect(self.address).is_ok();
        let requests = self
            .thread
            .join()
            .expect("every planned reply was asked for");
        assert!(
            !woken || !requests.is_empty(),
            "a planned reply was not asked for"
        );
        requests
    }
}

fn answer(stream: &TcpStream, reply: &Reply) -> Request {
    let request = read(stream);
    if let Reply::Answer(status, headers, body) = reply {
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
    }
    request
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end() {
            "" => break,
            text => lines.push(text.to_owned()),
        }
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request {
        line: lines[0].trim_end_matches(" HTTP/1.1").to_owned(),
        headers,
    };
    assert_eq!(
        request.header("transfer-encoding"),
        None,
        "a body has a length"
    );
    let length: u64 = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body).unwrap();
    if !body.is_empty() {
        request.line = format!("{} {body}", request.line);
    }
    request
}
