//! Where a container is reached: network, address and port.
//!
//! The choice is deterministic: the wanted network, else one that Traefik already has, else the project's
//! `default`, else the first by name; of the last three only those in which it has an address. A server counts only once
//! Traefik can reach its network: published earlier, requests to it would hang.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::routing::model::{Container, Port};
use crate::routing::traefik::http::LabelServer;

use super::options::{Options, compose};

/// Which networks Traefik can reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// All: nothing is attached by us, or Traefik is on the host's network.
    #[default]
    Everything,
    /// Those it is attached to.
    Networks(BTreeSet<String>),
}

impl Reach {
    fn has(&self, network: &str) -> bool {
        match self {
            Self::Everything => false,
            Self::Networks(networks) => networks.contains(network),
        }
    }

    /// Is a container on a network that only one of the two reaches.
    pub fn differs_for(&self, other: &Self, container: &Container) -> bool {
        match (self, other) {
            (Self::Everything, Self::Everything) => false,
            (Self::Networks(a), Self::Networks(b)) => container
                .networks
                .keys()
                .any(|network| a.contains(network) != b.contains(network)),
            (Self::Everything, Self::Networks(_)) | (Self::Networks(_), Self::Everything) => true,
        }
    }

    /// Can Traefik send requests there.
    pub fn reaches(&self, network: Option<&str>) -> bool {
        match (self, network) {
            (Self::Everything, _) | (_, None) => true,
            (Self::Networks(networks), Some(network)) => networks.contains(network),
        }
    }
}

/// Where a container is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Written as a text it is a URL's `host:port`, IPv6 in brackets.
    pub at: SocketAddr,
    /// The network it is reached through, when there is a choice.
    pub network: Option<String>,
}

/// The network a container is reached through, by name.
fn network<'a>(container: &'a Container, wanted: Option<&str>, reach: &Reach) -> Option<&'a str> {
    let all = || container.networks.iter();
    if let Some((name, _)) = all().find(|(name, _)| wanted == Some(name.as_str())) {
        return Some(name);
    }
    let default = compose::project(container).map(|project| format!("{project}_default"));
    let rank = |name: &str| (!reach.has(name), default.as_deref() != Some(name));
    let chosen = all().min_by_key(|(name, endpoint)| (endpoint.address.is_none(), rank(name)));
    chosen.map(|(name, _)| name.as_str())
}

/// Schemes that Traefik speaks to servers.
const SCHEMES: [&str; 3] = ["http", "https", "h2c"];

/// The scheme of a server's URL. Any other text would let a label write the URL's host as well.
pub fn scheme(label: &LabelServer) -> Result<&str, String> {
    let scheme = label.scheme.as_deref().unwrap_or("http");
    if SCHEMES.contains(&scheme) {
        Ok(scheme)
    } else {
        Err(format!(
            "server.scheme {scheme:?} is not http, https or h2c"
        ))
    }
}

/// The weight among the servers. One of 0 or less gets no request, but with a health check Traefik can hang on it.
pub fn weight(label: &LabelServer) -> Result<Option<i64>, String> {
    match label.weight {
        Some(weight) if weight <= 0 => Err(format!(
            "server.weight {weight} is less than 1: it would get no request"
        )),
        weight => Ok(weight),
    }
}

/// The port: as wanted, else the lowest exposed one.
pub fn port(container: &Container, wanted: Option<&str>) -> Result<u16, String> {
    if let Some(text) = wanted {
        let port = text.parse().ok().filter(|port| *port > 0);
        return port.ok_or_else(|| format!("{text:?} is not a port from 1 to 65535"));
    }
    let lowest = container.ports.iter().map(|port| port.private).min();
    lowest.ok_or_else(|| {
        "no port: set loadbalancer.server.port or pointsman.port, or EXPOSE one".to_owned()
    })
}

/// The address of a running container. `owner` is the container whose network it shares, if it does.
pub fn resolve(
    container: &Container,
    owner: Option<&Container>,
    port: u16,
    wanted: Option<&str>,
    world: (&Options, &Reach),
) -> Result<Address, String> {
    let (options, reach) = world;
    if let Some(bound) = bound(container, port).filter(|_| options.use_bind_port_ip) {
        return Ok(bound);
    }
    let holder = owner.unwrap_or(container);
    if holder.network_mode == "host" {
        return Ok(Address {
            at: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port),
            network: None,
        });
    }
    let name = network(holder, wanted, reach).ok_or_else(|| "it is in no network".to_owned())?;
    let address = holder
        .networks
        .get(name)
        .and_then(|endpoint| endpoint.address);
    let ip = address.ok_or_else(|| format!("it has no address in network {name}"))?;
    Ok(Address {
        at: SocketAddr::new(ip, port),
        network: Some(name.to_owned()),
    })
}

fn bound(container: &Container, port: u16) -> Option<Address> {
    let usable = |candidate: &&Port| {
        candidate.private == port && candidate.host_ip.is_some_and(|ip| !ip.is_unspecified())
    };
    let binding = container.ports.iter().find(usable)?;
    Some(Address {
        at: SocketAddr::new(binding.host_ip?, binding.public?),
        network: None,
    })
}
