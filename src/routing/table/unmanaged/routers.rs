//! The routers of one container: those of its labels, completed, else one for its only service.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyRouter;
use crate::routing::traefik::references::adopt;
use crate::routing::traefik::rule::Rule;

use super::super::World;
use super::super::facts::Fact;
use super::Wish;
use super::contribution::{Contribution, full_name};
use super::services::Link;

/// Adds the routers of a protocol; `names` are the container's own name and its services.
pub(super) fn wish(
    (fact, protocol): (&Fact, Protocol),
    (base, services): (&str, &[Link]),
    world: &World<'_>,
    contribution: &mut Contribution,
) {
    let objects = &fact.declaration.objects;
    let mut wanted: BTreeMap<&str, AnyRouter> = objects
        .routers(protocol)
        .map(|(name, router)| (name.as_str(), router.clone()))
        .collect();
    // only HTTP has a rule to fall back on
    let none = protocol == Protocol::Http && !objects.names(protocol.routers());
    if none && matches!(services, [Link::To(_)]) {
        wanted.insert(base, AnyRouter::empty(protocol));
    }
    for (name, router) in wanted {
        match complete(fact, router, services, world) {
            Ok(router) => contribution.wish(protocol.routers(), name, Wish::Router(router)),
            Err(message) => {
                let at = (protocol.routers(), name);
                contribution.report("no-router", fact, at, format!("router {name}: {message}"));
            }
        }
    }
}

/// Rule and service filled in where labels leave them out.
fn complete(
    fact: &Fact,
    mut router: AnyRouter,
    services: &[Link],
    world: &World<'_>,
) -> Result<AnyRouter, String> {
    adopt(&mut router);
    if router.protocol() == Protocol::Http && router.rule().is_none() {
        let rule = default_rule(fact, world)?;
        if let Some(matching) = router.fields().matching {
            *matching.rule = Some(rule);
        }
    }
    if router.protocol() != Protocol::Udp {
        let rule = router
            .rule()
            .ok_or("it has no rule: write HostSNI(`*`) to match all")?;
        // Traefik may still understand it, and then nobody here would know whose hosts it takes
        Rule::parse(rule).map_err(|error| error.to_string())?;
    }
    if router.service().is_none() {
        *router.fields().service = Some(link(services)?.to_owned());
    }
    Ok(router)
}

fn default_rule(fact: &Fact, world: &World<'_>) -> Result<String, String> {
    let template = &world.options.default_rule;
    let rule = template.render(&full_name(fact), &fact.container);
    rule.map_err(|error| error.to_string())
}

fn link(services: &[Link]) -> Result<&str, String> {
    match services {
        [Link::To(only)] => Ok(only),
        [] | [Link::Broken] => Err("it has no service to send to".to_owned()),
        _ => Err("several services are declared: name one with .service".to_owned()),
    }
}

/// The hosts a router's rule wants.
pub(super) fn hosts(router: &AnyRouter) -> BTreeSet<String> {
    rule(router).map_or_else(BTreeSet::new, |rule| rule.wanted_hosts())
}

pub(super) fn rule(router: &AnyRouter) -> Option<Rule> {
    Rule::parse(router.rule()?).ok()
}
