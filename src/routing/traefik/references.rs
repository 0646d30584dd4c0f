//! What objects name of each other.

use super::any::{AnyMiddleware, AnyRouter, AnyService};
use super::http::{Router, Service};
use super::middleware::Middleware;
use super::section::Section;
use super::tcp::{TcpRouter, TcpService};

type Visit<'a> = &'a mut dyn FnMut(Section, &mut String);

/// Objects that name others.
pub trait References {
    /// Calls `visit` with every name, and the section in which it stands.
    fn each_reference(&mut self, visit: Visit<'_>);
}

fn all(names: &mut [String], section: Section, visit: Visit<'_>) {
    for name in names {
        visit(section, name);
    }
}

fn one(name: Option<&mut String>, section: Section, visit: Visit<'_>) {
    if let Some(name) = name {
        visit(section, name);
    }
}

impl References for AnyRouter {
    fn each_reference(&mut self, visit: Visit<'_>) {
        match self {
            Self::Http(router) => router.each_reference(visit),
            Self::Tcp(router) => router.each_reference(visit),
            Self::Udp(router) => one(router.service.as_mut(), Section::UdpServices, visit),
        }
    }
}

impl References for Router {
    fn each_reference(&mut self, visit: Visit<'_>) {
        all(&mut self.middlewares, Section::HttpMiddlewares, visit);
        one(self.service.as_mut(), Section::HttpServices, visit);
        let options = self.tls.as_mut().and_then(|tls| tls.options.as_mut());
        one(options, Section::TlsOptions, visit);
    }
}

impl References for TcpRouter {
    fn each_reference(&mut self, visit: Visit<'_>) {
        all(&mut self.middlewares, Section::TcpMiddlewares, visit);
        one(self.service.as_mut(), Section::TcpServices, visit);
        let options = self.tls.as_mut().and_then(|tls| tls.options.as_mut());
        one(options, Section::TlsOptions, visit);
    }
}

impl References for AnyService {
    fn each_reference(&mut self, visit: Visit<'_>) {
        let section = self.protocol().services();
        self.each_child(&mut |name| visit(section, name));
        match self {
            Self::Http(service) => service.each_option(visit),
            Self::Tcp(service) => service.each_option(visit),
            Self::Udp(_) => {}
        }
    }
}

impl Service {
    fn each_option(&mut self, visit: Visit<'_>) {
        all(&mut self.middlewares, Section::HttpMiddlewares, visit);
        let transport = self
            .load_balancer
            .as_mut()
            .and_then(|balancer| balancer.servers_transport.as_mut());
        one(transport, Section::HttpServersTransports, visit);
    }
}

impl TcpService {
    fn each_option(&mut self, visit: Visit<'_>) {
        let transport = self
            .load_balancer
            .as_mut()
            .and_then(|balancer| balancer.servers_transport.as_mut());
        one(transport, Section::TcpServersTransports, visit);
    }
}

impl References for AnyMiddleware {
    fn each_reference(&mut self, visit: Visit<'_>) {
        match self {
            Self::Http(middleware) => middleware.each_reference(visit),
            Self::Tcp(_) => {}
        }
    }
}

impl References for Middleware {
    fn each_reference(&mut self, visit: Visit<'_>) {
        if let Some(chain) = &mut self.chain {
            all(&mut chain.middlewares, Section::HttpMiddlewares, visit);
        }
        let service = self
            .errors
            .as_mut()
            .and_then(|errors| errors.service.as_mut());
        one(service, Section::HttpServices, visit);
    }
}

/// The provider that Pointsman stands in for: what labels name there is ours.
const REPLACED: &str = "@docker";

/// A name in labels as our document has it: `web@docker` is `web`.
pub fn own_name(name: &str) -> &str {
    name.strip_suffix(REPLACED).unwrap_or(name)
}

/// A name of our own document; `None` for one of another provider (`web@file`).
pub fn local_name(name: &str) -> Option<&str> {
    let name = own_name(name);
    let name = name.strip_suffix("@http").unwrap_or(name);
    (!name.contains('@')).then_some(name)
}

/// Makes all references to Traefik's Docker provider references to our own objects.
pub fn adopt(object: &mut impl References) {
    object.each_reference(&mut |_, name| {
        name.truncate(own_name(name).len());
    });
}
