//! Containers with Traefik's own labels alone: what one contributes, and how several contributions of one name
//! become one object.
//!
//! As Traefik's Docker provider derives it, with two differences: a fault costs the object and not the container,
//! and a name that several containers define differently stays with the oldest instead of vanishing for all.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::ids::ContainerId;
use crate::routing::labels::Managed;
use crate::routing::model::{Diagnostic, State};
use crate::routing::traefik::Section;
use crate::routing::traefik::http::{LabelServer, LoadBalancer, Router, Server, Service};
use crate::routing::traefik::middleware::Middleware;
use crate::routing::traefik::rule::Rule;

use super::World;
use super::address;
use super::facts::Fact;
use super::fragment::{Fragment, Object};
use super::options::{compose, normalize};

/// Marks Pointsman's own containers.
const ROLE: &str = "pointsman.role";

/// An object as one container wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// A router, complete.
    Router(Box<Router>),
    /// A load balancer without servers, and this container's server while it has one.
    Service(Box<Service>, Option<Server>),
    /// A middleware.
    Middleware(Box<Middleware>),
}

/// Everything one container contributes.
#[derive(Clone, Debug, Default)]
pub struct Contribution {
    /// By name.
    pub wishes: BTreeMap<(Section, String), Wish>,
    /// Networks its servers are reached through.
    pub networks: BTreeSet<String>,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// As whom it stands among those who want the same; `None` for a container that is gone.
    pub age: Option<(u64, ContainerId)>,
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
    let base = base_name(fact);
    let services = services(fact, &base, world, &mut contribution);
    routers(fact, &base, &services, world, &mut contribution);
    for (name, middleware) in &fact.declaration.middlewares {
        let wish = Wish::Middleware(Box::new(middleware.clone()));
        contribution
            .wishes
            .insert((Section::HttpMiddlewares, name.clone()), wish);
    }
    contribution
}

fn is_routed(fact: &Fact, world: &World<'_>) -> bool {
    let declaration = &fact.declaration;
    // Pointsman itself (and what else has a role) is no app: it answers through Traefik only when told to
    let exposed = world.options.exposed_by_default && fact.container.label(ROLE).is_none();
    let enabled = declaration.enable.unwrap_or(exposed);
    let standing = fact.container.is_serving()
        || declaration.allow_non_running
        || (world.options.allow_empty_services && fact.container.state == State::Running);
    let is_http = declaration.speaks_http() || !declaration.speaks_other;
    declaration.managed == Managed::No
        && is_http
        && !world.options.managed_only
        && enabled
        && standing
}

/// `service-project` of compose, else the container's name; the name of the default router and service.
fn base_name(fact: &Fact) -> String {
    normalize(&full_name(fact))
}

fn full_name(fact: &Fact) -> String {
    match (
        compose::service(&fact.container),
        compose::project(&fact.container),
    ) {
        (Some(service), Some(project)) => format!("{service}_{project}"),
        _ => fact.container.name.clone(),
    }
}

fn services(
    fact: &Fact,
    base: &str,
    world: &World<'_>,
    contribution: &mut Contribution,
) -> Vec<String> {
    let declaration = &fact.declaration;
    let is_broken = declaration
        .broken
        .iter()
        .any(|(section, _)| *section == Section::HttpServices);
    let default = BTreeMap::from([(
        base.to_owned(),
        Service {
            load_balancer: Some(LoadBalancer::default()),
            ..Service::default()
        },
    )]);
    let wanted = if declaration.services.is_empty() && !is_broken {
        &default
    } else {
        &declaration.services
    };
    let mut names = Vec::new();
    for (name, service) in wanted {
        match service_wish(fact, service, world, contribution) {
            Ok(wish) => {
                contribution
                    .wishes
                    .insert((Section::HttpServices, name.clone()), wish);
                names.push(name.clone());
            }
            Err(message) if declaration.speaks_http() => {
                contribution.diagnostics.push(Diagnostic::new(
                    "no-service",
                    fact.subject(),
                    format!("service {name}: {message}"),
                ));
            }
            Err(_said_nothing) => {}
        }
    }
    names
}

