//! How many owners reach servers through each network; what nobody uses need not be attached.

use std::collections::{BTreeMap, BTreeSet};

/// Counts of users by network name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkUse(BTreeMap<String, usize>);

impl NetworkUse {
    /// One more user of each.
    pub fn add(&mut self, networks: &BTreeSet<String>) {
        for network in networks {
            *self.0.entry(network.clone()).or_default() += 1;
        }
    }

    /// One user of each less.
    pub fn drop(&mut self, networks: &BTreeSet<String>) {
        for network in networks {
            let count = self
                .0
                .get_mut(network)
                .expect("only what was added is dropped");
            *count -= 1;
            if *count == 0 {
                self.0.remove(network);
            }
        }
    }

    /// All in use.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.0.keys()
    }
}
