//! The host's network, named by a label.

use crate::support::fake_engine::FakeContainer;

use super::faults::{Blame, Evidence, Fault};

const NETWORK: &str = "traefik.docker.network";

/// The host's network has no address of its own; Pointsman needs none. Who shares it has the label of its owner too.
pub(super) fn faults(world: &[FakeContainer]) -> impl Iterator<Item = Fault> {
    world.iter().flat_map(|it| {
        let owner = it.network_mode.strip_prefix("container:");
        let owner = owner.and_then(|name| world.iter().find(|it| it.name == name));
        let is_on_host = owner.unwrap_or(it).network_mode == "host";
        let own = says_host(it).then(|| Blame::Label(NETWORK.to_owned()));
        let owners = owner
            .is_some_and(says_host)
            .then(|| Blame::OwnerLabel(NETWORK.to_owned()));
        let blames = own.into_iter().chain(owners);
        blames.filter(move |_| is_on_host).map(|blame| Fault {
            rule: "host-network",
            container: it.name.clone(),
            blame,
            evidence: Evidence::Dropped,
        })
    })
}

fn says_host(it: &FakeContainer) -> bool {
    it.labels.get(NETWORK).is_some_and(|name| name == "host")
}
