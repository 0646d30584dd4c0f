//! What belongs to a stack beside its routes, for those who let stacks go, and when Traefik has left it.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{ContainerId, EnvKey, Version};
use crate::routing::rollout::Record;

use super::Table;
use super::claims::FragmentKey;
use super::env::members::{Members, by_version, of_version};
use super::env::stack::Stack;
use super::facts::Fact;
use super::options::compose;

/// Marks the daemon's own container.
const ROLE: (&str, &str) = ("pointsman.role", "server");

/// What a stack is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// When its oldest container was made, in seconds since the epoch.
    pub created: u64,
    /// When its youngest container was made.
    pub youngest: u64,
    /// Its compose project.
    pub project: Option<String>,
    /// Ids of its images.
    pub images: BTreeSet<String>,
    /// Its containers.
    pub containers: BTreeSet<ContainerId>,
    /// Why it is not certain that its containers are its own, or that they may be stopped.
    pub guarded: Option<String>,
}

impl Table {
    /// The stacks of an env, with what belongs to them; also those of which nothing is routed, as when the one container
    /// that was is gone.
    pub fn belongings(&self, key: &EnvKey) -> BTreeMap<Version, Belongings> {
        let members = by_version(&self.facts.members(key), &self.rollout(key));
        let stacks = members.iter().filter(|(_, members)| members.is_stack());
        stacks
            .map(|(version, members)| {
                let belongings = Belongings {
                    guarded: self.guard(key, version, members),
                    ..Belongings::of(&members.own)
                };
                ((*version).clone(), belongings)
            })
            .collect()
    }

    fn guard(&self, key: &EnvKey, version: &Version, members: &Members<'_>) -> Option<String> {
        let (label, value) = ROLE;
        let is_daemon = |fact: &&Fact| fact.container.label(label) == Some(value);
        let is_proxy = |fact: &&Fact| self.proxies.contains(&fact.container.age_key());
        let fragment = self.fragments.get(&FragmentKey::Env(key.clone()));
        let is_refused = fragment.is_some_and(|fragment| fragment.refused.contains(version));
        let why = if members.own.iter().any(is_daemon) {
            "Pointsman itself runs in it"
        } else if members.own.iter().any(is_proxy) {
            "Traefik runs in it"
        } else if is_refused {
            "it shares its slug or compose project with another version"
        } else if members.has_strangers() {
            "containers of another compose project carry its version"
        } else {
            return None;
        };
        Some(why.to_owned())
    }

    /// No traffic is on its way any more: Traefik need not be on its networks.
    pub fn release(&mut self, key: &EnvKey, version: &Version) {
        let stack = (key.clone(), version.clone());
        if self.released.insert(stack) {
            self.dirty.insert(FragmentKey::Env(key.clone()));
        }
    }

    /// Forgets all releases but these.
    pub fn retain_released(&mut self, stays: impl Fn(&EnvKey, &Version) -> bool) {
        let over = self
            .released
            .extract_if(.., |(key, version)| !stays(key, version));
        let over: Vec<_> = over.map(|(key, _)| FragmentKey::Env(key)).collect();
        self.dirty.extend(over);
    }

    /// Those that were released ask for no network, and nobody asks them. What was deployed anew since is not meant.
    pub(super) fn without_released(
        &self,
        key: &EnvKey,
        rollout: &Record,
        stacks: &mut BTreeMap<Version, Stack>,
    ) {
        for (version, stack) in stacks {
            let is_released = self.released.contains(&(key.clone(), version.clone()));
            if is_released && rollout.is_retired(version, Some(stack.created)) {
                stack.serving.networks.clear();
                stack.serving.probed_networks.clear();
                stack.serving.targets.clear();
            }
        }
    }

    /// Are Traefik and Pointsman on none of its networks that only it needs.
    pub fn is_detached(&self, key: &EnvKey, version: &Version) -> bool {
        let members = of_version(&self.facts.members(key), &self.rollout(key), version);
        let networks: BTreeSet<&String> = members
            .all()
            .flat_map(|fact| fact.container.networks.keys())
            .collect();
        let is_off = |who: Option<&ContainerId>, wanted: &BTreeSet<String>| {
            let attached = who.and_then(|id| self.facts.get(id));
            let attached = attached.map(|fact| &fact.container.networks);
            attached.is_none_or(|attached| {
                let mut networks = networks.iter();
                networks.all(|name| wanted.contains(*name) || !attached.contains_key(*name))
            })
        };
        let wish = self.attachments();
        is_off(wish.proxy.as_ref(), &wish.networks) && is_off(wish.own.as_ref(), &wish.own_networks)
    }
}

impl Belongings {
    fn of(own: &[&Fact]) -> Self {
        let containers = own.iter().map(|fact| &fact.container);
        let made = containers.clone().map(|container| container.created);
        let images = containers.clone().map(|container| container.image.clone());
        Self {
            created: made.clone().min().unwrap_or_default(),
            youngest: made.max().unwrap_or_default(),
            project: containers
                .clone()
                .find_map(compose::project)
                .map(str::to_owned),
            images: images.filter(|image| !image.is_empty()).collect(),
            containers: containers.map(|container| container.id.clone()).collect(),
            guarded: None,
        }
    }
}
