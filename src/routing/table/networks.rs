//! How many owners reach servers through each network; what nobody uses need not be attached.

use std::collections::{BTreeMap, BTreeSet};

/// Counts of users by network, which is a name, or a name and whose servers are reached through it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkUse<K = String>(BTreeMap<K, usize>);

impl<K: Clone + Ord> NetworkUse<K> {
    /// One user more of each of `new` and one less of each of `old`; gives whether other networks are in use now.
    pub fn exchange(&mut self, old: &BTreeSet<K>, new: &BTreeSet<K>) -> bool {
        let mut changed = false;
        // first the new ones: what stays in use is never out of use in between
        for network in new {
            let count = self.0.entry(network.clone()).or_default();
            *count += 1;
            changed |= *count == 1;
        }
        for network in old {
            let count = self
                .0
                .get_mut(network)
                .expect("only what was added is dropped");
            *count -= 1;
            if *count == 0 {
                self.0.remove(network);
                changed = true;
            }
        }
        changed
    }

    /// All in use.
    pub fn all(&self) -> impl Iterator<Item = &K> {
        self.0.keys()
    }
}