fn service_wish(
    fact: &Fact,
    service: &Service,
    world: &World<'_>,
    contribution: &mut Contribution,
) -> Result<Wish, String> {
    let Some(mut options) = service.load_balancer.clone() else {
        return Err("only loadbalancer services are routed from labels".to_owned());
    };
    let label = options.server.take().unwrap_or_default();
    options.pass_host_header.get_or_insert(true);
    let options = Box::new(Service {
        load_balancer: Some(options),
        middlewares: service.middlewares.clone(),
        ..Service::default()
    });
    if !fact.container.is_serving() {
        return Ok(Wish::Service(options, None));
    }
    let weight = address::weight(&label)?;
    let (url, network) = server_url(fact, &label, world)?;
    let reachable = world.reach.reaches(network.as_deref());
    contribution.networks.extend(network);
    let server = Server {
        url,
        weight,
        preserve_path: label.preserve_path,
    };
    Ok(Wish::Service(options, reachable.then_some(server)))
}

fn server_url(
    fact: &Fact,
    label: &LabelServer,
    world: &World<'_>,
) -> Result<(String, Option<String>), String> {
    if let Some(url) = &label.url {
        let alone = label.scheme.is_none() && label.port.is_none();
        return if alone {
            Ok((url.clone(), None))
        } else {
            Err("server.url stands alone, without scheme or port".to_owned())
        };
    }
    let port = address::port(&fact.container, label.port.as_deref())?;
    let owner = world.facts.owner(fact).map(|fact| &fact.container);
    let wanted = fact.declaration.network.as_deref();
    let address = address::resolve(
        &fact.container,
        owner,
        port,
        wanted,
        (world.options, world.reach),
    )?;
    let scheme = address::scheme(label)?;
    Ok((format!("{scheme}://{}", address.authority), address.network))
}

fn routers(
    fact: &Fact,
    base: &str,
    services: &[String],
    world: &World<'_>,
    contribution: &mut Contribution,
) {
    let declaration = &fact.declaration;
    let is_broken = declaration
        .broken
        .iter()
        .any(|(section, _)| *section == Section::HttpRouters);
    let default = BTreeMap::from([(base.to_owned(), Router::default())]);
    let none = declaration.routers.is_empty() && !is_broken;
    let wanted = if none && services.len() == 1 {
        &default
    } else {
        &declaration.routers
    };
    for (name, router) in wanted {
        match complete(fact, router, services, world) {
            Ok(router) => {
                contribution.wishes.insert(
                    (Section::HttpRouters, name.clone()),
                    Wish::Router(Box::new(router)),
                );
            }
            Err(message) => {
                contribution.diagnostics.push(Diagnostic::new(
                    "no-router",
                    fact.subject(),
                    format!("router {name}: {message}"),
                ));
            }
        }
    }
}

/// Rule and service filled in where labels leave them out.
fn complete(
    fact: &Fact,
    router: &Router,
    services: &[String],
    world: &World<'_>,
) -> Result<Router, String> {
    let mut router = router.clone();
    if router.rule.as_deref().is_none_or(str::is_empty) {
        let rule = world
            .options
            .default_rule
            .render(&full_name(fact), &fact.container);
        if rule.is_empty() {
            return Err("it has no rule, and the default rule is empty".to_owned());
        }
        router.rule = Some(rule);
    }
    // Traefik may still understand it, and then nobody here would know whose hosts it takes
    Rule::parse(router.rule.as_deref().unwrap_or_default()).map_err(|error| error.to_string())?;
    if router.service.is_none() {
        router.service = match services {
            [only] => Some(only.clone()),
            [] => return Err("it has no service to send to".to_owned()),
            _ => return Err("several services are declared: name one with .service".to_owned()),
        };
    }
    Ok(router)
}

/// The hosts a router's rule wants.
pub fn hosts(router: &Router) -> BTreeSet<String> {
    rule(router).map_or_else(BTreeSet::new, |rule| rule.wanted_hosts())
}

