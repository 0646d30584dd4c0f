//! Ports that are published more than once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;

use super::Uses;
use super::networks::address;

/// Of a port that is published for TCP and UDP Traefik takes either binding.
pub(super) fn random_binding(
    servers: &mut [Value],
    wanted: &[Value],
    world: &[FakeContainer],
    uses: &mut Uses,
) {
    for container in world {
        let all = bindings(container);
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

/// Where a port that is published twice can be reached: on the host, and by its own address.
fn bindings(container: &FakeContainer) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for port in &container.ports {
        let twins = container
            .ports
            .iter()
            .filter(|twin| twin.private == port.private);
        if twins.clone().count() > 1 {
            let published = twins.flat_map(|twin| &twin.bindings);
            all.extend(published.map(|(ip, public)| authority(ip, *public)));
            let own = container
                .networks
                .keys()
                .map(|name| address(container, name));
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
