//! Addresses for containers that do not run: the same for the same input, and plainly made up.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use crate::routing::model::Endpoint;

/// Gives each network a part of 10.0.0.0/8 in the order in which they are first named.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    networks: BTreeMap<String, (u8, u16)>,
}

impl Addresses {
    /// The next place in a network.
    pub(super) fn next(&mut self, network: &str) -> Endpoint {
        let count = u8::try_from(self.networks.len() % 256).unwrap_or_default();
        let (net, host) = self
            .networks
            .entry(network.to_owned())
            .or_insert((count, 1));
        *host = host.wrapping_add(1);
        let [high, low] = host.to_be_bytes();
        Endpoint {
            network_id: network.to_owned(),
            address: Some(IpAddr::V4(Ipv4Addr::new(10, *net, high, low))),
        }
    }
}
