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

/// Adds the services of a protocol; gives the names to which a router may be linked.
pub(super) fn wish(
    (fact, protocol): (&Fact, Protocol),
    base: &str,
    world: &World<'_>,
    contribution: &mut Contribution,
) -> Vec<String> {
    let objects = &fact.declaration.objects;
    let mut wanted: BTreeMap<&str, AnyService> = objects
        .services(protocol)
        .map(|(name, service)| (name.as_str(), service.clone()))
        .collect();
    if !objects.names(protocol.services()) {
        wanted.insert(base, AnyService::balancer(protocol));
    }
    let mut names = Vec::new();
    for (name, service) in wanted {
        match one(fact, service, world, contribution) {
            Ok(wish) => {
                contribution.wish(protocol.services(), name, wish);
                names.push(name.to_owned());
            }
            // of a container that says nothing, nothing was expected
            Err(_) if fact.declaration.objects.is_empty() => {}
            Err(message) => {
                contribution.report("no-service", fact, format!("service {name}: {message}"));
            }
        }
    }
    names
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
    contribution.networks.extend(found.network);
    Ok(Wish::Service(service, reachable.then_some(found.server)))
}
