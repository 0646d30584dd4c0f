//! Removes networks that `compose down` could not remove because Traefik was still on them.
//!
//! Very narrow on purpose: only a network that we just took Traefik off, that compose made for the project whose servers, and
//! nobody else's, we had reached through it, and that on two looks in a row no container in any state refers to (a stopped container whose network is gone cannot start any more). Docker itself refuses
//! while a running container is on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::docker::client::Engine;
use crate::docker::error::Error;
use crate::docker::removal::refers;
use crate::docker::wire::Network;
use crate::routing::model::Attachments;

/// On every network that compose makes.
const COMPOSE_LABEL: &str = "com.docker.compose.project";
/// How many looks in a row must find nothing.
const EMPTY_LOOKS: u32 = 2;

/// The networks that are watched.
#[derive(Debug)]
pub(super) struct Sweeper {
    max_looks: u32,
    /// By network: the projects whose servers were reached through it since we know it.
    projects: BTreeMap<String, BTreeSet<String>>,
    /// By network id.
    candidates: BTreeMap<String, Candidate>,
}

#[derive(Debug)]
struct Candidate {
    name: String,
    looks: u32,
    empty_looks: u32,
    /// The detaching pass itself does not look.
    fresh: bool,
}

impl Sweeper {
    pub(super) const fn new(max_looks: u32) -> Self {
        Self {
            max_looks,
            projects: BTreeMap::new(),
            candidates: BTreeMap::new(),
        }
    }

    /// Something is being watched.
    pub(super) fn is_busy(&self) -> bool {
        !self.candidates.is_empty()
    }

    /// Takes note for whose sake networks are wanted now. What is gone and not wanted is forgotten.
    pub(super) fn note(&mut self, wish: &Attachments, networks: &BTreeMap<String, Network>) {
        for (network, projects) in &wish.projects {
            let known = self.projects.entry(network.clone()).or_default();
            known.extend(projects.iter().cloned());
        }
        let is_of_use =
            |name: &String| wish.projects.contains_key(name) || networks.contains_key(name);
        self.projects.retain(|name, _| is_of_use(name));
    }

    /// Traefik was just taken off this network. One of another project's is not ours to remove, and one that others
    /// share with its own may be needed again.
    pub(super) fn add(&mut self, name: &str, network: Option<&Network>) {
        let projects = self.projects.get(name);
        let of_project = |network: &&Network| {
            let of = network.labels.get(COMPOSE_LABEL);
            of.zip(projects)
                .is_some_and(|(of, projects)| projects.iter().eq([of]))
        };
        let Some(network) = network.filter(of_project) else {
            return;
        };
        let candidate = Candidate {
            name: name.to_owned(),
            looks: 0,
            empty_looks: 0,
            fresh: true,
        };
        self.candidates.insert(network.id.clone(), candidate);
    }

    /// Looks at each, and removes what nobody needs.
    pub(super) async fn look(
        &mut self,
        engine: &Engine,
        networks: &BTreeMap<String, Network>,
        wanted: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let max_looks = self.max_looks;
        self.candidates.retain(|id, candidate| {
            let exists = networks.values().any(|network| network.id == *id);
            exists && !wanted.contains(&candidate.name) && candidate.looks < max_looks
        });
        let fresh = |candidate: &mut Candidate| std::mem::take(&mut candidate.fresh);
        let looking = self
            .candidates
            .values_mut()
            .map(fresh)
            .filter(|fresh| !fresh)
            .count();
        if looking == 0 {
            return Ok(());
        }
        let containers = engine.list_all().await?.containers;
        for (id, candidate) in &mut self.candidates {
            candidate.looks += 1;
            let empty = !containers
                .iter()
                .any(|container| refers(container, id, &candidate.name));
            candidate.empty_looks = if empty { candidate.empty_looks + 1 } else { 0 };
        }
        self.remove_empty(engine).await
    }

    async fn remove_empty(&mut self, engine: &Engine) -> Result<(), Error> {
        let is_empty = |candidate: &Candidate| candidate.empty_looks >= EMPTY_LOOKS;
        let empty = self
            .candidates
            .extract_if(.., |_, candidate| is_empty(candidate));
        for (id, candidate) in empty.collect::<Vec<_>>() {
            match engine.network_remove(&id).await {
                Ok(()) => {
                    tracing::info!(
                        network = candidate.name,
                        "removed a network that compose left behind"
                    );
                }
                // somebody else removed it, or is on it now: not ours any more
                Err(error) if error.status().is_some_and(|status| status < 500) => {
                    tracing::debug!(network = candidate.name, %error, "a left-over network stays");
                }
                Err(error) => {
                    self.candidates.insert(id, candidate);
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}
