//! Reads the event stream as fast as it comes and only ever writes into the inbox.

use std::sync::Arc;

use hyper::body::Incoming;

use crate::docker::convert;
use crate::docker::error::Error;
use crate::docker::http::{self, Call, Connection};
use crate::docker::json_objects::{JsonObjects, Piece};
use crate::docker::stats::Stats;
use crate::docker::wire::Event;

use super::inbox::Inbox;

/// An event above this size is not held; it counts as an unknown event.
const EVENT_BYTES: usize = 16 * 1024 * 1024;

/// An open event stream.
#[derive(Debug)]
pub(super) struct Reader {
    pub call: Call,
    pub inbox: Arc<Inbox>,
    pub stats: Arc<Stats>,
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
        let Some((id, kind)) = event.into_kind() else {
            return;
        };
        if let Some(id) = convert::container_id(&id) {
            self.inbox.add(id, kind);
        }
    }

    fn unknown(&self) {
        self.stats.undecodable.add_one();
        self.inbox.add_unknown();
    }
}
