//! The daemon's events as they come: server-sent events, read for as long as somebody wants them.
//!
//! A stream that ends is opened again where it ended (`Last-Event-ID`), so a restart of the daemon is a pause. Streams
//! are renewed every few minutes, which also finds connections that died in silence.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use super::client::{Opened, Request};
use super::exit;
use super::failure::Failure;
use super::output;
use super::session::Session;

/// How long one stream is read.
const ROUND: Duration = Duration::from_mins(3);
/// Between two attempts to reach a daemon that has gone away.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of a daemon.
pub(super) struct Events<'a> {
    session: &'a Session,
    path: String,
    stream: Option<Box<dyn BufRead>>,
    last_id: Option<String>,
    /// There was a stream before.
    had_contact: bool,
    told: bool,
}

/// What comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// A stream was opened, the first or a further one.
    Opened,
    /// One event: its `data`.
    Event(String),
}

impl<'a> Events<'a> {
    /// Opens nothing yet.
    pub(super) fn of(session: &'a Session, query: &str) -> Self {
        Self {
            session,
            path: format!("/v1/events{query}"),
            stream: None,
            last_id: None,
            had_contact: false,
            told: false,
        }
    }

    /// Waits for what comes next. Without a first contact there is nothing to wait for.
    pub(super) fn next(&mut self) -> Result<Told, Failure> {
        loop {
            let Some(stream) = &mut self.stream else {
                if self.open()? {
                    return Ok(Told::Opened);
                }
                std::thread::sleep(PAUSE);
                continue;
            };
            let Some(block) = read_block(stream) else {
                self.stream = None;
                continue;
            };
            if let Some(id) = block.id {
                self.last_id = Some(id);
            }
            if let Some(data) = block.data {
                return Ok(Told::Event(data));
            }
        }
    }

    fn open(&mut self) -> Result<bool, Failure> {
        let mut request = Request::get(self.path.clone());
        let id = self.last_id.clone();
        request.headers.extend(id.map(|id| ("last-event-id", id)));
        request.hold = ROUND;
        let failure = match self.session.client.open(&request) {
            Ok(Opened::Stream(stream)) => {
                self.stream = Some(Box::new(BufReader::new(stream)));
                (self.had_contact, self.told) = (true, false);
                return Ok(true);
            }
            Ok(Opened::Refused(answer)) => self.session.failure(&answer),
            Err(failure) => failure,
        };
        if !self.had_contact || failure.code != exit::UNREACHABLE {
            return Err(failure);
        }
        if !std::mem::replace(&mut self.told, true) {
            let daemon = self.session.client.base();
            output::note(&format!("waiting for the daemon at {daemon}"))?;
        }
        Ok(false)
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Block {
    id: Option<String>,
    data: Option<String>,
}

/// Lines up to an empty one; `None` when the stream ends before that.
fn read_block(stream: &mut dyn BufRead) -> Option<Block> {
    let mut block = Block::default();
    loop {
        let mut line = String::new();
        // however it ends, it is opened again where it was
        let read = stream.read_line(&mut line).ok()?;
        if read == 0 || !line.ends_with('\n') {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n']);
        match line.split_once(':') {
            _ if line.is_empty() => return Some(block),
            Some(("id", id)) => block.id = Some(id.trim_start().to_owned()),
            Some(("data", data)) => {
                let data = data.strip_prefix(' ').unwrap_or(data);
                block.data = Some(match block.data.take() {
                    Some(before) => format!("{before}\n{data}"),
                    None => data.to_owned(),
                });
            }
            // comments, event names (the data has them too), and what is to come
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_at_empty_lines_and_half_ones_do_not_count() {
        let text = "retry: 1000\nid: 6\n\n: heartbeat\nid: 7\n\nid: 8\nevent: moved\ndata: {\"a\":1}\n\nid: 9\ndata: {";
        let mut stream = text.as_bytes();
        let block = |id: &str, data: Option<&str>| {
            let (id, data) = (Some(id.to_owned()), data.map(str::to_owned));
            Some(Block { id, data })
        };
        assert_eq!(read_block(&mut stream), block("6", None), "hello");
        assert_eq!(read_block(&mut stream), block("7", None), "heartbeat");
        let event = block("8", Some("{\"a\":1}"));
        assert_eq!(read_block(&mut stream), event, "an event");
        assert_eq!(read_block(&mut stream), None, "half of one");
    }
}
