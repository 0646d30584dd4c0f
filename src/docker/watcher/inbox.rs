//! Where the reader leaves what it read: a set of dirty ids that the session empties.
//!
//! The one lock of this station. A reader that waits slows every API call of the whole daemon (measured: 104 ms
//! instead of 2.3), so it must never meet a full queue; a set of ids is bounded by the number of containers instead, and
//! above a limit it turns into "read everything again". The lock is held for an insertion, never across an await.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::docker::wire::Kind;
use crate::routing::ids::ContainerId;

use super::mark::{Age, Mark};

/// More dirty ids than this are not remembered one by one.
const MAX_IDS: usize = 65_536;

/// Shared by the reader and the session.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    batch: Mutex<Batch>,
    arrived: Notify,
}

/// What came since the last time.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub marks: BTreeMap<ContainerId, Mark>,
    /// When the last of the events was, in nanoseconds of the daemon's clock.
    pub last_ns: Option<i64>,
    /// Something came that is not in `marks`.
    pub read_everything: bool,
}

impl Inbox {
    /// An event about a container.
    pub(super) fn add(&self, id: ContainerId, (kind, age): (Kind, Age), at_ns: Option<i64>) {
        let mut batch = self.lock();
        batch.last_ns = batch.last_ns.max(at_ns);
        if batch.marks.len() < MAX_IDS || batch.marks.contains_key(&id) {
            batch.marks.entry(id).or_default().add(kind, age);
        } else {
            batch.read_everything = true;
        }
        drop(batch);
        self.arrived.notify_one();
    }

    /// An event that cannot be understood may have been about anything.
    pub(super) fn add_unknown(&self) {
        self.lock().read_everything = true;
        self.arrived.notify_one();
    }

    /// Waits until something may be there. Nothing is lost when this is dropped.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Empties it.
    pub(super) fn take(&self) -> Batch {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Batch> {
        // an insertion cannot leave the map half changed
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
