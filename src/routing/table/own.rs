//! Pointsman itself in the world of containers: where it stands, and what its probes bring in.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Attached, Container, Finding, Target};
use crate::routing::time::Timestamp;

use super::Table;
use super::address::Reach;
use super::claims::FragmentKey;
use super::facts::Fact;
use super::options::Options;
use super::probes::Mobility;
use super::probes::vantage::Vantage;

/// Before a list was seen a container stands nowhere.
pub(super) fn beginning(options: &Options) -> Vantage {
    match options.own {
        None => Vantage::Host,
        Some(_) => Vantage::Container(Reach::Networks(BTreeSet::new())),
    }
}

impl Table {
    /// Its own networks decide which servers it can ask.
    pub(super) fn look_at_own(&mut self) {
        let vantage = self.own_vantage();
        let mobility = match self.own_container() {
            Some(_) => Mobility::Attaches,
            None => Mobility::Stays,
        };
        let Some(before) = self.probes.stand(vantage, mobility) else {
            return;
        };
        self.rewired = true;
        let after = self.probes.vantage();
        let differs = |fact: &&Fact| {
            let holder = self.facts.owner(fact).unwrap_or(fact);
            stands_elsewhere(&before, after, &holder.container)
        };
        let touched = self.facts.iter().filter(differs);
        let keys = touched.filter_map(|fact| Some(fact.managed()?.key.clone()));
        let dirty: Vec<FragmentKey> = keys.map(FragmentKey::Env).collect();
        self.dirty.extend(dirty);
    }

    fn own_vantage(&self) -> Vantage {
        let Some(own) = &self.options.own else {
            return Vantage::Host;
        };
        let Some(fact) = self.facts.get(own) else {
            // not a container of this Engine
            return if self.is_synced() {
                Vantage::Host
            } else {
                beginning(&self.options)
            };
        };
        let holder = self.facts.owner(fact).unwrap_or(fact);
        if holder.container.network_mode == "host" {
            return Vantage::Host;
        }
        let networks = holder.container.networks.iter();
        let usable = networks.filter(|(_, endpoint)| endpoint.address.is_some());
        let names = usable.map(|(name, _)| name.clone());
        Vantage::Container(Reach::Networks(names.collect()))
    }

    /// Its container, when it can be attached to networks.
    pub(super) fn own_container(&self) -> Option<ContainerId> {
        let fact = self.facts.get(self.options.own.as_ref()?)?;
        let mode = fact.container.network_mode.as_str();
        let attaches = self.options.proxy.is_some();
        let is_apart = !["host", "none"].contains(&mode) && !mode.starts_with("container:");
        (attaches && is_apart).then(|| fact.container.id.clone())
    }

    /// What a probe found.
    pub(super) fn probed(&mut self, target: &Arc<Target>, finding: Finding, now: Timestamp) {
        if self.probes.found(target, finding, now)
            && let Some(labels) = self.facts.get(&target.container).and_then(Fact::managed)
        {
            self.dirty.insert(FragmentKey::Env(labels.key.clone()));
        }
    }

    /// Somebody could not be attached to a network, or can be now.
    pub(super) fn attachment(&mut self, who: Attached, network: String, refused: Option<String>) {
        match (who, refused) {
            (Attached::Proxy, Some(why)) => {
                self.refused_networks.insert(network, why);
            }
            (Attached::Proxy, None) => {
                self.refused_networks.remove(&network);
            }
            (Attached::Own, refused) => {
                let members = self.facts.iter();
                let members = members.filter(|fact| {
                    let holder = self.facts.owner(fact).unwrap_or(fact);
                    holder.container.networks.contains_key(&network)
                });
                let keys = members.filter_map(|fact| Some(fact.managed()?.key.clone()));
                let dirty: Vec<FragmentKey> = keys.map(FragmentKey::Env).collect();
                self.dirty.extend(dirty);
                self.probes.attachment(network, refused);
            }
        }
    }
}

fn stands_elsewhere(before: &Vantage, after: &Vantage, container: &Container) -> bool {
    match (before, after) {
        (Vantage::Container(before), Vantage::Container(after)) => {
            before.differs_for(after, container)
        }
        _ => before != after,
    }
}
