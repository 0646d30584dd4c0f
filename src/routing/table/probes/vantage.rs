//! Where Pointsman stands, and so which servers it can ask.
//!
//! On the host (as a process, or on host networking) it reaches every bridge network. In a container it reaches the
//! networks it is in; with `--traefik-container` it gets attached to those that it needs. What it cannot see from where it
//! stands is not held back: that Traefik reaches it is known by other means.

use std::net::{IpAddr, SocketAddr};

use super::super::address::Reach;

/// Where Pointsman stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::routing::table) enum Vantage {
    /// On the host.
    #[default]
    Host,
    /// In a container on these networks.
    Container(Reach),
}

/// Whether an address can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// Yes.
    Clear,
    /// Not yet: Pointsman is being attached to its network.
    Soon,
    /// No, in words.
    Blind(String),
}

/// What becomes of a network that Pointsman is not in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attaching<'a> {
    /// It does not attach itself.
    Never,
    /// It is going to.
    Soon,
    /// It could not.
    Refused(&'a str),
}

impl Vantage {
    pub(super) fn sight(
        &self,
        address: SocketAddr,
        network: Option<&str>,
        attaching: Attaching<'_>,
    ) -> Sight {
        let ip = address.ip().to_canonical();
        if is_never_asked(ip) {
            return Sight::Blind(format!("{ip} is no address of a server"));
        }
        let (Self::Container(reach), false) = (self, network.is_none() && !ip.is_loopback()) else {
            return Sight::Clear;
        };
        let Some(network) = network else {
            let why = "it is on the host's network, and Pointsman runs in a container that is not";
            return Sight::Blind(why.to_owned());
        };
        match attaching {
            _ if reach.reaches(Some(network)) => Sight::Clear,
            Attaching::Soon => Sight::Soon,
            Attaching::Never => Sight::Blind(format!(
                "Pointsman's container is not in network {network}: attach it, or name Traefik with --traefik-container"
            )),
            Attaching::Refused(why) => Sight::Blind(format!(
                "Pointsman's container could not be attached to network {network}: {why}"
            )),
        }
    }
}

/// Addresses that are no container's: link-local ones are where clouds keep their secrets.
const fn is_never_asked(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast()
        }
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast(),
    }
}
