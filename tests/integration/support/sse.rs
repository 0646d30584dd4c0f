//! A client of server-sent events.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;

use super::soon;

/// A stream of events.
pub(crate) struct Sse {
    lines: Lines<BufReader<TcpStream>>,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: Option<u64>,
    pub(crate) name: Option<String>,
    pub(crate) data: Option<Value>,
}

impl Sse {
    /// Opens a stream that must be one.
    pub(crate) async fn open(address: SocketAddr, target: &str, last: Option<u64>) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let last = last.map_or_else(String::new, |last| format!("Last-Event-ID: {last}\r\n"));
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n{last}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let mut head = Vec::new();
        loop {
            let line = soon("the head", lines.next_line()).await.unwrap().unwrap();
            if line.is_empty() {
                break;
            }
            head.push(line);
        }
        assert_eq!(head[0], "HTTP/1.1 200 OK", "{head:?}");
        let is_stream = |line: &String| line == "content-type: text/event-stream";
        assert!(head.iter().any(is_stream), "{head:?}");
        Self { lines }
    }

    /// The next block; `None` at the end. What frames the chunks is no field of an event.
    pub(crate) async fn block(&mut self) -> Option<Event> {
        let mut event = Event {
            id: None,
            name: None,
            data: None,
        };
        let mut has_field = false;
        loop {
            let line = soon("an event", self.lines.next_line()).await;
            let line = line.ok().flatten()?;
            match line.split_once(": ") {
                Some(("id", id)) => event.id = Some(id.parse().unwrap()),
                Some(("event", name)) => event.name = Some(name.to_owned()),
                Some(("data", data)) => event.data = Some(serde_json::from_str(data).unwrap()),
                None if line.is_empty() && has_field => return Some(event),
                Some(_) | None => continue,
            }
            has_field = true;
        }
    }

    /// The next event with data.
    pub(crate) async fn event(&mut self) -> Value {
        loop {
            let block = self.block().await.expect("an event, not the end");
            if let Some(data) = block.data {
                assert_eq!(block.id, data["seq"].as_u64(), "one number: {data}");
                assert_eq!(
                    block.name.as_deref(),
                    data["kind"].as_str(),
                    "one name: {data}"
                );
                return data;
            }
        }
    }

    /// The next event that satisfies a condition.
    pub(crate) async fn find(&mut self, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        soon(what, async {
            loop {
                let event = self.event().await;
                if holds(&event) {
                    return event;
                }
            }
        })
        .await
    }
}
