//! One version's containers to what it offers: routers, services with servers, middlewares, health.
//!
//! Names here are local: the same in every version, so that versions pair by them. Nothing here knows slots.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::{EnvKey, Version};
use crate::routing::labels::declaration::Declaration;
use crate::routing::model::{Diagnostic, EnvRecord};
use crate::routing::rollout::StackHealth;
use crate::routing::traefik::Section;
use crate::routing::traefik::http::{LabelServer, LoadBalancer, Router, Server};
use crate::routing::traefik::middleware::Middleware;
use crate::routing::traefik::rule::Rule;

use super::super::World;
use super::super::address::{self, Address};
use super::super::facts::Fact;
use super::super::options::compose;
use super::naming;
use super::tally::Tally;

/// What one version offers.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// Routers by local name.
    pub routers: BTreeMap<String, StackRouter>,
    /// Services by local name.
    pub services: BTreeMap<String, StackService>,
    /// Middlewares by local name.
    pub middlewares: BTreeMap<String, Middleware>,
    /// Host prefixes of its routed containers.
    pub prefixes: BTreeSet<Option<String>>,
    /// Networks its servers are reached through.
    pub networks: BTreeSet<String>,
    /// How it is.
    pub health: StackHealth,
    /// When its oldest container was created.
    pub created: u64,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// A router as the labels want it.
#[derive(Clone, Debug)]
pub struct StackRouter {
    /// Fields of the labels.
    pub router: Router,
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

/// A service with its servers.
#[derive(Clone, Debug)]
pub struct StackService {
    /// Options of the labels.
    pub balancer: LoadBalancer,
    /// Middlewares of the service, as the labels name them.
    pub middlewares: Vec<String>,
    /// Servers that take traffic now, by container age.
    pub servers: Vec<Server>,
}

/// Builds a stack from the containers of one version, oldest first; `None` when none of them is routed.
pub fn build(
    env: &EnvRecord,
    version: &Version,
    members: &[&Fact],
    world: &World<'_>,
) -> Option<Stack> {
    let members: Vec<&Fact> = members
        .iter()
        .copied()
        .filter(|fact| !compose::is_one_off(&fact.container))
        .collect();
    let routed = routed(&members);
    let created = members.iter().map(|fact| fact.container.created).min()?;
    let stack = Stack {
        created,
        ..Stack::default()
    };
    let mut builder = Builder {
        env,
        key: &env.key,
        version,
        world,
        stack,
        tally: Tally::default(),
    };
    let groups = groups(&routed);
    // all services first: a router may send to that of another compose service
    let offered: Vec<Vec<(String, String)>> = groups
        .iter()
        .map(|group| builder.offer_all(group))
        .collect();
    for (group, services) in groups.iter().zip(&offered) {
        builder.group(group, services);
    }
    let Builder {
        mut stack, tally, ..
    } = builder;
    stack.health = tally.health(env);
    (!routed.is_empty()).then_some(stack)
}

/// Which containers are routed: those that say so, else the only compose service with a port.
fn routed<'a>(members: &[&'a Fact]) -> Vec<&'a Fact> {
    let enabled = |fact: &&&Fact| fact.declaration.enable != Some(false);
    let says_so = |fact: &Fact| {
        let labels = fact.managed();
        fact.declaration.speaks_http()
            || labels.is_some_and(|labels| labels.port.is_some() || labels.host.is_some())
    };
    let explicit: Vec<&Fact> = members
        .iter()
        .filter(enabled)
        .copied()
        .filter(|fact| says_so(fact))
        .collect();
    if !explicit.is_empty() {
        return explicit;
    }
    let with_port: Vec<&Fact> = members
        .iter()
        .filter(enabled)
        .copied()
        .filter(|fact| !fact.declaration.speaks_other)
        .filter(|f| !f.container.ports.is_empty())
        .collect();
    let names: BTreeSet<&str> = with_port.iter().map(|fact| group_name(fact)).collect();
    if names.len() == 1 {
        with_port
    } else {
        Vec::new()
    }
}

/// The compose service, else the container's name.
fn group_name(fact: &Fact) -> &str {
    compose::service(&fact.container).unwrap_or(&fact.container.name)
}

/// Replicas of one compose service, oldest first; groups by name.
fn groups<'a>(routed: &[&'a Fact]) -> Vec<Vec<&'a Fact>> {
    let mut groups: BTreeMap<&str, Vec<&Fact>> = BTreeMap::new();
    for fact in routed {
        groups.entry(group_name(fact)).or_default().push(fact);
    }
    groups.into_values().collect()
}

