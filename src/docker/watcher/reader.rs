//! Reads the event stream as fast as it comes and only ever writes into the inbox.

use std::sync::Arc;

use hyper::body::Incoming;

use crate::docker::client::EVENT_BYTES;
use crate::docker::convert;
use crate::docker::error::Error;
use crate::docker::http::{self, Call, Connection};
use crate::docker::json_objects::{JsonObjects, Piece};
use crate::docker::stats::Stats;
use crate::docker::wire::{Event, Kind};

use super::inbox::Inbox;
use super::mark::Age;

/// An open event stream.
#[derive(Debug)]
pub(super) struct Reader {
    pub call: Call,
    pub inbox: Arc<Inbox>,
    pub stats: Arc<Stats>,
    /// What was before this, in nanoseconds of the daemon's clock, was taken in already.
    pub new_since_ns: i64,
}

impl Reader {
    /// Reads until the stream ends, and gives the reason. A proper end is a failure too.
    pub(super) async fn run(self, connection: Connection, mut body: Incoming) -> Error {
        let reading = async {
            let mut objects = JsonObjects::stream(EVENT_BYTES);
            loop {
                match http::next_chunk(&self.call, &mut body).await {
                    Ok(Some(chunk)) => {
                        if let Err(error) = self.take(&mut objects, &chunk) {
                            return error;
                        }
                    }
                    Ok(None) => return Error::StreamEnded,
                    Err(error) => return error,
                }
            }
        };
        http::drive(connection, reading).await
    }

    fn take(&self, objects: &mut JsonObjects, chunk: &[u8]) -> Result<(), Error> {
        let pieces = objects.push(chunk);
        let stray = |error| self.call.decode_error(format!("{error:?} between events"));
        for piece in pieces.map_err(stray)? {
            self.stats.events.add_one();
            match piece {
                Piece::Object(bytes) => self.event(&bytes),
                Piece::TooLarge(_) => self.unknown(),
            }
        }
        Ok(())
    }

    fn event(&self, bytes: &[u8]) {
        let Ok(event) = serde_json::from_slice::<Event>(bytes) else {
            self.unknown();
            return;
        };
        let at_ns = event.at_ns();
        let Some((id, kind)) = event.into_kind() else {
            return;
        };
        let age = self.age(at_ns);
        // a signal counts once; any other event is only a reason to look
        let is_done = age == Age::Repeated && matches!(kind, Kind::Signalled(_));
        if let Some(id) = convert::container_id(&id).filter(|_| !is_done) {
            self.inbox.add(id, (kind, age), at_ns);
        }
    }

    fn age(&self, at_ns: Option<i64>) -> Age {
        if at_ns.is_some_and(|at_ns| at_ns < self.new_since_ns) {
            Age::Repeated
        } else {
            Age::New
        }
    }

    fn unknown(&self) {
        self.stats.undecodable.add_one();
        self.inbox.add_unknown();
    }
}
