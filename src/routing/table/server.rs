//! One container as a server of a service: what its labels ask for, and where it is reached.

use std::net::SocketAddr;

use crate::routing::model::Reached;
use crate::routing::traefik::any::{AnyServer, AnyService};
use crate::routing::traefik::http::{LabelServer, Server, Service};
use crate::routing::traefik::tcp::{TcpServer, TcpService};
use crate::routing::traefik::udp::UdpServer;

use super::World;
use super::address::{self, Address};
use super::facts::Fact;
use super::options::{Options, compose};

/// A server, and the network it is reached through when there is a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The server.
    pub server: AnyServer,
    /// Its address; `None` for a URL of a label.
    pub at: Option<SocketAddr>,
    /// The network.
    pub network: Option<String>,
}

impl Found {
    /// The network that this container's server is reached through, for the sake of its project.
    pub(super) fn reached(&self, fact: &Fact) -> Option<Reached> {
        let project = compose::project(&fact.container).unwrap_or_default();
        Some(Reached {
            network: self.network.clone()?,
            project: project.to_owned(),
        })
    }
}

/// The server that a container is for a service of its labels.
pub fn find(fact: &Fact, service: &AnyService, world: &World<'_>) -> Result<Found, String> {
    match service {
        AnyService::Http(service) => http(fact, &http_label(service), world),
        AnyService::Tcp(service) => tcp(fact, service, world),
        AnyService::Udp(service) => {
            let balancer = service.load_balancer.as_ref();
            let label = balancer
                .and_then(|balancer| balancer.server.clone())
                .unwrap_or_default();
            let address = locate(fact, label.port.as_deref(), world)?;
            let server = UdpServer {
                address: address.at.to_string(),
            };
            Ok(Found {
                server: AnyServer::Udp(server),
                at: Some(address.at),
                network: address.network,
            })
        }
    }
}

fn http_label(service: &Service) -> LabelServer {
    let balancer = service.load_balancer.as_ref();
    balancer
        .and_then(|balancer| balancer.server.as_deref().cloned())
        .unwrap_or_default()
}

fn http(fact: &Fact, label: &LabelServer, world: &World<'_>) -> Result<Found, String> {
    let weight = address::weight(label)?;
    let (url, address) = url(fact, label, world)?;
    let server = Server {
        url,
        weight,
        preserve_path: label.preserve_path,
    };
    Ok(Found {
        server: AnyServer::Http(server),
        at: address.as_ref().map(|address| address.at),
        network: address.and_then(|address| address.network),
    })
}

fn url(
    fact: &Fact,
    label: &LabelServer,
    world: &World<'_>,
) -> Result<(String, Option<Address>), String> {
    if let Some(url) = &label.url {
        return whole_url(fact, label, url).map(|url| (url, None));
    }
    let address = locate(fact, label.port.as_deref(), world)?;
    let scheme = address::scheme(label)?;
    Ok((format!("{scheme}://{}", address.at), Some(address)))
}

fn whole_url(fact: &Fact, label: &LabelServer, url: &str) -> Result<String, String> {
    if fact.managed().is_some() {
        let message = "loadbalancer.server.url is not taken for managed containers: they are reached at their own address";
        return Err(message.to_owned());
    }
    if label.scheme.is_some() || label.port.is_some() {
        return Err("server.url stands alone, without scheme or port".to_owned());
    }
    Ok(url.to_owned())
}

fn tcp(fact: &Fact, service: &TcpService, world: &World<'_>) -> Result<Found, String> {
    let balancer = service.load_balancer.as_ref();
    let label = balancer
        .and_then(|balancer| balancer.server.clone())
        .unwrap_or_default();
    let address = locate(fact, label.port.as_deref(), world)?;
    let server = TcpServer {
        address: address.at.to_string(),
        tls: label.tls,
    };
    Ok(Found {
        server: AnyServer::Tcp(server),
        at: Some(address.at),
        network: address.network,
    })
}

/// Address and port: the port of the labels, else `pointsman.port`, else the lowest exposed one.
fn locate(fact: &Fact, port: Option<&str>, world: &World<'_>) -> Result<Address, String> {
    let own = fact
        .managed()
        .and_then(|labels| labels.port)
        .map(|port| port.to_string());
    let port = address::port(&fact.container, port.or(own.as_deref()))?;
    let owner = world.facts.owner(fact);
    let wanted = wanted_network(fact, owner, world.options);
    address::resolve(
        &fact.container,
        owner.map(|owner| &owner.container),
        port,
        wanted,
        (world.options, world.reach),
    )
}

/// The network that labels name, else the option. Whose network it is decides first, and leaves it to the one who shares
/// it only where both name none.
fn wanted_network<'a>(
    fact: &'a Fact,
    owner: Option<&'a Fact>,
    options: &'a Options,
) -> Option<&'a str> {
    let of = |fact: &'a Fact| {
        let label = fact.declaration.network.as_deref();
        label.or(options.network.as_deref())
    };
    let named = owner.and_then(of).filter(|name| !name.is_empty());
    named.or_else(|| of(fact))
}
