//! Tells what visitors of closed envs are to read.

use std::collections::BTreeMap;

use crate::routing::ids::EnvKey;
use crate::routing::rollout::Maintenance;

use super::Reconciler;
use super::turn::show;

/// The envs in maintenance, with what their visitors are told.
pub type Closed = BTreeMap<EnvKey, Maintenance>;

impl Reconciler {
    /// Before the document sends them to the page.
    pub(super) fn tell_closed(&self) {
        let closed = self.table.closed();
        let closed: Closed = closed
            .map(|(key, maintenance)| (key.clone(), maintenance.clone()))
            .collect();
        show(&self.outlets.closed, closed);
    }
}
