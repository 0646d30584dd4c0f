//! A case's containers, and how they are written down.

use std::fmt::Write as _;

use super::fake_engine::FakeContainer;

/// The containers of a case. The first two characters of an id are its rank among the others' ids.
pub(crate) type World = Vec<FakeContainer>;

/// For people.
pub(crate) fn show(world: &[FakeContainer]) -> String {
    let mut text = String::new();
    for container in world {
        let health = container.health.as_deref().unwrap_or("no health check");
        writeln!(
            text,
            "  {} (id {}, created {}): {}, {health}, network mode {}, networks {:?}, IPv6 {:?}, ports {:?}",
            container.name,
            container.id.get(..2).unwrap_or_default(),
            container.created,
            container.state,
            container.network_mode,
            addresses(container),
            container.ipv6,
            container.ports,
        )
        .unwrap();
        for (key, value) in &container.labels {
            writeln!(text, "    {key}={value:?}").unwrap();
        }
    }
    text
}

fn addresses(container: &FakeContainer) -> Vec<(&str, &str)> {
    let networks = container.networks.iter();
    networks
        .map(|(name, (ip, _))| (name.as_str(), ip.as_str()))
        .collect()
}
