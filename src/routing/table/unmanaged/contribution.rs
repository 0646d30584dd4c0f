//! What one container contributes.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::ContainerId;
use crate::routing::labels::Managed;
use crate::routing::model::{Diagnostic, Reached, State};
use crate::routing::traefik::references::adopt;
use crate::routing::traefik::{Protocol, Section};

use super::super::World;
use super::super::facts::Fact;
use super::super::options::{compose, normalize};
use super::{Wish, routers, services};

/// Marks Pointsman's own containers.
const ROLE: &str = "pointsman.role";

/// Everything one container contributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contribution {
    /// By name.
    pub wishes: BTreeMap<(Section, String), Wish>,
    /// Networks its servers are reached through.
    pub networks: BTreeSet<Reached>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// As whom it stands among those who want the same; `None` for a container that is gone.
    pub age: Option<(u64, ContainerId)>,
}

impl Contribution {
    /// The names of what another one does not contribute in the same way.
    pub(in super::super) fn without<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = &'a (Section, String)> {
        let same_age = self.age == other.age;
        let differs = move |(name, wish): &(&(Section, String), &Wish)| {
            !same_age || other.wishes.get(*name) != Some(*wish)
        };
        self.wishes.iter().filter(differs).map(|(name, _)| name)
    }

    pub(super) fn wish(&mut self, section: Section, name: &str, wish: Wish) {
        self.wishes.insert((section, name.to_owned()), wish);
    }

    pub(super) fn report(
        &mut self,
        code: &'static str,
        fact: &Fact,
        (section, name): (Section, &str),
        message: String,
    ) {
        let diagnostic = Diagnostic::new(code, fact.subject(), message);
        self.diagnostics.push(diagnostic.at(section.label(name)));
    }
}

/// What a container contributes; nothing when it is managed, off, or not to be routed now.
pub fn contribute(fact: &Fact, world: &World<'_>) -> Contribution {
    let mut contribution = Contribution {
        age: Some(fact.container.age_key()),
        ..Contribution::default()
    };
    if !is_routed(fact, world) {
        return contribution;
    }
    let base = normalize(&full_name(fact));
    for protocol in Protocol::ALL
        .into_iter()
        .filter(|protocol| speaks(fact, *protocol))
    {
        let names = services::wish((fact, protocol), &base, world, &mut contribution);
        routers::wish((fact, protocol), (&base, &names), world, &mut contribution);
    }
    others(fact, &mut contribution);
    if fact.is_leaving() && !stands_empty(fact, world) {
        // as if it had stopped; its networks stay until it has, for what is under way
        contribution.wishes.clear();
    }
    contribution
}

/// HTTP is spoken where nothing else is said.
fn speaks(fact: &Fact, protocol: Protocol) -> bool {
    let objects = &fact.declaration.objects;
    match protocol {
        Protocol::Http => objects.routes_http(),
        Protocol::Tcp | Protocol::Udp => objects.routes(protocol),
    }
}

/// Middlewares and settings need no server.
fn others(fact: &Fact, contribution: &mut Contribution) {
    let objects = &fact.declaration.objects;
    for ((protocol, name), middleware) in &objects.middlewares {
        let mut middleware = middleware.clone();
        adopt(&mut middleware);
        if let Some(section) = protocol.middlewares() {
            contribution.wish(section, name, Wish::Middleware(middleware));
        }
    }
    for ((section, name), setting) in &objects.settings {
        contribution.wish(*section, name, Wish::Setting(setting.clone()));
    }
}

/// Does it keep its routers while it serves nothing.
fn stands_empty(fact: &Fact, world: &World<'_>) -> bool {
    let running = fact.container.state == State::Running;
    fact.declaration.allow_non_running || (world.options.allow_empty_services && running)
}

fn is_routed(fact: &Fact, world: &World<'_>) -> bool {
    let declaration = &fact.declaration;
    // Pointsman itself (and what else has a role) is no app: it answers through Traefik only when told to
    let exposed = world.options.exposed_by_default && fact.container.label(ROLE).is_none();
    let enabled = declaration.enable.unwrap_or(exposed);
    let standing = fact.container.is_serving() || stands_empty(fact, world);
    declaration.managed == Managed::No && !world.options.managed_only && enabled && standing
}

/// `service_project` of compose, else the container's name: normalised, it names the default router and service.
pub(super) fn full_name(fact: &Fact) -> String {
    match (
        compose::service(&fact.container),
        compose::project(&fact.container),
    ) {
        (Some(service), Some(project)) => format!("{service}_{project}"),
        _ => fact.container.name.clone(),
    }
}
