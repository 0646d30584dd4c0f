//! Tells when a Traefik is told to stop: an answer that is still held would keep it from ending.

use std::collections::BTreeSet;

use crate::routing::ids::ContainerId;

use super::Reconciler;

/// Traefik's own containers and their signals to stop, as far as `--traefik-container` shows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Farewell {
    /// How many signals were seen so far.
    pub signals: u64,
    /// How many of the containers are on their way out.
    pub leaving: usize,
}

impl Farewell {
    /// May an answer be held on a connection that began after so many signals.
    pub const fn lets_hold(self, joined_after: u64) -> bool {
        self.leaving == 0 && self.signals == joined_after
    }
}

/// Each of Traefik's containers that is leaving, with the number of its last signal.
pub(super) type Leavers = BTreeSet<(ContainerId, u32)>;

impl Reconciler {
    /// Counts the signals that are new.
    pub(super) fn tell_farewell(&mut self) {
        let leavers: Leavers = self.table.leaving_proxies().collect();
        if leavers == self.leavers {
            return;
        }
        let new = leavers.difference(&self.leavers).count() as u64;
        self.outlets.farewell.send_modify(|farewell| {
            farewell.signals += new;
            farewell.leaving = leavers.len();
        });
        self.leavers = leavers;
    }
}
