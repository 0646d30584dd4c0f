//! Keeps one session with the Engine after the other until it is told to stop.
//!
//! A session either runs or failed; there is no third state. Every doubt (an end of the stream, bytes that are no JSON, a
//! failed list, a ping without an answer) ends it, and the next one begins with a new version negotiation and a complete list.
//! What was told stays told meanwhile: being blind is not the same as an empty host.

mod backoff;
mod departures;
mod drift;
mod inbox;
mod liveness;
mod mark;
mod mirror;
mod reader;
mod reads;
mod recall;
mod schedule;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::routing::model::Change;

use super::client::Client;
use super::endpoint::Endpoint;
use super::error::{Error, chain};
use super::stats::Stats;
use super::timing::Timing;

pub(super) use backoff::Backoff;
use mirror::Mirror;
use session::Session;

/// Why a session is over.
#[derive(Debug)]
enum Halt {
    /// Nobody wants changes any more.
    Stopped,
    /// Try again.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Tells every change of every container until `stop` is cancelled or nobody receives.
pub async fn watch(
    client: Client,
    timing: Timing,
    changes_tx: mpsc::Sender<Change>,
    stats: Arc<Stats>,
    stop: CancellationToken,
) {
    let timing = Arc::new(timing);
    let mut mirror = Mirror::new(timing.death_doubt);
    let mut failures = Failures::new(&timing);
    loop {
        let begun = Instant::now();
        let session = Session::new(&mut mirror, &timing, &changes_tx, &stats);
        let halt = tokio::select! {
            () = stop.cancelled() => return,
            halt = session.run(&client) => halt,
        };
        let was_current = stats.set_disconnected();
        let Halt::Failed(error) = halt else { return };
        if was_current && changes_tx.send(Change::Lost).await.is_err() {
            return;
        }
        stats.reconnects.add_one();
        let pause = failures.note(&client, &error, begun);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Failures in a row: how long to wait, and what to tell the operator only once.
#[derive(Debug)]
struct Failures {
    backoff: Backoff,
    timing: Arc<Timing>,
    told: String,
    refused_since: Option<Instant>,
    refused_told: bool,
}

impl Failures {
    fn new(timing: &Arc<Timing>) -> Self {
        Self {
            backoff: Backoff::new(timing.backoff_min, timing.backoff_max),
            timing: Arc::clone(timing),
            told: String::new(),
            refused_since: None,
            refused_told: false,
        }
    }

    /// Gives the wait before the next session.
    fn note(&mut self, client: &Client, error: &Error, begun: Instant) -> std::time::Duration {
        if begun.elapsed() > self.timing.backoff_max {
            self.backoff.reset();
            self.told.clear();
        }
        let text = chain(error);
        if text != self.told {
            tracing::warn!(
                error = text,
                "lost Docker; routes stay as they are, trying again"
            );
            self.told = text;
        }
        self.note_refused(client, error);
        self.backoff.next()
    }

    /// A socket file that was mounted by itself keeps pointing to the dead inode once dockerd makes a new one.
    fn note_refused(&mut self, client: &Client, error: &Error) {
        let is_socket = matches!(client.endpoint(), Endpoint::Unix(_));
        if !is_socket || !error.is_connection_refused() {
            self.refused_since = None;
            self.refused_told = false;
            return;
        }
        let since = *self.refused_since.get_or_insert_with(Instant::now);
        if !self.refused_told && since.elapsed() > self.timing.refused_warning {
            self.refused_told = true;
            tracing::warn!(
                endpoint = %client.endpoint(),
                "the socket file is there but nobody listens: when Docker restarts it makes a new file, and a bind mount of the \
                 file keeps the old one; mount its directory instead, or restart this container"
            );
        }
    }
}
