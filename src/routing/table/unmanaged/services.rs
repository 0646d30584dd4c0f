//! The services of one container: those of its labels, else one under its own name.

use std::collections::BTreeMap;

use crate::routing::traefik::Protocol;
use crate::routing::traefik::any::AnyService;
use crate::routing::traefik::references::adopt;

use super::super::World;
use super::super::facts::Fact;
use super::super::server;
use super::Wish;
use super::contribution::Contribution;

/// A service as routers may be linked to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// There, under this name.
    To(String),
    /// Named, but not there: no router without a service may take another one instead.
    Broken,
}

/// Adds the services of a protocol; gives all that the container names.
pub(super) fn wish(
    (fact, protocol): (&Fact, Protocol),
    base: &str,
    world: &World<'_>,
    contribution: &mut Contribution,
) -> Vec<Link> {
    let objects = &fact.declaration.objects;
    let mut wanted: BTreeMap<&str, AnyService> = objects
        .services(protocol)
        .map(|(name, service)| (name.as_str(), service.clone()))
        .collect();
    if !objects.names(protocol.services()) {
        wanted.insert(base, AnyService::balancer(protocol));
    }
    let section = protocol.services();
    let broken = objects.broken.iter().filter(|(at, _)| *at == section);
    let mut links: Vec<Link> = broken.map(|_| Link::Broken).collect();
    for (name, service) in wanted {
        match one(fact, service, world, contribution) {
            Ok(wish) => {
                contribution.wish(section, name, wish);
                links.push(Link::To(name.to_owned()));
                continue;
            }
            // of a container that says nothing, nothing was expected
            Err(_) if fact.declaration.objects.is_empty() => {}
            Err(message) => {
                let message = format!("service {name}: {message}");
                contribution.report("no-service", fact, (section, name), message);
            }
        }
        links.push(Link::Broken);
    }
    links
}

fn one(
    fact: &Fact,
    mut service: AnyService,
    world: &World<'_>,
    contribution: &mut Contribution,
) -> Result<Wish, String> {
    adopt(&mut service);
    if service.is_composite() {
        return Ok(Wish::Service(service, None));
    }
    if !service.is_balancer() {
        let message =
            "it has neither loadbalancer nor weighted, highestrandomweight, mirroring or failover";
        return Err(message.to_owned());
    }
    let found = fact
        .container
        .is_serving()
        .then(|| server::find(fact, &service, world))
        .transpose()?;
    service.prepare();
    let Some(found) = found else {
        return Ok(Wish::Service(service, None));
    };
    let reachable = world.reach.reaches(found.network.as_deref()) && !fact.is_leaving();
    contribution.networks.extend(found.reached(fact));
    Ok(Wish::Service(service, reachable.then_some(found.server)))
}
