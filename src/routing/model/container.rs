//! A container as Docker tells it, reduced to what routing can depend on.
//!
//! Two equal values mean that nothing worth a rebuild happened: volatile texts (uptime, status) are not here.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::routing::ids::ContainerId;

use super::labels::Labels;

/// One container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Docker's id.
    pub id: ContainerId,
    /// Name without the leading slash.
    pub name: String,
    /// Seconds since the epoch; the older of two claimants keeps what both want.
    pub created: u64,
    /// All labels, verbatim.
    pub labels: Labels,
    /// What it is doing.
    pub state: State,
    /// What its health check says.
    pub health: Health,
    /// `HostConfig.NetworkMode`: `default`, `host`, `none`, `container:<id>` or a network's name.
    pub network_mode: String,
    /// Attached networks by name.
    pub networks: BTreeMap<String, Endpoint>,
    /// Exposed and published ports.
    pub ports: Vec<Port>,
    /// It was told to stop, and no end or new start was seen since.
    pub leaving: Option<Leaving>,
    /// Docker's id of its image; empty when it is not told.
    pub image: String,
}

/// A signal to stop that a container got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// The last one, in words: `SIGTERM`.
    pub signal: String,
    /// How many came since its start; each gives it its time anew.
    pub count: u32,
    /// Its stop time-out in milliseconds: how long Docker waits before it kills.
    pub grace_ms: u64,
}

/// A container's place in a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// Docker's id of the network.
    pub network_id: String,
    /// The address to route to: IPv4, else global IPv6; `None` while it has none.
    pub address: Option<IpAddr>,
}

/// An exposed port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Port inside the container.
    pub private: u16,
    /// Port on the host, when published.
    pub public: Option<u16>,
    /// Address on the host, when published.
    pub host_ip: Option<IpAddr>,
}

/// What the container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Created or any other state in which nothing runs yet.
    Created,
    /// Running.
    Running,
    /// Paused: it keeps its address and answers nothing.
    Paused,
    /// Restarting after a failure.
    Restarting,
    /// Exited, dead or being removed.
    Exited,
}

/// What the container's own health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has none.
    None,
    /// Not yet known.
    Starting,
    /// Passing.
    Healthy,
    /// Failing.
    Unhealthy,
}

impl Container {
    /// A label's value.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.get(key).map(String::as_str)
    }

    /// Does it run, and is it not known to be unhealthy or still starting. Whether it is leaving is another question.
    pub fn is_serving(&self) -> bool {
        self.state == State::Running && matches!(self.health, Health::None | Health::Healthy)
    }

    /// Its process has ended: with it went its addresses, and what it was told.
    pub fn exit(&mut self) {
        self.state = State::Exited;
        self.leaving = None;
        let endpoints = self.networks.values_mut();
        endpoints.for_each(|endpoint| endpoint.address = None);
    }

    /// Is all of that so already.
    pub fn has_exited(&self) -> bool {
        let has_address = self.networks.values().any(|place| place.address.is_some());
        self.state == State::Exited && self.leaving.is_none() && !has_address
    }

    /// Does another value say the same of the container: all but what it is doing, and its addresses.
    pub fn is_told_alike(&self, other: &Self) -> bool {
        self.labels == other.labels
            && self.name == other.name
            && self.created == other.created
            && self.image == other.image
            && self.network_mode == other.network_mode
            && self.ports == other.ports
    }

    /// Is it doing the same, at the same addresses: all that the container does not say of itself.
    pub fn is_doing_alike(&self, other: &Self) -> bool {
        // all fields are named, so that a new one is sorted into one of the two
        let Self {
            id: _,
            name: _,
            created: _,
            labels: _,
            network_mode: _,
            ports: _,
            image: _,
            state,
            health,
            networks,
            leaving,
        } = self;
        *state == other.state
            && *health == other.health
            && *leaving == other.leaving
            && *networks == other.networks
    }

    /// The order in which claimants of one thing stand: the oldest first, ids break ties.
    pub fn age_key(&self) -> (u64, ContainerId) {
        (self.created, self.id.clone())
    }

    /// The same order, of two containers.
    pub fn by_age(&self, other: &Self) -> Ordering {
        (self.created, &self.id).cmp(&(other.created, &other.id))
    }
}
