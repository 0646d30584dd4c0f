//! Routers, services and middlewares of any protocol, with what they have in common.

use serde::Serialize;

use super::http::{LoadBalancer, Router, Server, Service};
use super::middleware::Middleware;
use super::section::Protocol;
use super::tcp::{TcpLoadBalancer, TcpMiddleware, TcpRouter, TcpServer, TcpService};
use super::udp::{UdpLoadBalancer, UdpRouter, UdpServer, UdpService};

/// A router.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnyRouter {
    /// Of HTTP.
    Http(Box<Router>),
    /// Of TCP.
    Tcp(Box<TcpRouter>),
    /// Of UDP.
    Udp(Box<UdpRouter>),
}

/// The fields that most routers have.
#[derive(Debug)]
pub struct RouterFields<'a> {
    /// Entry points.
    pub entry_points: &'a mut Vec<String>,
    /// The service.
    pub service: &'a mut Option<String>,
    /// What UDP does not have.
    pub matching: Option<MatchingFields<'a>>,
}

/// The fields of routers that have a rule.
#[derive(Debug)]
pub struct MatchingFields<'a> {
    /// The rule.
    pub rule: &'a mut Option<String>,
    /// Higher wins.
    pub priority: &'a mut Option<i64>,
    /// Middlewares.
    pub middlewares: &'a mut Vec<String>,
}

impl AnyRouter {
    /// One that says nothing.
    pub fn empty(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http(Box::default()),
            Protocol::Tcp => Self::Tcp(Box::default()),
            Protocol::Udp => Self::Udp(Box::default()),
        }
    }

    /// What it speaks.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Http(_) => Protocol::Http,
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
        }
    }

    /// The fields that it shares with the others.
    pub fn fields(&mut self) -> RouterFields<'_> {
        match self {
            Self::Http(router) => RouterFields {
                entry_points: &mut router.entry_points,
                service: &mut router.service,
                matching: Some(MatchingFields {
                    rule: &mut router.rule,
                    priority: &mut router.priority,
                    middlewares: &mut router.middlewares,
                }),
            },
            Self::Tcp(router) => RouterFields {
                entry_points: &mut router.entry_points,
                service: &mut router.service,
                matching: Some(MatchingFields {
                    rule: &mut router.rule,
                    priority: &mut router.priority,
                    middlewares: &mut router.middlewares,
                }),
            },
            Self::Udp(router) => RouterFields {
                entry_points: &mut router.entry_points,
                service: &mut router.service,
                matching: None,
            },
        }
    }

    /// The rule as written; empty counts as none.
    pub fn rule(&self) -> Option<&str> {
        let rule = match self {
            Self::Http(router) => router.rule.as_deref(),
            Self::Tcp(router) => router.rule.as_deref(),
            Self::Udp(_) => None,
        };
        rule.filter(|rule| !rule.is_empty())
    }

    /// The service it names.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Http(router) => router.service.as_deref(),
            Self::Tcp(router) => router.service.as_deref(),
            Self::Udp(router) => router.service.as_deref(),
        }
    }

    /// The priority that was asked for; 0 counts as none.
    pub fn priority(&self) -> Option<i64> {
        let priority = match self {
            Self::Http(router) => router.priority,
            Self::Tcp(router) => router.priority,
            Self::Udp(_) => None,
        };
        priority.filter(|priority| *priority != 0)
    }

    /// The entry points it names.
    pub fn entry_points(&self) -> &[String] {
        match self {
            Self::Http(router) => &router.entry_points,
            Self::Tcp(router) => &router.entry_points,
            Self::Udp(router) => &router.entry_points,
        }
    }

    /// Does it end or pass TLS.
    pub const fn has_tls(&self) -> bool {
        match self {
            Self::Http(router) => router.tls.is_some(),
            Self::Tcp(router) => router.tls.is_some(),
            Self::Udp(_) => false,
        }
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnyService {
    /// Of HTTP.
    Http(Box<Service>),
    /// Of TCP.
    Tcp(Box<TcpService>),
    /// Of UDP.
    Udp(Box<UdpService>),
}

/// A server of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnyServer {
    /// Of HTTP.
    Http(Server),
    /// Of TCP.
    Tcp(TcpServer),
    /// Of UDP.
    Udp(UdpServer),
}

