//! What one version offers: routers, services with servers, middlewares, health.
//!
//! Names here are local: the same in every version, so that versions pair by them. Nothing here knows slots.
//! `build` makes a stack from containers, `routed` says which of them count, `offer` and `route` read what a
//! compose service declares, `serving` says who of them takes traffic now.

mod build;
mod incarnation;
mod offer;
mod route;
mod routed;
mod serving;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::routing::labels::Setting;
use crate::routing::model::{Diagnostic, Reached, Target};
use crate::routing::rollout::StackHealth;
use crate::routing::traefik::any::{AnyMiddleware, AnyRouter, AnyServer, AnyService};
use crate::routing::traefik::rule::Rule;
use crate::routing::traefik::{Protocol, Section};

pub use build::build;
pub use serving::serve_again;

/// A router, service or middleware by protocol and local name.
pub type Local = (Protocol, String);

/// What one version offers.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// Routers.
    pub routers: BTreeMap<Local, StackRouter>,
    /// Services: options of the labels, without servers.
    pub services: BTreeMap<Local, AnyService>,
    /// Middlewares.
    pub middlewares: BTreeMap<Local, AnyMiddleware>,
    /// What routers and services refer to beside these.
    pub settings: BTreeMap<(Section, String), Setting>,
    /// Host prefixes of its routed containers.
    pub prefixes: BTreeSet<Option<String>>,
    /// When its oldest container was created.
    pub created: u64,
    /// What was wrong with what it says.
    pub diagnostics: Vec<Diagnostic>,
    /// Who of it takes traffic now.
    pub serving: Serving,
}

/// What follows from where a stack's containers are and what they are doing.
#[derive(Clone, Debug, Default)]
pub struct Serving {
    /// Servers that take traffic now, by container age; of each service that has any.
    pub servers: BTreeMap<Local, Vec<AnyServer>>,
    /// Networks its servers are reached through.
    pub networks: BTreeSet<Reached>,
    /// What its servers are asked.
    pub targets: BTreeSet<Arc<Target>>,
    /// Networks in which they are asked.
    pub probed_networks: BTreeSet<String>,
    /// How it is.
    pub health: StackHealth,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// A router as the labels want it.
#[derive(Clone, Debug)]
pub struct StackRouter {
    /// Fields of the labels.
    pub router: AnyRouter,
    /// The rule; `None` when there is none and own hosts alone decide.
    pub rule: Option<Rule>,
    /// Length of the rule as written.
    pub rule_len: Option<usize>,
    /// Local name of the service, or a reference into another provider.
    pub service: ServiceRef,
    /// Host prefix of the container.
    pub prefix: Option<String>,
}

/// What a router sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceRef {
    /// A service of the stack, by local name.
    Local(String),
    /// A service of another provider (`x@file`).
    Foreign(String),
}

impl StackRouter {
    /// Without a name to match, one router takes everything of its entry points; two would take it in turns.
    pub fn takes_all(&self) -> bool {
        match self.router.protocol() {
            Protocol::Http => false,
            Protocol::Tcp => !self.router.has_tls() || self.names_no_host(),
            Protocol::Udp => true,
        }
    }

    /// Does its rule match every server name.
    fn names_no_host(&self) -> bool {
        let hosts = self.rule.as_ref().map(Rule::wanted_hosts);
        hosts.is_some_and(|hosts| hosts.contains("*"))
    }
}

impl Stack {
    /// Has a service anything to answer with: servers, or children that do.
    pub fn serves(&self, at: &Local) -> bool {
        let Some(first) = self.services.get_key_value(at) else {
            return false;
        };
        // each is looked at once: children may be named often, and lead back
        let mut seen = BTreeSet::new();
        let mut left = vec![first];
        while let Some((at, service)) = left.pop() {
            if self.serving.servers.contains_key(at) {
                return true;
            }
            for name in service.answering() {
                match self.services.get_key_value(&(at.0, name.to_owned())) {
                    Some(child) if seen.insert(name) => left.push(child),
                    Some(_) => {}
                    // a child that is not of this stack is not ours to judge
                    None => return true,
                }
            }
        }
        false
    }

    /// Does it have an object of a local name.
    pub fn has(&self, section: Section, name: &str) -> bool {
        let in_protocol = |protocol| (protocol, name.to_owned());
        match section {
            Section::HttpMiddlewares => self.middlewares.contains_key(&in_protocol(Protocol::Http)),
            Section::TcpMiddlewares => self.middlewares.contains_key(&in_protocol(Protocol::Tcp)),
            Section::HttpServices => self.services.contains_key(&in_protocol(Protocol::Http)),
            Section::TcpServices => self.services.contains_key(&in_protocol(Protocol::Tcp)),
            Section::UdpServices => self.services.contains_key(&in_protocol(Protocol::Udp)),
            Section::HttpRouters => self.routers.contains_key(&in_protocol(Protocol::Http)),
            Section::TcpRouters => self.routers.contains_key(&in_protocol(Protocol::Tcp)),
            Section::UdpRouters => self.routers.contains_key(&in_protocol(Protocol::Udp)),
            Section::HttpServersTransports
            | Section::TcpServersTransports
            | Section::TlsOptions
            | Section::TlsStores => self.settings.contains_key(&(section, name.to_owned())),
        }
    }
}