struct Builder<'a> {
    env: &'a EnvRecord,
    key: &'a EnvKey,
    version: &'a Version,
    world: &'a World<'a>,
    stack: Stack,
    tally: Tally,
}

impl Builder<'_> {
    fn report(&mut self, fact: &Fact, code: &'static str, message: String) {
        self.stack
            .diagnostics
            .push(Diagnostic::new(code, fact.subject(), message));
    }

    /// The services of one compose service, with all replicas as servers.
    fn offer_all(&mut self, replicas: &[&Fact]) -> Vec<(String, String)> {
        let Some(leader) = replicas.first() else {
            return Vec::new();
        };
        let fallback = naming::safe(group_name(leader));
        let services = self.services(leader, &leader.declaration, &fallback);
        self.serve(replicas, &services);
        services
    }

    /// One compose service: the oldest replica declares, all replicas serve.
    fn group(&mut self, replicas: &[&Fact], services: &[(String, String)]) {
        let Some(leader) = replicas.first() else {
            return;
        };
        let declaration = &leader.declaration;
        let prefix = leader.managed().and_then(|labels| labels.host.clone());
        let fallback = naming::safe(group_name(leader));
        self.routers(leader, &fallback, services, prefix.as_ref());
        for (name, middleware) in &declaration.middlewares {
            let local = naming::local(name, &self.key.stack_name(self.version), &fallback);
            self.stack
                .middlewares
                .entry(local)
                .or_insert_with(|| middleware.clone());
        }
        self.stack.prefixes.insert(prefix);
        for replica in replicas
            .iter()
            .filter(|r| declares_otherwise(&r.declaration, declaration))
        {
            let message =
                "its labels differ from those of an older replica, which count: recreate all replicas"
                    .to_owned();
            self.report(replica, "replica-differs", message);
        }
    }

    /// The services of a group by label name and local name.
    fn services(
        &mut self,
        leader: &Fact,
        declaration: &Declaration,
        fallback: &str,
    ) -> Vec<(String, String)> {
        let mut services = Vec::new();
        for (name, service) in &declaration.services {
            let local = naming::local(name, &self.key.stack_name(self.version), fallback);
            let Some(balancer) = service.load_balancer.clone() else {
                let message = format!(
                    "service {name} has no loadbalancer: only load balancers are routed from labels"
                );
                self.report(leader, "service-kind", message);
                continue;
            };
            services.push((name.clone(), local.clone()));
            self.offer(leader, local, (balancer, service.middlewares.clone()));
        }
        let is_broken = declaration
            .broken
            .iter()
            .any(|(section, _)| *section == Section::HttpServices);
        if declaration.services.is_empty() && !is_broken {
            services.push((fallback.to_owned(), fallback.to_owned()));
            self.offer(
                leader,
                fallback.to_owned(),
                (LoadBalancer::default(), Vec::new()),
            );
        }
        services
    }

    fn offer(
        &mut self,
        leader: &Fact,
        local: String,
        (balancer, middlewares): (LoadBalancer, Vec<String>),
    ) {
        if self.stack.services.contains_key(&local) {
            let message = format!(
                "another compose service of this stack already offers service {local}: rename one of them"
            );
            self.report(leader, "service-twice", message);
            return;
        }
        self.stack.services.insert(
            local,
            StackService {
                balancer,
                middlewares,
                servers: Vec::new(),
            },
        );
    }

    /// Servers of all replicas, and what they mean for health.
    fn serve(&mut self, replicas: &[&Fact], services: &[(String, String)]) {
        self.tally.begin_group(group_name_of(replicas));
        for replica in replicas {
            let served: Vec<bool> = services
                .iter()
                .map(|(_, local)| self.serve_one(replica, local))
                .collect();
            let healthy = !served.is_empty() && served.into_iter().all(|ok| ok);
            let settled = replica.settled_at(self.env.health.min_healthy_time_ms);
            self.tally.count(replica, healthy.then_some(settled));
        }
    }

    /// Adds a replica's server to a service when it can take traffic.
    fn serve_one(&mut self, replica: &Fact, local: &str) -> bool {
        let label = self
            .stack
            .services
            .get(local)
            .and_then(|service| service.balancer.server.clone())
            .unwrap_or_default();
        let (server, network) = match self.server(replica, &label) {
            Ok(found) => found,
            Err(message) => {
                if replica.container.is_serving() {
                    self.report(replica, "no-server", message);
                }
                return false;
            }
        };
        let reachable = self.world.reach.reaches(network.as_deref());
        self.stack.networks.extend(network);
        if !replica.container.is_serving() || !reachable {
            return false;
        }
        if let Some(service) = self.stack.services.get_mut(local) {
            service.servers.push(server);
        }
        true
    }

    /// A replica as a server, and the network it is reached through.
    fn server(
        &self,
        replica: &Fact,
        label: &LabelServer,
    ) -> Result<(Server, Option<String>), String> {
        let Address { authority, network } = self.address(replica, label)?;
        let server = Server {
            url: format!("{}://{authority}", address::scheme(label)?),
            weight: address::weight(label)?,
            preserve_path: label.preserve_path,
        };
        Ok((server, network))
    }

    fn address(&self, replica: &Fact, label: &LabelServer) -> Result<Address, String> {
        if label.url.is_some() {
            return Err("loadbalancer.server.url is not taken for managed containers: they are reached at their own address".to_owned());
        }
        let managed_port = replica
            .managed()
            .and_then(|labels| labels.port)
            .map(|port| port.to_string());
        let port = address::port(
            &replica.container,
            label.port.as_deref().or(managed_port.as_deref()),
        )?;
        let owner = self.world.facts.owner(replica).map(|fact| &fact.container);
        let wanted = replica.declaration.network.as_deref();
        address::resolve(
            &replica.container,
            owner,
            port,
            wanted,
            (self.world.options, self.world.reach),
        )
    }

    /// A service of another compose service of this stack.
    fn beside(&self, wanted: Option<&str>) -> Option<ServiceRef> {
        let wanted = wanted?;
        let local = naming::local(wanted, &self.key.stack_name(self.version), wanted);
        let found = self.stack.services.contains_key(&local);
        found.then_some(ServiceRef::Local(local))
    }

    fn routers(
        &mut self,
        leader: &Fact,
        fallback: &str,
        services: &[(String, String)],
        prefix: Option<&String>,
    ) {
        let declaration = &leader.declaration;
        let is_broken = declaration
            .broken
            .iter()
            .any(|(section, _)| *section == Section::HttpRouters);
        if declaration.routers.is_empty() && !is_broken {
            self.router(
                leader,
                (fallback, fallback),
                &Router::default(),
                (services, prefix),
            );
        }
        for (name, router) in &declaration.routers {
            let local = naming::local(name, &self.key.stack_name(self.version), fallback);
            self.router(leader, (name, &local), router, (services, prefix));
        }
    }

    fn router(
        &mut self,
        leader: &Fact,
        (name, local): (&str, &str),
        router: &Router,
        (services, prefix): (&[(String, String)], Option<&String>),
    ) {
        let service = match link(router.service.as_deref(), services)
            .or_else(|message| self.beside(router.service.as_deref()).ok_or(message))
        {
            Ok(service) => service,
            Err(message) => {
                return self.report(
                    leader,
                    "router-service",
                    format!("router {name}: {message}"),
                );
            }
        };
        let rule = match router.rule.as_deref().map(Rule::parse).transpose() {
            Ok(rule) => rule,
            Err(error) => {
                return self.report(leader, "router-rule", format!("router {name}: {error}"));
            }
        };
        if self.stack.routers.contains_key(local) {
            let message = format!(
                "router {name}: another compose service of this stack already has router {local}"
            );
            return self.report(leader, "router-twice", message);
        }
        let rule_len = router.rule.as_ref().map(String::len);
        let router = StackRouter {
            router: router.clone(),
            rule,
            rule_len,
            service,
            prefix: prefix.cloned(),
        };
        self.stack.routers.insert(local.to_owned(), router);
    }
}

fn group_name_of<'a>(replicas: &[&'a Fact]) -> &'a str {
    replicas.first().map_or("", |fact| group_name(fact))
}

fn declares_otherwise(a: &Declaration, b: &Declaration) -> bool {
    a.routers != b.routers || a.services != b.services || a.middlewares != b.middlewares
}

/// An explicit service of the group, a foreign one, or the only one.
fn link(wanted: Option<&str>, services: &[(String, String)]) -> Result<ServiceRef, String> {
    match (wanted, services) {
        (Some(foreign), _) if foreign.contains('@') => Ok(ServiceRef::Foreign(foreign.to_owned())),
        (Some(wanted), _) => services
            .iter()
            .find(|(name, local)| name == wanted || local == wanted)
            .map(|(_, local)| ServiceRef::Local(local.clone()))
            .ok_or_else(|| format!("service {wanted} is not declared by this stack")),
        (None, [(_, local)]) => Ok(ServiceRef::Local(local.clone())),
        (None, []) => Err("it has no service to send to".to_owned()),
        (None, _) => Err("several services are declared: name one with .service".to_owned()),
    }
}