impl AnyServer {
    /// Where it answers.
    pub fn address(&self) -> &str {
        match self {
            Self::Http(server) => &server.url,
            Self::Tcp(server) => &server.address,
            Self::Udp(server) => &server.address,
        }
    }
}

impl AnyService {
    /// A load balancer without options or servers.
    pub fn balancer(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http(Box::new(Service {
                load_balancer: Some(LoadBalancer::default()),
                ..Service::default()
            })),
            Protocol::Tcp => Self::Tcp(Box::new(TcpService {
                load_balancer: Some(TcpLoadBalancer::default()),
                ..TcpService::default()
            })),
            Protocol::Udp => Self::Udp(Box::new(UdpService {
                load_balancer: Some(UdpLoadBalancer::default()),
                ..UdpService::default()
            })),
        }
    }

    /// What it speaks.
    pub const fn protocol(&self) -> Protocol {
        match self {
            Self::Http(_) => Protocol::Http,
            Self::Tcp(_) => Protocol::Tcp,
            Self::Udp(_) => Protocol::Udp,
        }
    }

    /// Is it a load balancer, with servers of its own.
    pub const fn is_balancer(&self) -> bool {
        match self {
            Self::Http(service) => service.load_balancer.is_some(),
            Self::Tcp(service) => service.load_balancer.is_some(),
            Self::Udp(service) => service.load_balancer.is_some(),
        }
    }

    /// Is it the same service, whatever middlewares stand before it: Traefik compares only how it balances.
    pub fn balances_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Http(a), Self::Http(b)) => {
                let of_b = Service {
                    middlewares: b.middlewares.clone(),
                    ..a.as_ref().clone()
                };
                of_b == **b
            }
            (Self::Http(_) | Self::Tcp(_) | Self::Udp(_), _) => self == other,
        }
    }

    /// Gives it servers; those of another protocol have no place in it.
    pub fn set_servers(&mut self, servers: Vec<AnyServer>) {
        for server in servers {
            match (&mut *self, server) {
                (Self::Http(service), AnyServer::Http(server)) => service
                    .load_balancer
                    .get_or_insert_default()
                    .servers
                    .push(server),
                (Self::Tcp(service), AnyServer::Tcp(server)) => service
                    .load_balancer
                    .get_or_insert_default()
                    .servers
                    .push(server),
                (Self::Udp(service), AnyServer::Udp(server)) => service
                    .load_balancer
                    .get_or_insert_default()
                    .servers
                    .push(server),
                (Self::Http(_) | Self::Tcp(_) | Self::Udp(_), _) => {}
            }
        }
    }

    /// Makes a load balancer of labels one of the document: without the label's server, and never without any field.
    pub fn prepare(&mut self) {
        match self {
            Self::Http(service) => {
                if let Some(balancer) = &mut service.load_balancer {
                    balancer.server = None;
                    // what is the default anyway: Traefik refuses a load balancer without any field
                    balancer.pass_host_header.get_or_insert(true);
                }
            }
            Self::Tcp(service) => {
                if let Some(balancer) = &mut service.load_balancer {
                    balancer.server = None;
                }
            }
            Self::Udp(service) => {
                if let Some(balancer) = &mut service.load_balancer {
                    balancer.server = None;
                }
            }
        }
    }
}

/// A middleware.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum AnyMiddleware {
    /// Of HTTP.
    Http(Box<Middleware>),
    /// Of TCP.
    Tcp(Box<TcpMiddleware>),
}
