//! Traefik's container among those that match, and what it must be attached to.
//!
//! One is attended to: after an update by hand the old one may still be there, stopped, so what runs comes first. Of
//! several that run it is the oldest, so that a second one takes nothing from the first; the others are named.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::routing::model::{Attachments, Container, Diagnostic, Reached, State};

use super::Table;
use super::facts::Fact;
use super::leaving::is_up;

/// How much a container may be the Traefik that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Presence {
    Down,
    Restarting,
    Leaving,
    Up,
}

impl Presence {
    fn of(fact: &Fact) -> Self {
        match fact.container.state {
            _ if is_up(&fact.container) && fact.is_leaving() => Self::Leaving,
            State::Running | State::Paused => Self::Up,
            State::Restarting => Self::Restarting,
            State::Created | State::Exited => Self::Down,
        }
    }
}

impl Table {
    /// Traefik's container.
    pub(super) fn proxy(&self) -> Option<&Fact> {
        self.matching()
            .max_by_key(|(nth, fact)| (Presence::of(fact), Reverse(*nth)))
            .map(|(_, fact)| fact)
    }

    /// All that match, the oldest first.
    fn matching(&self) -> impl Iterator<Item = (usize, &Fact)> {
        let facts = self.proxies.iter().filter_map(|(_, id)| self.facts.get(id));
        facts.enumerate()
    }

    /// What is wrong with the choice of Traefik's container.
    pub(super) fn proxy_findings(&self) -> Vec<Diagnostic> {
        if self.options.proxy.is_none() || !self.is_synced() {
            return Vec::new();
        }
        let Some(proxy) = self.proxy() else {
            let message = "no container matches --traefik-container, so no server can be published";
            return vec![Diagnostic::new("proxy-missing", "traefik", message)];
        };
        let up = self
            .matching()
            .map(|(_, fact)| fact)
            .filter(|fact| Presence::of(fact) == Presence::Up);
        let others = up.filter(|fact| fact.container.id != proxy.container.id);
        let others: Vec<&str> = others.map(|fact| fact.container.name.as_str()).collect();
        if others.is_empty() {
            return Vec::new();
        }
        let Container { name, .. } = &proxy.container;
        let message = format!(
            "{} running containers match --traefik-container, and only {name}, the oldest, is attached to networks, not {}: let it \
             match one container",
            others.len() + 1,
            others.join(", "),
        );
        vec![Diagnostic::new("proxy-several", "traefik", message)]
    }

    /// What Traefik must be attached to, when it may have changed since this was last asked.
    pub fn take_attachments(&mut self) -> Option<Attachments> {
        std::mem::take(&mut self.rewired).then(|| self.attachments())
    }

    /// What Traefik must be attached to, as of the last rebuild.
    pub fn attachments(&self) -> Attachments {
        let proxy = self
            .proxy()
            .filter(|fact| fact.container.network_mode != "host");
        let own = self.own_container();
        let projects = self.projects();
        Attachments {
            proxy: proxy.map(|fact| fact.container.id.clone()),
            networks: projects.keys().cloned().collect(),
            projects,
            gateway: self.options.gateway,
            own_networks: own
                .iter()
                .flat_map(|_| self.probed_networks.all().cloned())
                .collect(),
            own,
        }
    }

    fn projects(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut projects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for Reached { network, project } in self.networks.all() {
            let of_network = projects.entry(network.clone()).or_default();
            of_network.insert(project.clone());
        }
        projects
    }
}
