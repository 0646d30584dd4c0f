//! Ports that are published more than once.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::Value;

use crate::support::fake_engine::{FakeContainer, FakePort};
use crate::support::options::Options;

use super::Uses;
use super::faults::{Blame, Evidence, Fault};
use super::networks::address;

/// Of a port that is published for TCP and UDP Traefik takes either binding.
pub(super) fn random_binding(
    servers: &mut [Value],
    wanted: &[Value],
    world: &[FakeContainer],
    uses: &mut Uses,
) {
    for container in world {
        let all = bindings(container, world);
        let is_one = |server: &Value| {
            let text = server["url"]
                .as_str()
                .or_else(|| server["address"].as_str());
            let authority = text.map(|text| text.rsplit("://").next().unwrap_or(text).to_owned());
            authority.is_some_and(|authority| all.contains(&authority))
        };
        let ours = wanted.iter().find(|server| is_one(server));
        for server in servers.iter_mut() {
            if let Some(ours) = ours.filter(|ours| is_one(server) && *ours != server) {
                for field in ["url", "address"] {
                    if let Some(address) = ours.get(field) {
                        server[field] = address.clone();
                    }
                }
                *uses.entry("random-binding").or_default() += 1;
            }
        }
    }
    servers.sort_by_key(Value::to_string);
}

/// Where Traefik takes the binding that is at no address in particular, the container's own address counts, and it may
/// have none.
pub(super) fn faults(world: &[FakeContainer], options: &Options) -> Vec<Fault> {
    let mixed = world.iter().filter(|it| !unspecified(&it.ports).is_empty());
    let mixed = mixed.filter(|_| options.has("useBindPortIP"));
    let fault = |it: &FakeContainer| Fault {
        rule: "random-binding",
        container: it.name.clone(),
        blame: Blame::Unspecified,
        evidence: Evidence::Chance,
    };
    mixed.map(fault).collect()
}

/// Of ports that are published twice, those at no address in particular.
pub(super) fn unspecified(ports: &[FakePort]) -> Vec<usize> {
    let is_at = |port: &FakePort| port.bindings.first().is_some_and(|(ip, _)| is_address(ip));
    let has_twin = |port: &FakePort| {
        ports
            .iter()
            .any(|twin| twin.private == port.private && is_at(twin))
    };
    let all = ports.iter().enumerate();
    all.filter(|(_, port)| !port.bindings.is_empty() && !is_at(port) && has_twin(port))
        .map(|(at, _)| at)
        .collect()
}

fn is_address(ip: &str) -> bool {
    let ip = ip.parse::<IpAddr>();
    ip.is_ok_and(|ip| !ip.is_unspecified())
}

/// Where a port that is published twice can be reached: on the host, and by its own address or that of whose network it
/// shares.
fn bindings(container: &FakeContainer, world: &[FakeContainer]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let owner = container.network_mode.strip_prefix("container:");
    let owner = owner.and_then(|name| world.iter().find(|it| it.name == name));
    let holder = owner.unwrap_or(container);
    for port in &container.ports {
        let twins = container
            .ports
            .iter()
            .filter(|twin| twin.private == port.private);
        if twins.clone().count() > 1 {
            let published = twins.flat_map(|twin| &twin.bindings);
            all.extend(published.map(|(ip, public)| authority(ip, *public)));
            let own = holder.networks.keys().map(|name| address(holder, name));
            let on_host = (holder.network_mode == "host").then(|| "127.0.0.1".to_owned());
            let own = own.chain(on_host);
            all.extend(own.map(|own| format!("{own}:{}", port.private)));
        }
    }
    all
}

fn authority(ip: &str, port: u16) -> String {
    if ip.contains(':') {
        format!("[{ip}]:{port}")
    } else {
        format!("{ip}:{port}")
    }
}