fn rule(router: &Router) -> Option<Rule> {
    Rule::parse(router.rule.as_deref()?).ok()
}

/// How far routers that could match any host stand below those of managed envs; their own order stays.
const BELOW: i64 = 1 << 40;
/// Priorities beyond this are taken for this.
const HIGHEST: i64 = 1 << 31;

/// A router that is not held to hosts it names, so that it cannot take a managed host by its priority.
fn below(router: &Router) -> Option<Router> {
    if rule(router).is_some_and(|rule| rule.is_held_to_hosts()) {
        return None;
    }
    let written = router.rule.as_ref().map_or(0, String::len);
    let priority = router.priority.filter(|priority| *priority != 0);
    let priority = priority.unwrap_or_else(|| i64::try_from(written).unwrap_or(HIGHEST));
    Some(Router {
        priority: Some(priority.clamp(-HIGHEST, HIGHEST) - BELOW),
        ..router.clone()
    })
}

/// Who else is in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Unmanaged containers alone.
    Nobody,
    /// Managed envs: a router that could take their hosts stands below theirs.
    Managed,
}

/// One object from all containers that want it, oldest first.
pub fn merge(
    (section, name): (Section, &str),
    wishes: &[(&Fact, &Wish)],
    beside: Beside,
) -> Fragment {
    let mut fragment = Fragment::default();
    let Some(((_, first), rest)) = wishes.split_first() else {
        return fragment;
    };
    let mut servers = Vec::new();
    for (fact, wish) in wishes {
        if agrees(first, wish) {
            servers.extend(server(wish).cloned());
        } else {
            let message = format!(
                "{} {name} is defined differently by an older container, which keeps it: rename one, or make both the same",
                section.noun()
            );
            fragment
                .diagnostics
                .push(Diagnostic::new("name-conflict", fact.subject(), message));
        }
    }
    debug_assert!(rest.len() < wishes.len(), "the first is split off");
    let object = match first {
        Wish::Router(router) => {
            let lowered = below(router).filter(|_| beside == Beside::Managed);
            if lowered.is_some() && router.priority.is_some_and(|priority| priority > 0) {
                let message = format!(
                    "router {name} is not held to hosts it names: its priority counts among such routers, and all of them \
                     stand below those of managed envs; name its hosts in the rule"
                );
                let subject = wishes
                    .first()
                    .map_or_else(String::new, |(fact, _)| fact.subject());
                fragment
                    .diagnostics
                    .push(Diagnostic::new("priority-lowered", subject, message));
            }
            let router = lowered.as_ref().unwrap_or(router);
            Object::new(section, name.to_owned(), router, Vec::new())
        }
        Wish::Middleware(middleware) => {
            Object::new(section, name.to_owned(), middleware, Vec::new())
        }
        Wish::Service(options, _) => {
            let mut service = options.as_ref().clone();
            if let Some(balancer) = &mut service.load_balancer {
                balancer.servers = distinct(servers);
            }
            Object::new(section, name.to_owned(), &service, Vec::new())
        }
    };
    match object {
        Ok(object) => fragment.objects.push(object),
        Err(diagnostic) => fragment.diagnostics.push(diagnostic),
    }
    fragment
}

/// Do two containers say the same, servers apart.
fn agrees(a: &Wish, b: &Wish) -> bool {
    match (a, b) {
        (Wish::Service(a, _), Wish::Service(b, _)) => a == b,
        _ => a == b,
    }
}

const fn server(wish: &Wish) -> Option<&Server> {
    match wish {
        Wish::Service(_, server) => server.as_ref(),
        Wish::Router(_) | Wish::Middleware(_) => None,
    }
}

fn distinct(servers: Vec<Server>) -> Vec<Server> {
    let mut seen = BTreeSet::new();
    servers
        .into_iter()
        .filter(|server| seen.insert(server.url.clone()))
        .collect()
}

/// Who wants an object, in the order in which they may have it.
pub type Wanters = BTreeSet<(u64, ContainerId)>;
