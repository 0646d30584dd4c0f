//! Traefik's container among those that match, and what it must be attached to.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::model::{Attachments, Diagnostic, Reached};

use super::Table;
use super::facts::Fact;

impl Table {
    /// Traefik's container.
    pub(super) fn proxy(&self) -> Option<&Fact> {
        let (_, id) = self.proxies.first()?;
        self.facts.get(id)
    }

    /// What is wrong with the choice of Traefik's container.
    pub(super) fn proxy_findings(&self) -> Vec<Diagnostic> {
        if self.options.proxy.is_none() || !self.is_synced() || self.proxy().is_some() {
            return Vec::new();
        }
        let message = "no container matches --traefik-container, so no server can be published";
        vec![Diagnostic::new("proxy-missing", "traefik", message)]
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
