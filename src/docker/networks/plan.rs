//! What to attach, what to refuse, what to detach. Pure.
//!
//! Before API 1.48 a container's default gateway is its first non-internal network in the byte order of names. Attaching one
//! that sorts before it moves the default route and every published port: running connections break and new ones are refused
//! for a moment (measured: 145 of 811). Such an attachment is refused, and the operator is told how to avoid it.

use std::collections::{BTreeMap, BTreeSet};

use crate::docker::client::Force;
use crate::docker::version::ApiVersion;
use crate::docker::wire::Network;
use crate::routing::model::Gateway;

/// Far below the default of 0: this attachment never becomes the gateway.
const NEVER_THE_GATEWAY: i32 = -1000;

/// Traefik's container.
#[derive(Clone, Debug, Default)]
pub(super) struct Proxy {
    pub running: bool,
    /// What it is called in messages.
    pub name: &'static str,
    pub rule: Gateway,
    /// `HostConfig.NetworkMode`.
    pub mode: String,
    /// Its networks by name, and whether we attached it.
    pub attached: BTreeMap<String, bool>,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    pub attach: Vec<Attach>,
    /// By network name: why not, and the way out.
    pub refuse: BTreeMap<String, String>,
    /// Wanted, and not possible at this moment.
    pub postponed: BTreeSet<String>,
    pub detach: Vec<Detach>,
}

/// A network that Traefik gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attach {
    pub network: String,
    pub network_id: String,
    /// Only where the Engine knows it.
    pub gateway_priority: Option<i32>,
}

/// A network that Traefik loses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Detach {
    pub network: String,
    /// Id, or the name when the network itself is gone.
    pub reference: String,
    /// Needed when the container is stopped or the network is gone.
    pub force: Force,
}

/// Decides.
pub(super) fn plan(
    version: ApiVersion,
    proxy: &Proxy,
    networks: &BTreeMap<String, Network>,
    wanted: &BTreeSet<String>,
) -> Plan {
    let mut plan = Plan::default();
    if proxy.mode == "host" {
        // it reaches every bridge network from the host
        return plan;
    }
    plan.detach = detach(proxy, networks, wanted);
    let missing = wanted
        .iter()
        .filter(|name| !proxy.attached.contains_key(*name));
    if let Some(why) = cannot_be_attached(&proxy.mode, proxy.name) {
        plan.refuse = missing.map(|name| (name.clone(), why.clone())).collect();
        return plan;
    }
    if !proxy.running {
        // a stopped container whose network is removed cannot start any more; it gets them when it runs
        plan.postponed = missing.cloned().collect();
        return plan;
    }
    let mut gateway = gateway(proxy, networks);
    for name in missing.filter(|name| is_attachable(name)) {
        let Some(network) = networks.get(name) else {
            plan.postponed.insert(name.clone());
            continue;
        };
        let risk = risk(version, network, gateway.as_deref(), proxy.name);
        if let Some(why) = risk.filter(|_| proxy.rule == Gateway::Stays) {
            plan.refuse.insert(name.clone(), why);
            continue;
        }
        plan.attach.push(attach(version, network));
        let moves = gateway.as_ref().is_none_or(|gateway| name < gateway);
        if moves && !network.internal {
            gateway = Some(name.clone());
        }
    }
    plan
}

fn detach(
    proxy: &Proxy,
    networks: &BTreeMap<String, Network>,
    wanted: &BTreeSet<String>,
) -> Vec<Detach> {
    let ours = proxy
        .attached
        .iter()
        .filter(|(_, ours)| **ours)
        .map(|(name, _)| name);
    let unwanted = ours.filter(|name| !wanted.contains(*name) || !networks.contains_key(*name));
    let detach = |name: &String| {
        let network = networks.get(name);
        let stubborn = network.is_none() || !proxy.running;
        Detach {
            network: name.clone(),
            reference: network.map_or(name, |network| &network.id).clone(),
            force: if stubborn { Force::Yes } else { Force::No },
        }
    };
    unwanted.map(detach).collect()
}

fn cannot_be_attached(mode: &str, who: &str) -> Option<String> {
    let owner = mode.strip_prefix("container:");
    if let Some(owner) = owner {
        return Some(format!(
            "{who} shares the network of container {owner}; give it a network of its own, or host networking"
        ));
    }
    (mode == "none").then(|| {
        format!("{who} runs with network mode \"none\"; give it a network, or host networking")
    })
}

/// Docker's own two pseudo-networks take nobody in.
fn is_attachable(name: &str) -> bool {
    !["host", "none"].contains(&name)
}

/// The network that has Traefik's default route on Engines without gateway priorities.
fn gateway(proxy: &Proxy, networks: &BTreeMap<String, Network>) -> Option<String> {
    let known = proxy.attached.keys().filter_map(|name| networks.get(name));
    known
        .filter(|network| !network.internal)
        .map(|network| network.name.clone())
        .min()
}

fn risk(
    version: ApiVersion,
    network: &Network,
    gateway: Option<&str>,
    who: &str,
) -> Option<String> {
    let name = network.name.as_str();
    let gateway = gateway.filter(|gateway| name < *gateway)?;
    let safe = version >= ApiVersion::GATEWAY_PRIORITY || network.internal;
    (!safe).then(|| {
        format!(
            "network {name:?} sorts before {gateway:?}, the network of {who}'s default route: on this Engine (API below 1.48) \
             attaching it would move the route and cut {who}'s connections. Ways out: give {who}'s own network a name that \
             sorts first, e.g. \"00-pointsman\"; or make {name:?} internal; or run {who} with host networking; or update Docker \
             to 28; or accept the cut with --allow-gateway-move"
        )
    })
}

fn attach(version: ApiVersion, network: &Network) -> Attach {
    let knows_priority = version >= ApiVersion::GATEWAY_PRIORITY;
    Attach {
        network: network.name.clone(),
        network_id: network.id.clone(),
        gateway_priority: knows_priority.then_some(NEVER_THE_GATEWAY),
    }
}
