//! Counters of this station, readable from anywhere while it works.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What happened since the start. Shared as `Arc<Stats>`.
#[derive(Debug, Default)]
pub struct Stats {
    /// Events read, also those that mean nothing to us.
    pub events: Counter,
    /// Reads by id, each for all ids that were due.
    pub reads: Counter,
    /// Complete lists.
    pub lists: Counter,
    /// Times the connection was lost and opened again.
    pub reconnects: Counter,
    /// Reads that said "running" of a container that had just died, and were not believed.
    pub stale_reads: Counter,
    /// Differences that a complete list showed and no event explained: proof that something was missed.
    pub drift: Counter,
    /// Containers or events that could not be decoded and were passed over.
    pub undecodable: Counter,
    connected: AtomicBool,
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// The number.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Stats {
    /// Whether what was told is kept up to date right now.
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    pub(super) fn set_connected(&self) {
        self.connected.store(true, Ordering::Relaxed);
    }

    /// Gives whether it was connected.
    pub(super) fn set_disconnected(&self) -> bool {
        self.connected.swap(false, Ordering::Relaxed)
    }
}
